"""Roles that wait for those who are known elsewhere by an id."""

import pytest
from sqlalchemy import select

from registry.membership.messages import (
    DeleteNetwork,
    InviteToNetwork,
    JoinNetwork,
    RespondInvite,
)
from registry.membership.tables import preassigned_roles
from tests.membership.helpers import World


def preassign(world: World, network_id: int, **roles: str) -> None:
    world.committer.run(lambda transaction: world.store.preassign(transaction, network_id, roles))


class TestJoining:
    def test_gives_the_role_that_waits(self, world: World) -> None:
        world.external_ids = {2: "Ann", 3: "bob", 4: "cay"}
        network_id = world.create(owner=1)
        preassign(world, network_id, ann="admin", BOB="member")
        for node_id in (2, 3, 4, 5):
            world.write(JoinNetwork(node_id=node_id, network_id=network_id))
        assert world.roles(network_id) == {
            1: "owner",
            2: "admin",
            3: "member",
            4: "member",
            5: "member",
        }

    def test_by_invitation_gives_it_too(self, world: World) -> None:
        world.external_ids = {2: "ann"}
        network_id = world.create(owner=1, join_rule="invite")
        preassign(world, network_id, ann="admin")
        world.write(InviteToNetwork(network_id=network_id, inviter_id=1, target_node_id=2))
        world.write(RespondInvite(node_id=2, network_id=network_id, accept=True))
        assert world.roles(network_id)[2] == "admin"

    def test_makes_an_owner_only_where_there_is_none(self, world: World) -> None:
        world.external_ids = {2: "ann", 3: "bob"}
        network_id = world.create(owner=0)
        preassign(world, network_id, ann="owner", bob="owner")
        for node_id in (2, 3):
            world.write(JoinNetwork(node_id=node_id, network_id=network_id))
        assert world.roles(network_id) == {2: "owner", 3: "admin"}


class TestPreassigning:
    def test_replaces_what_waited_and_is_told(self, world: World) -> None:
        network_id = world.create()
        world.events()
        preassign(world, network_id, ann="admin", bob="member")
        preassign(world, network_id, cay="admin")
        assert world.events() == [
            ("network.roles_preassigned", {"network_id": network_id, "waiting": 2}),
            ("network.roles_preassigned", {"network_id": network_id, "waiting": 1}),
        ]
        for view in (world.view, world.new_view()):
            assert view.preassigned_count(network_id) == 1

    def test_ends_with_the_network(self, world: World) -> None:
        network_id = world.create()
        preassign(world, network_id, ann="admin")
        world.write(DeleteNetwork(network_id=network_id))
        with world.database.snapshot() as snapshot:
            assert not snapshot.connection.execute(select(preassigned_roles)).all()
        for view in (world.view, world.new_view()):
            assert view.preassigned_count(network_id) == 0

    @pytest.mark.parametrize("role", ["admin", "owner"])
    def test_one_more_leaves_what_waits_already(self, world: World, role: str) -> None:
        world.external_ids = {2: "ann"}
        network_id = world.create()
        preassign(world, network_id, ann="member")
        world.committer.run(
            lambda transaction: world.store.preassign_one(transaction, network_id, "Ann", role)
        )
        world.write(JoinNetwork(node_id=2, network_id=network_id))
        assert world.roles(network_id)[2] == "member"
