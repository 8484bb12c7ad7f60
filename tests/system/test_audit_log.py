"""What administrators are told of what happened."""

import pytest

from tests.harness.client import Refused
from tests.system.registry import Registry


def test_tells_what_happened_newest_first(registry: Registry) -> None:
    registry.register(hostname="alice")
    registry.signed(1, "set_tags", node_id=1, tags=["gpu"])
    first, *others = registry.as_admin("get_audit_log")["entries"]
    assert (first["action"], first["node_id"]) == ("node.tags_changed", 1)
    assert first["details"] == 'tags=["gpu"]'
    assert [entry["action"] for entry in others] == ["node.registered", "key.enrolled"]


def test_of_one_network_tells_of_no_other(registry: Registry) -> None:
    registry.register()
    lab = registry.network(1)
    registry.network(1, name="hall")
    entries = registry.as_admin("get_audit_log", network_id=lab)["entries"]
    assert [entry["action"] for entry in entries] == ["membership.joined", "network.created"]
    assert {entry["network_id"] for entry in entries} == {lab}


def test_has_a_limit(registry: Registry) -> None:
    for _ in range(4):
        registry.register()
    assert len(registry.as_admin("get_audit_log", limit=3)["entries"]) == 3
    for limit in (0, 1001):
        with pytest.raises(Refused, match="limit"):
            registry.as_admin("get_audit_log", limit=limit)


def test_is_for_administrators(registry: Registry) -> None:
    with pytest.raises(Refused, match="admin_token"):
        registry.ask("get_audit_log")
