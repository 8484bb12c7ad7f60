"""Joining, leaving, roles, and what a role allows."""

from collections.abc import Callable

import pytest

from registry.events import Transaction
from registry.membership import memberships
from registry.membership.messages import (
    DeleteNetwork,
    DemoteMember,
    GetMemberRole,
    InviteToNetwork,
    JoinNetwork,
    KickMember,
    LeaveNetwork,
    PromoteMember,
    RenameNetwork,
    Request,
    TransferOwnership,
)
from tests.membership.helpers import Caller, World


@pytest.fixture
def lab(world: World) -> int:
    """A network with owner 1, admin 2 and member 3."""
    network_id = world.create()
    for node_id in (2, 3):
        world.write(JoinNetwork(node_id=node_id, network_id=network_id))
    world.write(PromoteMember(network_id=network_id, target_node_id=2))
    world.events()
    return network_id


class TestJoin:
    def test_an_open_network_takes_everybody(self, world: World) -> None:
        network_id = world.create()
        world.events()
        answer = world.write(JoinNetwork(node_id=2, network_id=network_id), Caller(node_id=2))
        assert answer == {
            "network_id": network_id,
            "address": f"{network_id}/2",
            "terms": network_id,
        }
        assert world.roles(network_id) == {1: "owner", 2: "member"}
        assert world.events() == [
            ("membership.joined", {"node_id": 2, "network_id": network_id, "role": "member"})
        ]

    def test_a_token_network_takes_who_knows_the_token(self, world: World) -> None:
        network_id = world.create(join_rule="token", token="sesame")
        world.write(JoinNetwork(node_id=2, network_id=network_id, token="sesame"))
        assert 2 in world.roles(network_id)

    @pytest.mark.parametrize("token", ["", "Sesame", "sesame ", "sésame"])
    def test_a_wrong_token_is_refused_also_from_an_administrator(
        self, world: World, token: str
    ) -> None:
        network_id = world.create(join_rule="token", token="sesame")
        with pytest.raises(PermissionError, match=r"^token: invalid token"):
            world.write(JoinNetwork(node_id=2, network_id=network_id, token=token))

    def test_an_invite_only_network_takes_nobody_so(self, world: World) -> None:
        network_id = world.create(join_rule="invite")
        with pytest.raises(PermissionError, match="invite-only"):
            world.write(JoinNetwork(node_id=2, network_id=network_id))

    def test_twice_is_refused(self, world: World, lab: int) -> None:
        with pytest.raises(ValueError, match=f"node_id: node 3 already in network {lab}"):
            world.write(JoinNetwork(node_id=3, network_id=lab))

    def test_a_full_network_takes_nobody_until_somebody_leaves(
        self, world: World, lab: int
    ) -> None:
        world.limits[lab] = 3
        with pytest.raises(PermissionError, match="membership limit reached"):
            world.write(JoinNetwork(node_id=4, network_id=lab))
        world.write(LeaveNetwork(node_id=3, network_id=lab))
        world.write(JoinNetwork(node_id=4, network_id=lab))
        assert 4 in world.roles(lab)

    def test_needs_a_registered_node_and_a_network(self, world: World, lab: int) -> None:
        with pytest.raises(LookupError, match="node_id: node 77 not registered"):
            world.write(JoinNetwork(node_id=77, network_id=lab))
        with pytest.raises(LookupError, match="network 99: network not found"):
            world.write(JoinNetwork(node_id=2, network_id=99))


class TestLeave:
    def test_a_member_leaves(self, world: World, lab: int) -> None:
        assert world.write(LeaveNetwork(node_id=3, network_id=lab)) == {"network_id": lab}
        assert world.events() == [
            ("membership.left", {"node_id": 3, "network_id": lab, "reason": "left"})
        ]
        assert world.roles(lab) == {1: "owner", 2: "admin"}

    def test_who_is_not_in_cannot_leave(self, world: World, lab: int) -> None:
        with pytest.raises(LookupError, match=f"node 4 is not a member of network {lab}"):
            world.write(LeaveNetwork(node_id=4, network_id=lab))

    def test_an_owner_leaves_the_network_without_one(self, world: World, lab: int) -> None:
        world.write(LeaveNetwork(node_id=1, network_id=lab))
        assert world.roles(lab) == {2: "admin", 3: "member"}

    def test_the_owner_of_an_enterprise_network_hands_it_over_first(self, world: World) -> None:
        network_id = world.create(enterprise=True)
        world.write(JoinNetwork(node_id=2, network_id=network_id))
        with pytest.raises(PermissionError, match="transfer ownership first"):
            world.write(LeaveNetwork(node_id=1, network_id=network_id))
        world.write(TransferOwnership(network_id=network_id, new_owner_id=2))
        world.write(LeaveNetwork(node_id=1, network_id=network_id))
        assert world.roles(network_id) == {2: "owner"}


class TestRoles:
    def test_are_told(self, world: World, lab: int) -> None:
        for node_id, role in {1: "owner", 2: "admin", 3: "member"}.items():
            answer = world.read(GetMemberRole(network_id=lab, target_node_id=node_id), Caller())
            assert answer == {"network_id": lab, "target_node_id": node_id, "role": role}

    def test_of_strangers_are_not_there(self, world: World, lab: int) -> None:
        with pytest.raises(LookupError, match=f"node 4 is not a member of network {lab}"):
            world.read(GetMemberRole(network_id=lab, target_node_id=4))
        with pytest.raises(LookupError, match="network 99: network not found"):
            world.read(GetMemberRole(network_id=99, target_node_id=1))

    def test_can_be_asked_in_a_transaction(self, world: World, lab: int) -> None:
        def ask(transaction: Transaction) -> list[str]:
            return [world.store.role_of(transaction, lab, node) for node in (1, 2, 3, 4)]

        assert world.committer.run(ask) == ["owner", "admin", "member", ""]
        count = world.committer.run(lambda transaction: world.store.member_count(transaction, lab))
        assert count == 3

    def test_go_up_and_down(self, world: World, lab: int) -> None:
        answer = world.write(PromoteMember(network_id=lab, target_node_id=3))
        assert answer == {"network_id": lab, "target_node_id": 3, "role": "admin"}
        world.write(DemoteMember(network_id=lab, target_node_id=2))
        assert world.roles(lab) == {1: "owner", 2: "member", 3: "admin"}
        assert world.events()[0] == (
            "membership.role_changed",
            {"node_id": 3, "network_id": lab, "role": "admin", "old_role": "member"},
        )

    @pytest.mark.parametrize(
        ("request_type", "target", "text"),
        [
            (PromoteMember, 1, "cannot promote the owner"),
            (PromoteMember, 2, "node 2 is already admin"),
            (DemoteMember, 1, "cannot demote the owner"),
            (DemoteMember, 3, "node 3 is already member"),
        ],
    )
    def test_that_cannot_change_stay(
        self,
        world: World,
        lab: int,
        request_type: type[PromoteMember] | type[DemoteMember],
        target: int,
        text: str,
    ) -> None:
        with pytest.raises(ValueError, match=f"target_node_id: {text}"):
            world.write(request_type(network_id=lab, target_node_id=target))

    def test_ownership_goes_to_another_member(self, world: World, lab: int) -> None:
        request = TransferOwnership(network_id=lab, node_id=1, new_owner_id=3)
        answer = world.write(request, Caller(node_id=1))
        assert answer == {"network_id": lab, "old_owner": 1, "new_owner": 3}
        assert world.roles(lab) == {1: "admin", 2: "admin", 3: "owner"}

    def test_ownership_does_not_go_to_a_stranger_or_back(self, world: World, lab: int) -> None:
        with pytest.raises(LookupError, match="new_owner_id: node 4 is not a member"):
            world.write(TransferOwnership(network_id=lab, new_owner_id=4))
        with pytest.raises(ValueError, match="new_owner_id: node 1 is already the owner"):
            world.write(TransferOwnership(network_id=lab, new_owner_id=1))

    def test_a_network_without_owner_gets_one_from_an_administrator(
        self, world: World, lab: int
    ) -> None:
        world.write(LeaveNetwork(node_id=1, network_id=lab))
        answer = world.write(TransferOwnership(network_id=lab, new_owner_id=3))
        assert answer == {"network_id": lab, "old_owner": 0, "new_owner": 3}
        assert world.roles(lab) == {2: "admin", 3: "owner"}


class TestKick:
    def test_puts_a_member_out(self, world: World, lab: int) -> None:
        request = KickMember(network_id=lab, node_id=2, target_node_id=3)
        assert world.write(request, Caller(node_id=2)) == {"network_id": lab, "target_node_id": 3}
        assert world.events() == [
            ("membership.left", {"node_id": 3, "network_id": lab, "reason": "kicked"})
        ]

    def test_the_owner_stays(self, world: World, lab: int) -> None:
        with pytest.raises(PermissionError, match="cannot kick the network owner"):
            world.write(KickMember(network_id=lab, target_node_id=1))

    def test_an_admin_puts_no_admin_out(self, world: World, lab: int) -> None:
        world.write(PromoteMember(network_id=lab, target_node_id=3))
        with pytest.raises(PermissionError, match="admins cannot kick other admins"):
            world.write(KickMember(network_id=lab, target_node_id=3), Caller(node_id=2))
        world.write(KickMember(network_id=lab, target_node_id=3), Caller(node_id=1))
        assert world.roles(lab) == {1: "owner", 2: "admin"}

    def test_a_stranger_cannot_be_kicked(self, world: World, lab: int) -> None:
        with pytest.raises(LookupError, match="node 4 is not a member"):
            world.write(KickMember(network_id=lab, target_node_id=4))


_BY_ROLE: list[tuple[Callable[[int], Request], set[int]]] = [
    (lambda network: RenameNetwork(network_id=network, name="hall"), {1, 2}),
    (lambda network: DeleteNetwork(network_id=network), {1}),
    (lambda network: PromoteMember(network_id=network, target_node_id=3), {1}),
    (lambda network: DemoteMember(network_id=network, target_node_id=2), {1}),
    (lambda network: KickMember(network_id=network, target_node_id=3), {1, 2}),
    (lambda network: TransferOwnership(network_id=network, new_owner_id=3), {1}),
]


class TestWhoMay:
    @pytest.mark.parametrize("node_id", [1, 2, 3, 4])
    @pytest.mark.parametrize(("make", "allowed"), _BY_ROLE)
    def test_is_decided_by_the_role_of_the_node_that_signed(
        self,
        world: World,
        lab: int,
        make: Callable[[int], Request],
        allowed: set[int],
        node_id: int,
    ) -> None:
        if node_id in allowed:
            world.write(make(lab), Caller(node_id=node_id))
            return
        with pytest.raises(PermissionError, match=f"node_id: node {node_id} has "):
            world.write(make(lab), Caller(node_id=node_id))
        assert world.events() == []

    @pytest.mark.parametrize("make", [make for make, _ in _BY_ROLE])
    def test_does_not_depend_on_what_the_request_claims(
        self, world: World, lab: int, make: Callable[[int], Request]
    ) -> None:
        with pytest.raises(PermissionError):
            world.write(make(lab), Caller(node_id=0))

    def test_a_role_is_worth_nothing_in_another_network(self, world: World, lab: int) -> None:
        world.create(name="hall", owner=5)
        with pytest.raises(PermissionError, match=f"node 5 has no role in network {lab}"):
            world.write(DeleteNetwork(network_id=lab), Caller(node_id=5))


class TestDeregistered:
    def test_a_node_leaves_every_network(self, world: World, lab: int) -> None:
        other = world.create(name="hall", owner=3)
        world.events()
        world.deregister(3)
        reason = "deregistered"
        assert world.events() == [
            ("membership.left", {"node_id": 3, "network_id": lab, "reason": reason}),
            ("membership.left", {"node_id": 3, "network_id": other, "reason": reason}),
        ]
        assert world.view.networks_of(3) == ()
        assert world.roles(other) == {}

    def test_a_network_stays_when_its_owner_goes(self, world: World, lab: int) -> None:
        world.deregister(1)
        assert world.roles(lab) == {2: "admin", 3: "member"}
        with pytest.raises(PermissionError, match="node 1 has no role"):
            world.write(DeleteNetwork(network_id=lab), Caller(node_id=1))

    def test_its_invites_are_dropped(self, world: World) -> None:
        network_id = world.create(join_rule="invite")
        world.write(InviteToNetwork(network_id=network_id, inviter_id=1, target_node_id=2))
        world.deregister(2)
        assert world.events()[-1] == (
            "membership.invite_dropped",
            {"node_id": 2, "network_id": network_id},
        )


class TestShared:
    @pytest.mark.usefixtures("lab")
    def test_networks_make_neighbours(self, world: World) -> None:
        world.create(name="hall", owner=5)
        assert world.view.share_network(1, 3)
        assert not world.view.share_network(1, 5)
        assert not world.view.share_network(8, 9)

    def test_memberships_can_be_read_from_the_database(self, world: World, lab: int) -> None:
        with world.database.snapshot() as snapshot:
            assert set(memberships(snapshot.connection)) == {(1, lab), (2, lab), (3, lab)}
