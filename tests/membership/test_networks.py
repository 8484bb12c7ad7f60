"""Making, renaming, listing and removing networks."""

import pytest
from sqlalchemy import insert, select

from registry.events import Transaction
from registry.membership.messages import (
    CreateNetwork,
    DeleteNetwork,
    InviteToNetwork,
    JoinNetwork,
    ListNetworks,
    RenameNetwork,
    SetNetworkEnterprise,
    TransferOwnership,
)
from registry.membership.tables import networks, retired_ids
from tests.membership.helpers import START, World


class TestCreate:
    def test_the_creator_owns_the_network(self, world: World) -> None:
        network_id = world.create(owner=3)
        assert world.roles(network_id) == {3: "owner"}
        assert world.view.networks_of(3) == (network_id,)

    def test_the_answer_names_the_network(self, world: World) -> None:
        answer = world.write(CreateNetwork(node_id=1, name="lab", enterprise=True))
        assert answer == {"network_id": 1, "name": "lab", "enterprise": True}

    def test_is_told_before_the_owner_joins(self, world: World) -> None:
        network_id = world.create(owner=3, join_rule="invite")
        assert world.events() == [
            (
                "network.created",
                {
                    "network_id": network_id,
                    "name": "lab",
                    "join_rule": "invite",
                    "enterprise": False,
                    "rules": None,
                    "created_at": START,
                    "owner_id": 3,
                },
            ),
            ("membership.joined", {"network_id": network_id, "node_id": 3, "role": "owner"}),
        ]

    def test_an_administrator_makes_one_that_nobody_owns(self, world: World) -> None:
        network_id = world.create(owner=0)
        assert world.roles(network_id) == {}
        [(type_, payload)] = world.events()
        assert (type_, payload["owner_id"]) == ("network.created", 0)
        world.write(JoinNetwork(node_id=2, network_id=network_id))
        world.write(TransferOwnership(network_id=network_id, new_owner_id=2))
        assert world.roles(network_id) == {2: "owner"}

    @pytest.mark.parametrize(
        "name", ["", "x" * 64, "Lab", "-lab", "lab-", "la b", "lab\n", "läb", "backbone"]
    )
    def test_a_name_that_breaks_a_rule_is_refused(self, world: World, name: str) -> None:
        with pytest.raises(ValueError, match=r"^name: "):
            world.create(name=name)

    @pytest.mark.parametrize("name", ["a", "7", "x" * 63, "a-b--c"])
    def test_a_good_name_is_taken(self, world: World, name: str) -> None:
        assert world.create(name=name)

    def test_a_name_is_given_once(self, world: World) -> None:
        world.create()
        with pytest.raises(ValueError, match='name: network "lab" already exists'):
            world.create(owner=2)

    def test_the_owner_must_be_registered(self, world: World) -> None:
        with pytest.raises(LookupError, match="node_id: node 77 not registered"):
            world.create(owner=77)

    def test_a_token_network_needs_a_token(self, world: World) -> None:
        with pytest.raises(ValueError, match=r"^token: "):
            world.create(join_rule="token")

    def test_no_token_is_kept_as_it_is(self, world: World) -> None:
        world.create(join_rule="token", token="open sesame", network_admin_token="let me")
        world.create(name="other", join_rule="token", token="open sesame")
        with world.database.snapshot() as snapshot:
            rows = snapshot.connection.execute(select(networks)).all()
        assert rows[0].token != rows[1].token
        for kept in (rows[0].token, rows[0].admin_token):
            assert b"open sesame" not in kept
            assert b"let me" not in kept
            assert len(kept) == 48


class TestIds:
    def test_rise_from_one(self, world: World) -> None:
        assert [world.create(name=f"n{n}") for n in range(3)] == [1, 2, 3]

    def test_of_deleted_networks_are_not_given_again(self, world: World) -> None:
        world.create(name="first")
        world.write(DeleteNetwork(network_id=world.create(name="second")))
        assert world.create(name="third") == 3

    def test_that_are_unused_the_longest_come_back_when_there_are_no_new_ones(
        self, world: World
    ) -> None:
        self._use_up(world, retired={7: START - 10, 5: START - 20})
        assert world.create() == 5
        assert world.create(name="other") == 7

    def test_run_out_with_a_clear_error(self, world: World) -> None:
        self._use_up(world, retired={})
        with pytest.raises(LookupError, match="network ID space exhausted"):
            world.create()

    def _use_up(self, world: World, retired: dict[int, int]) -> None:
        """Make a network with the last id there is, and retire some."""
        rows = [{"network_id": network_id, "retired_at": at} for network_id, at in retired.items()]
        last = {"network_id": 0xFFFF, "name": "last", "join_rule": "open", "enterprise": False}

        def use_up(transaction: Transaction) -> None:
            transaction.execute(insert(networks), {**last, "created_at": START})
            transaction.execute_many(insert(retired_ids), rows)

        world.committer.run(use_up)


class TestRename:
    def test_gives_another_name_and_frees_the_old(self, world: World) -> None:
        network_id = world.create()
        world.events()
        answer = world.write(RenameNetwork(network_id=network_id, name="hall"))
        assert answer == {"network_id": network_id, "name": "hall"}
        assert world.events() == [
            ("network.renamed", {"network_id": network_id, "name": "hall", "old_name": "lab"})
        ]
        assert world.create(name="lab") == network_id + 1

    def test_to_the_same_name_changes_nothing(self, world: World) -> None:
        network_id = world.create()
        world.events()
        world.write(RenameNetwork(network_id=network_id, name="lab"))
        assert world.events() == []

    def test_to_the_name_of_another_is_refused(self, world: World) -> None:
        network_id = world.create()
        world.create(name="hall")
        with pytest.raises(ValueError, match="already exists"):
            world.write(RenameNetwork(network_id=network_id, name="hall"))


class TestDelete:
    def test_every_member_leaves(self, world: World) -> None:
        network_id = world.create()
        world.write(JoinNetwork(node_id=2, network_id=network_id))
        world.events()
        assert world.write(DeleteNetwork(network_id=network_id)) == {"network_id": network_id}
        reason = "network_deleted"
        assert world.events() == [
            ("membership.left", {"node_id": 1, "network_id": network_id, "reason": reason}),
            ("membership.left", {"node_id": 2, "network_id": network_id, "reason": reason}),
            ("network.deleted", {"network_id": network_id, "name": "lab"}),
        ]
        assert world.view.networks_of(2) == ()
        with pytest.raises(LookupError, match=f"network {network_id}: network not found"):
            world.view.members(network_id)

    def test_invites_are_dropped(self, world: World) -> None:
        network_id = world.create(join_rule="invite")
        world.write(InviteToNetwork(network_id=network_id, inviter_id=1, target_node_id=2))
        world.events()
        world.write(DeleteNetwork(network_id=network_id))
        assert ("membership.invite_dropped", {"node_id": 2, "network_id": network_id}) in (
            world.events()
        )


class TestEnterprise:
    def test_can_be_set_and_cleared(self, world: World) -> None:
        network_id = world.create()
        world.view.exists(network_id)
        for enterprise in (True, False):
            request = SetNetworkEnterprise(network_id=network_id, enterprise=enterprise)
            answer = world.write(request)
            assert answer == {"network_id": network_id, "enterprise": enterprise}
            listed = world.read(ListNetworks())["networks"]
            assert [entry["enterprise"] for entry in listed] == [False, enterprise]


class TestList:
    def test_the_backbone_is_always_there(self, world: World) -> None:
        assert world.read(ListNetworks()) == {
            "networks": [
                {
                    "id": 0,
                    "name": "backbone",
                    "join_rule": "open",
                    "enterprise": False,
                    "members": 9,
                    "summary": 0,
                }
            ]
        }

    def test_networks_come_in_the_order_of_their_ids_without_their_tokens(
        self, world: World
    ) -> None:
        world.create(join_rule="token", token="sesame", network_admin_token="let me")
        world.create(name="hall", owner=2)
        world.write(JoinNetwork(node_id=3, network_id=2))
        assert world.read(ListNetworks())["networks"][1:] == [
            {
                "id": 1,
                "name": "lab",
                "join_rule": "token",
                "enterprise": False,
                "created": START,
                "members": 1,
                "summary": 1,
            },
            {
                "id": 2,
                "name": "hall",
                "join_rule": "open",
                "enterprise": False,
                "created": START,
                "members": 2,
                "summary": 2,
            },
        ]


class TestBackbone:
    def test_exists_and_has_no_members_of_its_own(self, world: World) -> None:
        assert world.view.exists(0)
        assert world.committer.run(lambda transaction: world.store.exists(transaction, 0))
        with pytest.raises(LookupError, match="network 0: network not found"):
            world.view.members(0)

    @pytest.mark.parametrize(
        "request_",
        [
            JoinNetwork(node_id=1, network_id=0),
            DeleteNetwork(network_id=0),
            RenameNetwork(network_id=0, name="spine"),
            SetNetworkEnterprise(network_id=0, enterprise=True),
        ],
    )
    def test_cannot_be_changed(
        self,
        world: World,
        request_: JoinNetwork | DeleteNetwork | RenameNetwork | SetNetworkEnterprise,
    ) -> None:
        with pytest.raises(ValueError, match=r"^network_id: cannot .* the backbone network"):
            world.write(request_)
