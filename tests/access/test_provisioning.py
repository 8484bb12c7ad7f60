"""Provisioning over the wire, where several stores have a part in it."""

from typing import Any

import pytest

from tests.access.people import Message, People
from tests.harness import Refused

BLUEPRINT: dict[str, Any] = {
    "name": "provisioned",
    "join_rule": "token",
    "join_token": "sesame",
    "enterprise": True,
    "policy": {"max_members": 9, "allowed_ports": [80], "description": "as planned"},
    "expr_policy": {"version": 1, "rules": [{"name": "all"}]},
    "roles": [
        {"external_id": "ann@example.test", "role": "owner"},
        {"external_id": "bob@example.test", "role": "admin"},
    ],
}


def provision(people: People, **changes: Any) -> Message:
    return people.admin("provision_network", blueprint={**BLUEPRINT, **changes})


def status(people: People, name: str) -> Message | None:
    """What the server says of a network that was provisioned; None if there is none."""
    networks = people.admin("get_provision_status")["networks"]
    return next((network for network in networks if network["name"] == name), None)


def test_a_network_becomes_what_the_blueprint_describes(strict: People) -> None:
    answer = provision(strict, name="planned")
    network_id = answer["network_id"]
    assert answer == {
        "type": "provision_network_ok",
        "network_id": network_id,
        "name": "planned",
        "created": True,
        "actions": [
            f"created network {network_id} (planned)",
            "enabled enterprise features",
            "applied network policy",
            "applied expr policy",
            "stored 2 RBAC pre-assignments",
        ],
    }
    assert status(strict, "planned") == {
        "network_id": network_id,
        "name": "planned",
        "enterprise": True,
        "members": 0,
        "join_rule": "token",
        "max_members": 9,
        "allowed_ports": [80],
        "rbac_pre_assignments": 2,
    }
    told = strict.stranger("get_expr_policy", network_id=network_id)
    assert told["expr_policy"] == BLUEPRINT["expr_policy"]
    strict.join(strict.new_node(), network_id)


def test_a_second_time_finds_the_network_and_changes_what_differs(strict: People) -> None:
    first = provision(strict, name="twice")
    again = provision(strict, name="twice", policy={"description": "changed"}, roles=[])
    assert again["network_id"] == first["network_id"]
    assert not again["created"]
    assert again["actions"][0] == f"found existing network {first['network_id']} (twice)"
    policy = strict.stranger("get_network_policy", network_id=first["network_id"])
    assert (policy["description"], policy["max_members"]) == ("changed", 9)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"name": "Not A Name"}, "name: network name must be"),
        ({"join_rule": "password"}, r"blueprint\.join_rule: "),
        ({"join_token": ""}, "join_token is required when join_rule is token"),
        ({"policy": {"max_members": -1}}, r"blueprint\.policy\.max_members: "),
        ({"expr_policy": {"version": 2}}, r"expr_policy: unsupported version 2 \(want 1\)"),
        ({"roles": [{"external_id": "", "role": "admin"}]}, r"blueprint\.roles\[0\]\.external_id"),
        ({"roles": [{"external_id": "x", "role": "king"}]}, r"blueprint\.roles\[0\]\.role"),
        ({"audit_export": {"format": "json"}}, r"blueprint\.audit_export: "),
        ({"identity_provider": {"type": "magic", "url": "x"}}, r"blueprint\.identity_provider"),
        ({"policy": {"allowed_ports": [0]}}, r"blueprint\.policy\.allowed_ports"),
    ],
)
def test_a_blueprint_that_cannot_be_followed_leaves_nothing_behind(
    strict: People, changes: dict[str, Any], problem: str
) -> None:
    with pytest.raises(Refused, match=problem):
        provision(strict, **{"name": "half-made", **changes})
    assert status(strict, "half-made") is None


@pytest.mark.parametrize("message_type", ["get_provision_status", "provision_network"])
def test_only_the_administrator_provisions(strict: People, message_type: str) -> None:
    with pytest.raises(Refused, match="admin_token"):
        strict.stranger(message_type, blueprint=BLUEPRINT)
