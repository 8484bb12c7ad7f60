"""Expression policies: kept and handed out, not understood."""

import json

import msgspec
import pytest

from registry.policy.messages import GetExprPolicy, SetExprPolicy, SetNetworkPolicy
from registry.policy.model import LARGEST_EXPR_POLICY
from tests.policy.helpers import Caller, World

DOCUMENT = {"version": 1, "rules": [{"name": "all", "on": "dial"}], "config": {"cycle": "1h"}}
TEXT = json.dumps(DOCUMENT)


def put(
    world: World, policy: str | dict[str, object] | None, network_id: int = 1
) -> dict[str, object]:
    return world.write(SetExprPolicy(network_id=network_id, expr_policy=policy))


def got(world: World, network_id: int = 1) -> object:
    """What a client reads from the answer."""
    answer = world.read(GetExprPolicy(network_id=network_id), Caller())
    return json.loads(msgspec.json.encode(answer))


class TestSet:
    def test_what_is_set_is_handed_out_as_it_is(self, world: World) -> None:
        assert put(world, TEXT) == {"network_id": 1}
        assert got(world) == {"network_id": 1, "expr_policy": DOCUMENT}
        assert world.events() == [("policy.expr_changed", {"network_id": 1, "expr_policy": TEXT})]

    def test_an_object_is_as_good_as_its_text(self, world: World) -> None:
        assert put(world, DOCUMENT) == {"network_id": 1}
        assert got(world) == {"network_id": 1, "expr_policy": DOCUMENT}

    def test_a_text_that_ends_in_a_newline_is_taken(self, world: World) -> None:
        put(world, TEXT + "\n")
        assert got(world) == {"network_id": 1, "expr_policy": DOCUMENT}

    @pytest.mark.parametrize("policy", [{}, {"version": 2, "rules": [1]}, {"version": 1}])
    def test_an_object_that_is_none_is_refused(
        self, world: World, policy: dict[str, object]
    ) -> None:
        with pytest.raises(ValueError, match="expr_policy: "):
            put(world, policy)

    @pytest.mark.parametrize("text", ["", "null", "null\n", None])
    def test_an_empty_one_takes_it_away(self, world: World, text: str | None) -> None:
        put(world, TEXT)
        assert put(world, text) == {"network_id": 1, "cleared": True}
        assert got(world) == {"network_id": 1}

    def test_the_same_again_is_not_told(self, world: World) -> None:
        put(world, TEXT)
        put(world, TEXT)
        assert len(world.events()) == 1

    def test_it_stands_beside_the_network_policy(self, world: World) -> None:
        world.write(SetNetworkPolicy(network_id=1, max_members=7))
        put(world, TEXT)
        world.write(SetNetworkPolicy(network_id=1, max_members=8))
        assert world.view.policy(1) == world.new_view().policy(1)
        assert world.view.summary(1) == {"max_members": 8}
        assert world.view.has_expr_policy(1)

    @pytest.mark.parametrize(
        ("text", "problem"),
        [
            ("{", "invalid JSON"),
            ("[]", "invalid JSON"),
            ('{"version": "1"}', "invalid JSON"),
            ("[" * 60_000, "invalid JSON"),
            ('{"version": 1, "rules": ' + "[" * 20_000 + "]" * 20_000 + "}", "invalid JSON"),
            ('{"rules": [1]}', r"unsupported version 0 \(want 1\)"),
            ('{"version": 2, "rules": [1]}', r"unsupported version 2 \(want 1\)"),
            ('{"version": 1}', "at least one rule is required"),
            ('{"version": 1, "rules": null}', "at least one rule is required"),
            ('{"version": 1, "rules": []}', "at least one rule is required"),
            (" " * (LARGEST_EXPR_POLICY + 1), "too large"),
        ],
        ids=lambda value: value[:30],
    )
    def test_what_is_no_expression_policy_is_refused(
        self, world: World, text: str, problem: str
    ) -> None:
        with pytest.raises(ValueError, match=f"expr_policy: {problem}"):
            put(world, text)


class TestWhoMay:
    def test_owner_and_admins_do_and_others_do_not(self, world: World) -> None:
        request = SetExprPolicy(network_id=1, expr_policy=TEXT)
        world.write(request, Caller(node_id=1))
        world.write(request, Caller(node_id=2))
        with pytest.raises(PermissionError, match='node 3 has role "member"'):
            world.write(request, Caller(node_id=3))

    def test_only_an_administrator_does_for_the_backbone(self, world: World) -> None:
        with pytest.raises(PermissionError, match="node 1 has no role in network 0"):
            world.write(SetExprPolicy(network_id=0, expr_policy=TEXT), Caller(node_id=1))
        put(world, TEXT, network_id=0)
        assert got(world, 0) == {"network_id": 0, "expr_policy": DOCUMENT}


class TestOthers:
    def test_who_joins_is_told(self, world: World) -> None:
        assert world.ask(world.store.terms, 1) == {}
        put(world, TEXT)
        terms = world.ask(world.store.terms, 1)
        assert json.loads(msgspec.json.encode(terms)) == {"expr_policy": DOCUMENT}

    def test_there_must_be_such_a_network(self, world: World) -> None:
        with pytest.raises(LookupError, match="network 9: network not found"):
            got(world, 9)
        with pytest.raises(LookupError, match="network 9: network not found"):
            put(world, TEXT, network_id=9)
