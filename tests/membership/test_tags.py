"""The tags of members within a network."""

import pytest

from registry.membership.messages import GetMemberTags, JoinNetwork, PromoteMember, SetMemberTags
from tests.membership.helpers import ADMIN, Caller, World


@pytest.fixture
def lab(world: World) -> int:
    """A network with owner 1 and member 2."""
    network_id = world.create()
    world.write(JoinNetwork(node_id=2, network_id=network_id))
    world.events()
    return network_id


def tag(world: World, network_id: int, tags: list[str], caller: Caller = ADMIN) -> object:
    request = SetMemberTags(network_id=network_id, target_node_id=2, tags=tags)
    return world.write(request, caller)


def test_are_set_by_the_owner_and_told(world: World, lab: int) -> None:
    answer = tag(world, lab, ["service", "eu-1"], Caller(node_id=1))
    place = {"network_id": lab, "tags": ("service", "eu-1")}
    assert answer == {"target_node_id": 2, **place}
    assert world.events() == [("membership.tags_changed", {"node_id": 2, **place})]
    assert world.read(GetMemberTags(network_id=lab, target_node_id=2)) == answer


def test_of_all_members_are_told_at_once(world: World, lab: int) -> None:
    tag(world, lab, ["service"])
    answer = world.read(GetMemberTags(network_id=lab), Caller())
    assert answer == {"network_id": lab, "members": {"1": (), "2": ("service",)}}


def test_can_be_taken_away(world: World, lab: int) -> None:
    tag(world, lab, ["service"])
    tag(world, lab, [])
    assert world.view.members(lab)[2].tags == ()


def test_stay_when_the_role_changes(world: World, lab: int) -> None:
    tag(world, lab, ["service"])
    world.write(PromoteMember(network_id=lab, target_node_id=2))
    for view in (world.view, world.new_view()):
        member = view.members(lab)[2]
        assert (member.role, member.tags) == ("admin", ("service",))


def test_are_not_set_by_members(world: World, lab: int) -> None:
    with pytest.raises(PermissionError, match='node 2 has role "member"'):
        tag(world, lab, ["service"], Caller(node_id=2))


def test_are_for_members_only(world: World, lab: int) -> None:
    with pytest.raises(LookupError, match="node 3 is not a member"):
        world.write(SetMemberTags(network_id=lab, target_node_id=3, tags=[]))
    with pytest.raises(LookupError, match="node 3 is not a member"):
        world.read(GetMemberTags(network_id=lab, target_node_id=3))


@pytest.mark.parametrize("tags", [[""], ["A"], ["a b"], ["-a"], ["x" * 33], ["a"] * 11])
def test_that_break_a_rule_are_refused(world: World, lab: int, tags: list[str]) -> None:
    with pytest.raises(ValueError, match=r"^tags: "):
        tag(world, lab, tags)
