"""Invites: made by owners and admins, waiting, answered, void."""

import pytest

from registry.membership.invitations import INVITE_LIFETIME, LARGEST_INBOX
from registry.membership.messages import (
    InviteToNetwork,
    JoinNetwork,
    KickMember,
    PollInvites,
    PromoteMember,
    RespondInvite,
)
from tests.membership.helpers import ADMIN, START, Caller, World


@pytest.fixture
def club(world: World) -> int:
    """An invite-only network with owner 1."""
    return world.create(name="club", join_rule="invite")


def invite(world: World, network_id: int, target: int, inviter: int = 1) -> dict[str, object]:
    request = InviteToNetwork(network_id=network_id, inviter_id=inviter, target_node_id=target)
    return world.write(request, Caller(node_id=inviter))


def waiting(world: World, node_id: int) -> list[int]:
    """The networks that a node is invited to."""
    answer = world.read(PollInvites(node_id=node_id), Caller(node_id=node_id))
    return [entry["network_id"] for entry in answer["invites"]]


def respond(world: World, network_id: int, node_id: int, *, accept: bool) -> dict[str, object]:
    request = RespondInvite(node_id=node_id, network_id=network_id, accept=accept)
    return world.write(request, Caller(node_id=node_id))


class TestInvite:
    def test_waits_until_it_is_answered(self, world: World, club: int) -> None:
        assert invite(world, club, 2) == {"network_id": club, "target_node_id": 2}
        expected = {"invites": [{"network_id": club, "inviter_id": 1, "timestamp": START}]}
        for _ in range(2):
            assert world.read(PollInvites(node_id=2)) == expected

    def test_nothing_waits_for_others(self, world: World, club: int) -> None:
        invite(world, club, 2)
        assert world.read(PollInvites(node_id=3)) == {"invites": []}

    def test_is_told(self, world: World, club: int) -> None:
        world.events()
        invite(world, club, 2)
        assert world.events() == [
            (
                "membership.invited",
                {"node_id": 2, "network_id": club, "inviter_id": 1, "at": START},
            )
        ]

    def test_a_second_one_changes_nothing(self, world: World, club: int) -> None:
        invite(world, club, 2)
        world.events()
        assert invite(world, club, 2)["status"] == "already_invited"
        assert world.events() == []

    def test_an_admin_may_make_one_and_a_member_may_not(self, world: World, club: int) -> None:
        for node_id in (2, 3):
            invite(world, club, node_id)
            respond(world, club, node_id, accept=True)
        world.write(PromoteMember(network_id=club, target_node_id=2))
        invite(world, club, 4, inviter=2)
        with pytest.raises(PermissionError, match='node 3 has role "member"'):
            invite(world, club, 5, inviter=3)
        with pytest.raises(PermissionError, match="inviter_id: node 6 has no role"):
            invite(world, club, 5, inviter=6)

    def test_an_administrator_may_make_one_for_anybody(self, world: World, club: int) -> None:
        world.write(InviteToNetwork(network_id=club, inviter_id=6, target_node_id=2), ADMIN)
        assert waiting(world, 2) == [club]

    @pytest.mark.parametrize(
        ("inviter", "target", "text"),
        [
            (1, 1, "target_node_id: cannot invite yourself"),
            (1, 77, "target_node_id: node 77 not registered"),
            (77, 2, "inviter_id: node 77 not registered"),
        ],
    )
    def test_needs_two_registered_nodes(
        self, world: World, club: int, inviter: int, target: int, text: str
    ) -> None:
        request = InviteToNetwork(network_id=club, inviter_id=inviter, target_node_id=target)
        with pytest.raises((ValueError, LookupError), match=text):
            world.write(request, ADMIN)

    def test_is_for_invite_only_networks(self, world: World) -> None:
        with pytest.raises(ValueError, match=r"not invite-only \(rule: open\)"):
            invite(world, world.create(), 2)

    def test_is_not_for_members(self, world: World, club: int) -> None:
        invite(world, club, 2)
        respond(world, club, 2, accept=True)
        with pytest.raises(ValueError, match="node 2 is already a member"):
            invite(world, club, 2)

    def test_a_full_inbox_takes_no_more_until_something_expires(self, world: World) -> None:
        clubs = [
            world.create(name=f"club-{number}", join_rule="invite")
            for number in range(LARGEST_INBOX + 1)
        ]
        for network_id in clubs[:-1]:
            invite(world, network_id, 2)
        with pytest.raises(PermissionError, match="invite inbox full for node 2"):
            invite(world, clubs[-1], 2)
        world.now += INVITE_LIFETIME + 1
        invite(world, clubs[-1], 2)
        assert waiting(world, 2) == [clubs[-1]]


class TestAnswer:
    def test_accepting_joins(self, world: World, club: int) -> None:
        invite(world, club, 2)
        world.events()
        assert respond(world, club, 2, accept=True) == {"network_id": club, "accepted": True}
        assert world.roles(club) == {1: "owner", 2: "member"}
        assert world.events() == [
            (
                "membership.invite_answered",
                {"node_id": 2, "network_id": club, "accept": True},
            ),
            ("membership.joined", {"node_id": 2, "network_id": club, "role": "member"}),
        ]
        assert waiting(world, 2) == []

    def test_declining_does_not(self, world: World, club: int) -> None:
        invite(world, club, 2)
        assert respond(world, club, 2, accept=False) == {"network_id": club, "accepted": False}
        assert world.roles(club) == {1: "owner"}
        assert waiting(world, 2) == []

    def test_can_be_given_once(self, world: World, club: int) -> None:
        invite(world, club, 2)
        respond(world, club, 2, accept=False)
        with pytest.raises(LookupError, match="no pending invite for node 2"):
            respond(world, club, 2, accept=True)

    def test_cannot_be_given_without_an_invite(self, world: World, club: int) -> None:
        invite(world, club, 2)
        with pytest.raises(LookupError, match="no pending invite for node 3"):
            respond(world, club, 3, accept=True)

    def test_to_a_full_network_can_be_given_later(self, world: World, club: int) -> None:
        invite(world, club, 2)
        world.limits[club] = 1
        with pytest.raises(PermissionError, match="membership limit reached"):
            respond(world, club, 2, accept=True)
        world.limits[club] = 2
        respond(world, club, 2, accept=True)
        assert 2 in world.roles(club)


class TestVoid:
    def test_an_invite_expires(self, world: World, club: int) -> None:
        invite(world, club, 2)
        world.now += INVITE_LIFETIME
        assert waiting(world, 2) == [club]
        world.now += 1
        assert waiting(world, 2) == []
        with pytest.raises(LookupError, match="has expired"):
            respond(world, club, 2, accept=True)

    def test_an_expired_invite_can_be_made_again(self, world: World, club: int) -> None:
        invite(world, club, 2)
        world.now += INVITE_LIFETIME + 1
        assert "status" not in invite(world, club, 2)
        respond(world, club, 2, accept=True)
        assert 2 in world.roles(club)

    def test_invites_go_with_their_inviter(self, world: World, club: int) -> None:
        invite(world, club, 2)
        respond(world, club, 2, accept=True)
        world.write(PromoteMember(network_id=club, target_node_id=2))
        invite(world, club, 3, inviter=2)
        invite(world, club, 4, inviter=1)
        world.write(KickMember(network_id=club, target_node_id=2))
        assert waiting(world, 3) == []
        assert waiting(world, 4) == [club]

    def test_invites_into_other_networks_stay(self, world: World, club: int) -> None:
        open_to_all = world.create(owner=2)
        world.write(JoinNetwork(node_id=3, network_id=open_to_all))
        invite(world, club, 3)
        world.write(KickMember(network_id=open_to_all, target_node_id=3))
        assert waiting(world, 3) == [club]
