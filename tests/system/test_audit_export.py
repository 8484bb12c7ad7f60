"""The export of the audit log to real collectors."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from structlog.testing import LogCapture

from tests.harness.receiver import Received, Receiver, Reply, receiver
from tests.harness.waiting import eventually
from tests.system.couriers import delivering_in
from tests.system.registry import Registry


@pytest.fixture
def there() -> Iterator[Receiver]:
    with receiver() as running:
        yield running


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    with delivering_in(tmp_path) as registry:
        yield registry


def lines(there: Receiver, until: int) -> list[str]:
    """What the collector took, when there are so many lines."""

    def taken() -> list[str]:
        return [line for each in there.received for line in each.body.decode().splitlines()]

    return eventually(taken, until=lambda found: len(found) >= until)


def exported(registry: Registry, many: int) -> None:
    eventually(
        lambda: registry.as_admin("get_audit_export"), until=lambda told: told["exported"] == many
    )


def test_json_lines_say_all_that_the_audit_log_says(registry: Registry, there: Receiver) -> None:
    registry.register()
    registry.as_admin("set_audit_export", format="json", endpoint=f"{there.url}/in")
    registry.signed(1, "set_tags", node_id=1, tags=["gpu"])
    told = [json.loads(line) for line in lines(there, 2)]
    entries = registry.as_admin("get_audit_log")["entries"][:2]
    for line, entry in zip(told, reversed(entries), strict=True):
        assert {**line, "timestamp": line["timestamp"][:19] + "Z"}.items() >= entry.items()
        assert len(bytes.fromhex(line["seal"])) == 32
    assert told[1]["payload"] == {"node_id": 1, "tags": ["gpu"]}
    assert {each.path for each in there.received} == {"/in"}
    assert there.received[0].headers["content-type"] == "application/x-ndjson"
    assert "authorization" not in there.received[0].headers


def test_splunk_gets_events_with_its_token(registry: Registry, there: Receiver) -> None:
    registry.as_admin(
        "set_audit_export",
        format="splunk_hec",
        endpoint=f"{there.url}/services/collector",
        token="hec-token",
        index="main",
        source="registry-1",
    )
    registry.register()
    told = [json.loads(line) for line in lines(there, 3)]
    assert [event["event"]["action"] for event in told] == [
        "audit_export.configured",
        "key.enrolled",
        "node.registered",
    ]
    for event in told:
        assert (event["source"], event["sourcetype"]) == ("registry-1", "pilot:audit")
        assert event["index"] == "main"
        assert isinstance(event["time"], float)
    assert there.received[0].headers["authorization"] == "Splunk hec-token"


def test_cef_is_a_line_for_each(registry: Registry, there: Receiver) -> None:
    registry.as_admin("set_audit_export", format="syslog_cef", endpoint=there.url)
    registry.register()
    configured, enrolled, _ = lines(there, 3)
    assert configured.startswith(
        "CEF:0|Pilot|Registry|1.0|audit_export.configured|audit_export.configured|4|rt="
    )
    assert " suser=node 1 src=198.51.100.7 cs1=key.enrolled cs1Label=action " in enrolled
    assert " cn1=0 cn1Label=network_id cn2=1 cn2Label=node_id msg=" in enrolled


def test_an_outage_loses_nothing_and_repeats_the_rest(registry: Registry, there: Receiver) -> None:
    there.answer = lambda _: Reply(500 if len(there.received) <= 12 else 200)
    registry.as_admin("set_audit_export", format="json", endpoint=there.url)
    registry.register()
    registry.register()
    exported(registry, 5)
    taken = [json.loads(line)["number"] for each in there.received[12:] for line in _of(each)]
    assert taken == [1, 2, 3, 4, 5]


def test_too_much_at_once_is_sent_in_parts(registry: Registry, there: Receiver) -> None:
    def answer(request: Received) -> Reply:
        return Reply(413 if len(_of(request)) > 3 else 200)

    registry.application.committer.run(lambda _: None)
    there.answer = lambda _: Reply(500)
    registry.as_admin("set_audit_export", format="json", endpoint=there.url)
    for _ in range(10):
        registry.register()
    there.answer = answer
    exported(registry, 21)
    taken = [each for each in there.received if len(_of(each)) <= 3]
    numbers = [json.loads(line)["number"] for each in taken for line in _of(each)]
    assert sorted(set(numbers)) == list(range(1, 22))


def test_goes_on_after_a_restart_where_it_was(tmp_path: Path, there: Receiver) -> None:
    with delivering_in(tmp_path) as before:
        before.as_admin("set_audit_export", format="json", endpoint=there.url)
        before.register()
        exported(before, 3)
    with delivering_in(tmp_path) as after:
        after.register()
        exported(after, 5)
    told = [json.loads(line)["number"] for line in lines(there, 5)]
    assert told == [1, 2, 3, 4, 5]


def test_the_token_is_in_no_log_and_no_answer(
    registry: Registry, there: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    captured = LogCapture()
    log = structlog.wrap_logger(None, processors=[captured])
    monkeypatch.setattr("registry.admin.courier.log", log)
    there.answer = lambda _: Reply(500 if len(there.received) <= 2 else 200)
    settings: dict[str, Any] = {"format": "json", "endpoint": f"{there.url}/?key=url-secret"}
    registry.as_admin("set_audit_export", token="hec-secret", **settings)
    exported(registry, 1)
    told = json.dumps(registry.as_admin("get_audit_export"))
    logged = json.dumps(captured.entries)
    assert "audit_export.failing" in logged
    assert "hec-secret" not in told + logged
    assert "url-secret" not in logged + "".join(lines(there, 1))


def _of(each: Received) -> list[str]:
    return each.body.decode().splitlines()
