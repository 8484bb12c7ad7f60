"""The webhook against a real receiver, which is not always well."""

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from registry.admin import courier
from tests.harness.receiver import Received, Receiver, Reply, receiver
from tests.harness.waiting import eventually
from tests.system.couriers import SECRET, delivering_in
from tests.system.registry import Registry


@pytest.fixture
def there() -> Iterator[Receiver]:
    with receiver() as running:
        yield running


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    with delivering_in(tmp_path) as registry:
        yield registry


def events(received: list[Received]) -> list[dict[str, Any]]:
    return [json.loads(each.body) for each in received]


def take(there: Receiver, many: int) -> list[Received]:
    return [there.take() for _ in range(many)]


def state(registry: Registry) -> dict[str, Any]:
    return registry.as_admin("get_webhook")


def once_dealt_with(registry: Registry, many: int) -> dict[str, Any]:
    """What is told of the webhook when so many entries are delivered or given up."""
    return eventually(
        lambda: state(registry), until=lambda told: told["delivered"] + told["failed"] == many
    )


class TestDelivery:
    def test_tells_everything_from_the_moment_on_in_order(
        self, registry: Registry, there: Receiver
    ) -> None:
        registry.register()  # before anybody wants to know
        registry.as_admin("set_webhook", url=f"{there.url}/hook?key=1")
        registry.register(hostname="two")
        registry.signed(2, "set_tags", node_id=2, tags=["gpu"])
        received = take(there, 4)
        told = events(received)
        assert [event["action"] for event in told] == [
            "webhook.configured",
            "key.enrolled",
            "node.registered",
            "node.tags_changed",
        ]
        assert [event["event_id"] for event in told] == [3, 4, 5, 6]
        assert told[-1]["details"] == {"node_id": 2, "tags": ["gpu"]}
        assert (told[-1]["actor"], told[0]["actor"]) == ("node 2", "admin")
        assert {each.method + each.path for each in received} == {"POST/hook?key=1"}
        assert once_dealt_with(registry, 4)["delivered"] == 4

    def test_leaves_out_where_nodes_are_and_who_runs_them(
        self, registry: Registry, there: Receiver
    ) -> None:
        registry.as_admin("set_webhook", url=there.url)
        registry.register(owner="owner-secret", lan_addrs=["10.77.0.1:4001"])
        registry.as_admin("set_external_id", node_id=1, external_id="external-secret")
        received = take(there, 4)
        everything = b"".join(each.body for each in received).decode()
        for private in ("owner-secret", "10.77.0.1", "198.51.100.7", "external-secret"):
            assert private not in everything
        assert events(received)[-1]["details"] == {"node_id": 1}

    def test_is_signed_with_the_time_and_names_each_delivery(
        self, registry: Registry, there: Receiver
    ) -> None:
        registry.as_admin("set_webhook", url=there.url)
        registry.register()
        received = take(there, 3)
        for each in received:
            text = each.headers["x-pilot-timestamp"].encode() + b"." + each.body
            expected = hmac.new(SECRET, text, hashlib.sha256).hexdigest()
            assert each.headers["x-pilot-signature"] == f"v1={expected}"
            plain = hmac.new(SECRET, each.body, hashlib.sha256).hexdigest()
            assert each.headers["x-pilot-signature-256"] == plain
            event = json.loads(each.body)
            assert each.headers["x-pilot-event"] == event["action"]
            assert each.headers["x-pilot-delivery"] == event["delivery_id"]
            assert each.headers["content-type"] == "application/json"
        assert len({each.headers["x-pilot-delivery"] for each in received}) == 3

    def test_ends_when_it_is_switched_off(self, registry: Registry, there: Receiver) -> None:
        registry.as_admin("set_webhook", url=there.url)
        there.take()
        once_dealt_with(registry, 1)
        registry.as_admin("set_webhook", url="")
        registry.register()
        registry.as_admin("set_webhook", url=f"{there.url}/again")
        assert json.loads(there.take().body)["action"] == "webhook.configured"
        assert {each.path for each in there.received} == {"/", "/again"}


class TestOutage:
    def test_loses_nothing_while_nobody_is_there(self, registry: Registry) -> None:
        with receiver() as gone:
            url = gone.url
        registry.as_admin("set_webhook", url=url)
        for _ in range(3):
            registry.register()
        with receiver(int(url.rpartition(":")[2])) as there:
            told = events(take(there, 7))
        assert [event["event_id"] for event in told] == list(range(1, 8))
        assert once_dealt_with(registry, 7)["failed"] == 0

    @pytest.mark.parametrize("status", [500, 503, 429])
    def test_sends_again_what_failed_and_then_goes_on(
        self, registry: Registry, there: Receiver, status: int
    ) -> None:
        there.answer = lambda _: Reply(status if len(there.received) <= 3 else 200)
        registry.as_admin("set_webhook", url=there.url)
        registry.register()
        received = take(there, 6)
        assert [event["event_id"] for event in events(received)] == [1, 1, 1, 1, 2, 3]
        assert len({each.headers["x-pilot-delivery"] for each in received[:4]}) == 1
        assert once_dealt_with(registry, 3)["dlq_size"] == 0

    def test_of_whatever_length_gives_nothing_up(self, registry: Registry, there: Receiver) -> None:
        there.answer = lambda _: Reply(503 if len(there.received) <= 25 else 200)
        registry.as_admin("set_webhook", url=there.url)
        assert [event["event_id"] for event in events(take(there, 26))] == [1] * 26
        assert once_dealt_with(registry, 1)["failed"] == 0

    def test_slows_nothing(self, registry: Registry, there: Receiver) -> None:
        done = threading.Event()

        def wait(_: Received) -> Reply:
            done.wait()
            return Reply()

        there.answer = wait
        registry.as_admin("set_webhook", url=there.url)
        there.take()  # and it hangs
        for _ in range(20):
            registry.register()
        assert state(registry)["delivered"] == 0
        done.set()
        assert len(take(there, 40)) == 40

    def test_of_one_address_ends_with_another(self, registry: Registry, there: Receiver) -> None:
        with receiver() as gone:
            url = gone.url
        registry.as_admin("set_webhook", url=url)
        registry.register()
        registry.as_admin("set_webhook", url=there.url)
        assert [event["event_id"] for event in events(take(there, 4))] == [1, 2, 3, 4]


class TestDeadLetters:
    @pytest.mark.parametrize("status", [400, 404, 302])
    def test_are_what_the_receiver_refuses(
        self, registry: Registry, there: Receiver, status: int
    ) -> None:
        def answer(request: Received) -> Reply:
            refused = json.loads(request.body)["action"] == "key.enrolled"
            headers = {"location": f"{there.url}/elsewhere"} if refused and status == 302 else {}
            return Reply(status if refused else 200, headers=headers)

        there.answer = answer
        registry.as_admin("set_webhook", url=there.url)
        registry.register(owner="owner-secret")
        assert [event["event_id"] for event in events(take(there, 3))] == [1, 2, 3]
        told = once_dealt_with(registry, 3)
        assert (told["delivered"], told["failed"], told["dlq_size"]) == (2, 1, 1)
        letters = registry.as_admin("get_webhook_dlq")
        [letter] = letters["events"]
        assert letters["count"] == 1
        assert (letter["event_id"], letter["action"]) == (2, "key.enrolled")
        assert letter["details"]["node_id"] == 1
        assert "owner-secret" not in json.dumps(letters)

    def test_are_what_fails_ten_times_at_the_receiver(
        self, registry: Registry, there: Receiver
    ) -> None:
        there.answer = lambda request: Reply(
            500 if json.loads(request.body)["action"] == "key.enrolled" else 200
        )
        registry.as_admin("set_webhook", url=there.url)
        registry.register()
        told = [event["event_id"] for event in events(take(there, 12))]
        assert told == [1, *[2] * 10, 3]
        assert once_dealt_with(registry, 3)["dlq_size"] == 1

    def test_are_told_newest_a_hundred_oldest_first(
        self, registry: Registry, there: Receiver
    ) -> None:
        there.answer = lambda _: Reply(400)
        registry.as_admin("set_webhook", url=there.url)
        for _ in range(52):
            registry.register()
        assert once_dealt_with(registry, 105)["dlq_size"] == 105
        letters = registry.as_admin("get_webhook_dlq")
        assert letters["count"] == 100
        assert [letter["event_id"] for letter in letters["events"]] == list(range(6, 106))

    def test_are_kept_up_to_a_number(
        self, registry: Registry, there: Receiver, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(courier, "_OLDEST_KEPT", courier._OLDEST_KEPT.offset(3))
        there.answer = lambda _: Reply(400)
        registry.as_admin("set_webhook", url=there.url)
        registry.register()
        registry.register()
        told = once_dealt_with(registry, 5)
        assert (told["failed"], told["dlq_size"]) == (5, 4)
        letters = registry.as_admin("get_webhook_dlq")["events"]
        assert [letter["event_id"] for letter in letters] == [2, 3, 4, 5]


class TestRestart:
    def test_goes_on_where_it_was(self, tmp_path: Path, there: Receiver) -> None:
        with delivering_in(tmp_path) as before:
            before.as_admin("set_webhook", url=there.url)
            before.register()
            take(there, 3)
            once_dealt_with(before, 3)
        with delivering_in(tmp_path) as after:
            after.register()
            assert [event["event_id"] for event in events(take(there, 2))] == [4, 5]
            assert once_dealt_with(after, 5)["delivered"] == 5
