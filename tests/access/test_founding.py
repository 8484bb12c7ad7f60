"""Making a network over the wire, where two stores have a say in it."""

import pytest

from tests.access.people import ADMIN_TOKEN, People
from tests.harness import Refused

EXPR_POLICY = {"version": 1, "rules": [{"name": "all"}]}


def names(people: People) -> set[str]:
    return {network["name"] for network in people.admin("list_networks")["networks"]}


def test_a_network_comes_with_its_expression_policy(strict: People) -> None:
    answer = strict.admin("create_network", name="founded", expr_policy=EXPR_POLICY)
    told = strict.stranger("get_expr_policy", network_id=answer["network_id"])
    assert told["expr_policy"] == EXPR_POLICY


def test_a_network_whose_expression_policy_is_none_is_not_made(strict: People) -> None:
    with pytest.raises(Refused, match=r"expr_policy: unsupported version 2 \(want 1\)"):
        strict.admin("create_network", name="not-founded", expr_policy='{"version": 2}')
    assert "not-founded" not in names(strict)


def test_node_0_is_nobody(strict: People) -> None:
    """As ``pilotctl network create`` has it without ``--node-id``."""
    answer = strict.admin(
        "create_network", name="nobodys", node_id=0, join_rule="open", token="", rules=""
    )
    assert strict.stranger("list_nodes", network_id=answer["network_id"])["nodes"] == []


def test_a_policy_that_says_nothing_changes_nothing(strict: People) -> None:
    """As ``pilotctl network policy --set`` sends it."""
    network_id = strict.admin("create_network", name="unpolicied")["network_id"]
    strict.admin("set_network_policy", network_id=network_id, max_members=7)
    answer = strict.admin("set_network_policy", network_id=network_id)
    assert answer["max_members"] == 7


def test_only_the_administrator_makes_networks(strict: People) -> None:
    with pytest.raises(Refused, match="admin_token"):
        strict.stranger("create_network", name="mine", admin_token=ADMIN_TOKEN + "x")
    with pytest.raises(Refused, match="admin_token"):
        strict.stranger("create_network", name="mine", node_id=strict.new_node().id)
