"""Network policies: who sets them, what they say, who asks."""

from typing import Any

import msgspec
import pytest

from registry.policy.messages import GetNetworkPolicy, SetNetworkPolicy
from tests.policy.helpers import Caller, World

NOTHING_SAID = {"max_members": 0, "allowed_ports": (), "description": ""}


def get(world: World, network_id: int) -> dict[str, Any]:
    return world.read(GetNetworkPolicy(network_id=network_id), Caller())


class TestGet:
    @pytest.mark.parametrize("network_id", [0, 1])
    def test_a_network_allows_anything_at_first(self, world: World, network_id: int) -> None:
        assert get(world, network_id) == {"network_id": network_id, **NOTHING_SAID}

    def test_there_must_be_such_a_network(self, world: World) -> None:
        with pytest.raises(LookupError, match="network 9: network not found"):
            get(world, 9)


class TestSet:
    def test_what_is_given_is_answered_told_and_kept(self, world: World) -> None:
        said = {"max_members": 5, "allowed_ports": (80, 443), "description": "for tests"}
        request = SetNetworkPolicy(
            network_id=1, max_members=5, allowed_ports=[80, 443, 80], description="for tests"
        )
        assert world.write(request) == {"network_id": 1, **said}
        assert world.events() == [
            ("policy.changed", {"network_id": 1, **said, "allowed_ports": (80, 443)})
        ]
        assert get(world, 1) == {"network_id": 1, **said}

    def test_what_is_not_given_stays(self, world: World) -> None:
        world.write(SetNetworkPolicy(network_id=1, max_members=5, description="for tests"))
        world.write(SetNetworkPolicy(network_id=1, allowed_ports=[80]))
        world.write(SetNetworkPolicy(network_id=1, max_members=0))
        assert get(world, 1) == {
            "network_id": 1,
            "max_members": 0,
            "allowed_ports": (80,),
            "description": "for tests",
        }

    @pytest.mark.parametrize("times", [1, 2])
    def test_what_changes_nothing_is_not_told(self, world: World, times: int) -> None:
        for _ in range(times):
            world.write(SetNetworkPolicy(network_id=1, description="same"))
        world.write(SetNetworkPolicy(network_id=2))
        assert len(world.events()) == 1

    def test_a_limit_below_the_number_of_members_is_refused(self, world: World) -> None:
        with pytest.raises(ValueError, match="max_members to 2: network already has 3 members"):
            world.write(SetNetworkPolicy(network_id=1, max_members=2))
        world.write(SetNetworkPolicy(network_id=1, max_members=3))

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("max_members", -1),
            ("max_members", 10_001),
            ("max_members", 1.5),
            ("allowed_ports", [0]),
            ("allowed_ports", [65_536]),
            ("allowed_ports", [1] * 101),
            ("description", "x" * 257),
        ],
    )
    def test_a_value_out_of_range_cannot_be_sent(self, field: str, value: Any) -> None:
        body = msgspec.json.encode({"type": "set_network_policy", "network_id": 1, field: value})
        with pytest.raises(msgspec.ValidationError, match=field):
            msgspec.json.decode(body, type=SetNetworkPolicy)

    def test_the_backbone_has_none(self, world: World) -> None:
        with pytest.raises(ValueError, match="cannot set a policy on the backbone network"):
            world.write(SetNetworkPolicy(network_id=0, max_members=5))

    def test_there_must_be_such_a_network(self, world: World) -> None:
        with pytest.raises(LookupError, match="network 9: network not found"):
            world.write(SetNetworkPolicy(network_id=9, max_members=5))


class TestWhoMay:
    @pytest.mark.parametrize("node_id", [1, 2])
    def test_owner_and_admins_do(self, world: World, node_id: int) -> None:
        world.write(SetNetworkPolicy(network_id=1, max_members=7), Caller(node_id=node_id))
        assert world.view.policy(1).max_members == 7

    @pytest.mark.parametrize("node_id", [0, 3, 4])
    def test_others_do_not(self, world: World, node_id: int) -> None:
        with pytest.raises(PermissionError, match=f"node_id: node {node_id} has "):
            world.write(SetNetworkPolicy(network_id=1, max_members=7), Caller(node_id=node_id))
        assert world.events() == []


class TestOthers:
    def test_membership_learns_the_limit(self, world: World) -> None:
        assert world.ask(world.store.member_limit, 1) == 0
        world.write(SetNetworkPolicy(network_id=1, max_members=7))
        assert world.ask(world.store.member_limit, 1) == 7

    def test_a_list_says_what_there_is_to_say(self, world: World) -> None:
        assert world.view.summary(1) == {}
        world.write(SetNetworkPolicy(network_id=1, max_members=7, description="for tests"))
        assert world.view.summary(1) == {"max_members": 7, "description": "for tests"}

    def test_a_policy_goes_with_its_network(self, world: World) -> None:
        world.write(SetNetworkPolicy(network_id=1, max_members=7))
        world.events()
        world.delete(1)
        world.delete(2)
        assert world.events() == [("policy.removed", {"network_id": 1})]
        assert world.ask(world.store.member_limit, 1) == 0
        assert world.view.policy(1).max_members == 0

    def test_a_view_can_start_from_the_database(self, world: World) -> None:
        world.write(SetNetworkPolicy(network_id=1, max_members=7, allowed_ports=[80]))
        world.write(SetNetworkPolicy(network_id=2, description="for tests"))
        for network_id in (0, 1, 2):
            assert world.new_view().policy(network_id) == world.view.policy(network_id)
