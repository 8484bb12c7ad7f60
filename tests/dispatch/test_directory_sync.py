"""Directory sync over real stores; the test says who is known elsewhere by which id."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from attrs import define, field

from registry import directory, membership
from registry.directory import DirectoryStore, Node
from registry.dispatch import Caller, DirectorySyncer
from registry.dispatch.directory_sync import DirectoryStatus, DirectorySync, Entry
from registry.events import InProcessBus, Transaction
from registry.membership import CreateNetwork, MembershipStore
from registry.membership.messages import JoinNetwork
from registry.persistence import Committer, Database, Schema, migrate

NOW = 1_700_000_000
ADMIN = Caller("127.0.0.1", 4001, is_admin=True)


@define(eq=False)
class World:
    """Nodes 1 to 6 in network 1, which node 1 owns.

    Attributes:
        external_ids: By which id the holder of a node is known elsewhere.
    """

    committer: Committer
    external_ids: dict[int, str] = field(factory=dict)
    directory: DirectoryStore = field(init=False)
    membership: MembershipStore = field(init=False)
    syncer: DirectorySyncer = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.directory = DirectoryStore(clock=lambda: NOW, last_seen=lambda _node_id: 0)
        self.membership = MembershipStore(
            clock=lambda: NOW,
            address_of=lambda network_id, node_id: f"{network_id}/{node_id}",
            node_exists=self.directory.exists,
            external_id_of=self.external_id_of,
            member_limit=lambda _transaction, _network_id: 0,
            terms=lambda _transaction, _network_id: {},
        )
        self.syncer = DirectorySyncer(
            membership=self.membership,
            directory=self.directory,
            external_id_of=self.external_id_of,
        )
        self.committer.run(self._populate)

    def external_id_of(self, _transaction: Transaction, node_id: int) -> str:
        return self.external_ids.get(node_id, "")

    def _populate(self, transaction: Transaction) -> None:
        nodes = [Node(node_id=node_id, real_addr="127.0.0.1:4001") for node_id in range(1, 8)]
        self.directory.register(transaction, nodes)
        network = CreateNetwork(name="lab", node_id=1, enterprise=True)
        self.membership.create_network(transaction, network, ADMIN)
        for node_id in range(2, 7):
            self.join(transaction, node_id)

    def join(self, transaction: Transaction, node_id: int) -> None:
        request = JoinNetwork(node_id=node_id, network_id=1)
        self.membership.join_network(transaction, request, ADMIN)

    def sync(self, *entries: Entry, remove_unlisted: bool = False) -> Mapping[str, Any]:
        request = DirectorySync(
            network_id=1, entries=list(entries), remove_unlisted=remove_unlisted
        )
        return self.committer.run(
            lambda transaction: self.syncer.directory_sync(transaction, request, ADMIN)
        )

    def status(self) -> Mapping[str, Any]:
        request = DirectoryStatus(network_id=1)
        return self.committer.run(
            lambda transaction: self.syncer.directory_status(transaction, request, ADMIN)
        )

    @property
    def roles(self) -> dict[int, str]:
        return self.committer.run(lambda transaction: self.membership.roles(transaction, 1))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    database = Database.in_folder(tmp_path)
    with database.open_writer() as connection, connection.begin():
        schemas = [Schema(store.__name__, store.SCHEMA_STEPS) for store in (directory, membership)]
        migrate(connection, schemas)
    committer = Committer(database, InProcessBus())
    committer.start()
    yield World(committer)
    committer.close()
    database.close()


class TestRoles:
    def test_are_those_of_the_directory(self, world: World) -> None:
        world.external_ids = {2: "Ann", 3: "bob", 4: "cay"}
        answer = world.sync(
            Entry(external_id="ann", role="admin"),
            Entry(external_id="BOB", role="grand vizier"),
            Entry(external_id="cay"),
        )
        assert answer == {
            "mapped": 3,
            "unmapped": 0,
            "updated": 1,
            "disabled": 0,
            "actions": ["role ann: member → admin (node 2)"],
        }
        assert world.roles[2] == "admin"

    def test_go_to_one_owner_and_the_old_one_becomes_an_admin(self, world: World) -> None:
        world.external_ids = {2: "ann"}
        world.sync(Entry(external_id="ann", role="owner"))
        assert (world.roles[1], world.roles[2]) == ("admin", "owner")

    def test_of_an_owner_with_several_nodes_stay_where_they_are(self, world: World) -> None:
        world.external_ids = {2: "ann", 3: "ann"}
        world.sync(Entry(external_id="ann", role="owner"))
        assert (world.roles[2], world.roles[3]) == ("owner", "admin")
        assert world.sync(Entry(external_id="ann", role="owner"))["updated"] == 0

    def test_of_two_owners_are_refused(self, world: World) -> None:
        with pytest.raises(ValueError, match="entries: 2 owners"):
            world.sync(
                Entry(external_id="ann", role="owner"), Entry(external_id="bob", role="owner")
            )

    def test_wait_for_who_is_no_member_yet(self, world: World) -> None:
        answer = world.sync(Entry(external_id="Dan", role="admin"), Entry(external_id="eve"))
        assert (answer["mapped"], answer["unmapped"]) == (0, 2)
        world.external_ids = {7: "dan"}
        world.committer.run(lambda transaction: world.join(transaction, 7))
        assert world.roles[7] == "admin"


class TestPuttingOut:
    def test_is_for_who_is_disabled_and_no_role_waits_for_it_any_more(self, world: World) -> None:
        world.external_ids = {2: "ann"}
        world.sync(Entry(external_id="dan", role="admin"))
        answer = world.sync(
            Entry(external_id="ann", disabled=True), Entry(external_id="dan", disabled=True)
        )
        assert answer["actions"] == ["disabled ann (node 2)"]
        assert 2 not in world.roles
        assert "pre_assignments" not in world.status()

    def test_is_for_who_is_not_listed_if_that_is_asked_for(self, world: World) -> None:
        world.external_ids = {2: "ann", 3: "bob"}
        assert world.sync(Entry(external_id="ann"))["disabled"] == 0
        answer = world.sync(Entry(external_id="ann"), remove_unlisted=True)
        assert answer["actions"] == ["removed unlisted bob (node 3)"]
        assert world.roles.keys() == {1, 2, 4, 5, 6}

    def test_is_for_an_owner_too(self, world: World) -> None:
        world.external_ids = {1: "ann"}
        world.sync(Entry(external_id="ann", disabled=True))
        assert "owner" not in world.roles.values()


class TestHostnames:
    def test_are_given_to_nodes_without_one_where_they_will_do(self, world: World) -> None:
        world.external_ids = {2: "ann", 3: "bob", 4: "cay"}
        world.sync(
            Entry(external_id="ann", display_name="ann"),
            Entry(external_id="bob", display_name="Bob the Builder"),
            Entry(external_id="cay", display_name="ann"),
        )
        world.sync(Entry(external_id="ann", display_name="anna"))
        found = world.committer.run(
            lambda transaction: [
                world.directory.suggest_hostname(transaction, node_id, "free")
                for node_id in (2, 3, 4)
            ]
        )
        assert found == [False, True, False]  # node 2 has one, and then "free" is taken


class TestStatus:
    def test_says_who_is_known_and_when_the_last_sync_was(self, world: World) -> None:
        world.external_ids = {2: "ann"}
        known = {"network_id": 1, "total": 6, "mapped": 1, "unmapped": 5, "enterprise": True}
        assert world.status() == known
        world.sync(Entry(external_id="dan", role="admin"), Entry(display_name="nobody"))
        assert world.status() == {
            **known,
            "pre_assignments": 1,
            "last_sync": "2023-11-14T22:13:20Z",
        }


def test_a_network_without_the_enterprise_flag_is_not_synced(world: World) -> None:
    def make_another(transaction: Transaction) -> None:
        world.membership.create_network(transaction, CreateNetwork(name="other"), ADMIN)

    world.committer.run(make_another)
    request = DirectorySync(network_id=2, entries=[Entry(external_id="ann")])
    with pytest.raises(PermissionError, match="requires enterprise network"):
        world.committer.run(
            lambda transaction: world.syncer.directory_sync(transaction, request, ADMIN)
        )
