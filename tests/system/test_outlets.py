"""Where what happens is sent to: settings over the wire, and what is told of them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.harness.client import Refused
from tests.system.registry import Registry, registry_in

URL = "https://siem.example.test/hook?key=url-secret"
EXPORT: dict[str, Any] = {
    "format": "splunk_hec",
    "endpoint": "https://siem.example.test:8088/services/collector?key=url-secret",
    "token": "hec-secret",
    "index": "main",
    "source": "the-registry",
}


@pytest.fixture
def inside(tmp_path: Path) -> Iterator[Registry]:
    """A registry that may call addresses inside."""
    with registry_in(tmp_path, allow_inside_urls=True) as registry:
        yield registry


def test_there_is_no_webhook_until_one_is_set(registry: Registry) -> None:
    nowhere = {
        "type": "get_webhook_ok",
        "enabled": False,
        "url": "",
        "delivered": 0,
        "failed": 0,
        "dropped": 0,
        "dlq_size": 0,
    }
    assert registry.as_admin("get_webhook") == nowhere
    answer = registry.as_admin("set_webhook", url=URL)
    assert answer == {"type": "set_webhook_ok", "status": "enabled", "url": URL}
    assert registry.as_admin("get_webhook") == {**nowhere, "enabled": True, "url": URL}
    answer = registry.as_admin("set_webhook", url="")
    assert answer == {"type": "set_webhook_ok", "status": "disabled", "url": ""}
    assert registry.as_admin("get_webhook") == nowhere


def test_the_list_of_dead_letters_is_empty_at_first(registry: Registry) -> None:
    answer = registry.as_admin("get_webhook_dlq")
    assert answer == {"type": "get_webhook_dlq_ok", "events": [], "count": 0}


def test_the_audit_export_is_told_of_without_its_token(registry: Registry) -> None:
    assert registry.as_admin("get_audit_export") == {
        "type": "get_audit_export_ok",
        "enabled": False,
    }
    told = {"format": EXPORT["format"], "endpoint": EXPORT["endpoint"]}
    answer = registry.as_admin("set_audit_export", **EXPORT)
    assert answer == {"type": "set_audit_export_ok", "status": "enabled", **told}
    answer = registry.as_admin("get_audit_export")
    assert answer == {
        "type": "get_audit_export_ok",
        "enabled": True,
        **told,
        "exported": 0,
        "dropped": 0,
    }
    for nothing in ({}, {**EXPORT, "format": ""}, {**EXPORT, "endpoint": ""}):
        registry.as_admin("set_audit_export", **EXPORT)
        answer = registry.as_admin("set_audit_export", **nothing)
        assert answer == {"type": "set_audit_export_ok", "status": "disabled"}
        assert not registry.as_admin("get_audit_export")["enabled"]


def test_settings_survive_a_restart(tmp_path: Path) -> None:
    with registry_in(tmp_path) as before:
        before.as_admin("set_webhook", url=URL)
        before.as_admin("set_audit_export", **EXPORT)
    with registry_in(tmp_path) as after:
        assert after.as_admin("get_webhook")["url"] == URL
        assert after.as_admin("get_audit_export")["endpoint"] == EXPORT["endpoint"]


def test_what_is_set_again_changes_nothing(registry: Registry) -> None:
    registry.as_admin("set_webhook", url=URL)
    registry.as_admin("set_audit_export", **EXPORT)
    before = registry.state()
    registry.as_admin("set_webhook", url=URL)
    registry.as_admin("set_audit_export", **EXPORT)
    assert registry.state() == before


def test_no_secret_is_in_the_audit_log(registry: Registry) -> None:
    registry.as_admin("set_webhook", url=URL)
    registry.as_admin("set_audit_export", **EXPORT)
    entries = registry.as_admin("get_audit_log")["entries"]
    assert [entry["action"] for entry in entries] == [
        "audit_export.configured",
        "webhook.configured",
    ]
    assert "siem.example.test" in json.dumps(entries)
    assert "secret" not in json.dumps(entries)


@pytest.mark.parametrize(
    ("message", "field", "value", "problem"),
    [
        ("set_webhook", "url", "ftp://example.test/", "url: must begin with"),
        ("set_webhook", "url", "http://127.0.0.1:9/", "url: 127.0.0.1 leads inside"),
        ("set_webhook", "url", "http://169.254.169.254/", "url: 169.254.169.254 leads inside"),
        ("set_audit_export", "endpoint", "http://[::1]/", "endpoint: ::1 leads inside"),
        ("set_audit_export", "endpoint", "siem.example.test:514", "endpoint: must begin with"),
        ("set_audit_export", "format", "xml", "format: "),
        ("set_audit_export", "token", "two\r\nlines", "token: "),
        ("set_audit_export", "index", "x" * 1025, "index: "),
    ],
)
def test_what_cannot_be_used_is_refused(
    registry: Registry, message: str, field: str, value: str, problem: str
) -> None:
    fields = EXPORT if message == "set_audit_export" else {}
    before = registry.state()
    with pytest.raises(Refused) as refused:
        registry.as_admin(message, **{**fields, field: value})
    assert str(refused.value).startswith(problem)
    assert registry.state() == before


def test_addresses_inside_can_be_allowed(inside: Registry) -> None:
    inside.as_admin("set_webhook", url="http://127.0.0.1:9/")
    assert inside.as_admin("get_webhook")["url"] == "http://127.0.0.1:9/"


@pytest.mark.parametrize(
    "message",
    ["set_webhook", "get_webhook", "get_webhook_dlq", "set_audit_export", "get_audit_export"],
)
def test_only_administrators_have_to_do_with_it(registry: Registry, message: str) -> None:
    with pytest.raises(Refused, match="admin_token"):
        registry.ask(message)


def test_a_blueprint_sets_them_up(registry: Registry) -> None:
    blueprint = {"name": "lab", "webhooks": {"audit_url": URL}, "audit_export": EXPORT}
    answer = registry.as_admin("provision_network", blueprint=blueprint)
    assert answer["actions"][1:] == [
        "configured audit webhook",
        "configured splunk_hec audit export to https://siem.example.test:8088/services/collector",
    ]
    assert registry.as_admin("get_webhook")["url"] == URL
    status = registry.as_admin("get_provision_status")
    assert (status["audit_export"], status["webhook_enabled"]) == ("splunk_hec", True)
    assert "secret" not in json.dumps(registry.as_admin("get_audit_log"))


def test_provisioning_status_says_nothing_of_what_is_not_set(registry: Registry) -> None:
    assert registry.as_admin("get_provision_status").keys() == {"type", "networks"}


@pytest.mark.parametrize(
    ("part", "problem"),
    [
        ({"webhooks": {"audit_url": "ftp://x"}}, "blueprint.webhooks.audit_url: "),
        (
            {"audit_export": {"format": "json", "endpoint": "http://10.0.0.1/"}},
            "blueprint.audit_export.endpoint: 10.0.0.1 leads inside",
        ),
    ],
)
def test_a_blueprint_with_a_bad_part_does_nothing(
    registry: Registry, part: dict[str, Any], problem: str
) -> None:
    before = registry.state()
    with pytest.raises(Refused) as refused:
        registry.as_admin("provision_network", blueprint={"name": "lab", **part})
    assert str(refused.value).startswith(problem)
    assert registry.state() == before
