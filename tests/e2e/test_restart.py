"""The registry is killed and started again; its daemons go on."""

import pytest

from tests.e2e.conftest import StartDaemon
from tests.e2e.steps import lookup, send, shake_hands, trusted_by
from tests.harness import Daemon, RegistryServer

pytestmark = pytest.mark.daemon


@pytest.fixture(scope="module")
def addresses(alice: Daemon, bob: Daemon, carol: Daemon, server: RegistryServer) -> list[str]:
    """The daemons' addresses before the registry was killed."""
    shake_hands(alice, bob)
    alice.pilotctl("extras", "set-tags", "steady")
    alice.pilotctl("set-public")
    addresses = [daemon.address for daemon in (alice, bob, carol)]
    server.kill()
    server.start()
    return addresses


@pytest.mark.usefixtures("addresses")
class TestKilledRegistry:
    def test_leaves_every_daemon_its_address(
        self, alice: Daemon, bob: Daemon, carol: Daemon, addresses: list[str]
    ) -> None:
        assert [daemon.address for daemon in (alice, bob, carol)] == addresses
        known = [lookup(alice, daemon.node_id)["address"] for daemon in (alice, bob, carol)]
        assert known == addresses

    def test_still_leads_each_to_the_other(self, alice: Daemon, bob: Daemon, carol: Daemon) -> None:
        # Pairs that have not asked before: daemons remember for a while whom they found.
        for asking, asked in ((alice, carol), (bob, carol), (carol, alice), (carol, bob)):
            found = asking.pilotctl("find", asked.name)
            assert (found["node_id"], found["address"]) == (asked.node_id, asked.address)

    def test_remembers_what_daemons_said_of_themselves(self, alice: Daemon, bob: Daemon) -> None:
        known = lookup(bob, alice.node_id)
        assert (known["hostname"], known["tags"], known["public"]) == ("alice", ["steady"], True)

    def test_remembers_trust(self, alice: Daemon, bob: Daemon) -> None:
        assert trusted_by(alice) == [bob.node_id]
        send(alice, bob, "still here")

    def test_takes_new_handshakes(self, bob: Daemon, carol: Daemon) -> None:
        shake_hands(carol, bob, "after the crash")
        send(carol, bob, "hello after the crash")

    def test_gives_a_daemon_that_restarts_too_its_address_back(
        self, carol: Daemon, addresses: list[str]
    ) -> None:
        carol.kill()
        carol.start()
        assert carol.address == addresses[2]

    def test_gives_no_address_twice(self, start_daemon: StartDaemon, addresses: list[str]) -> None:
        assert start_daemon("dave").address not in addresses


@pytest.mark.usefixtures("addresses")
def test_daemons_find_the_registry_again_by_themselves(
    alice: Daemon, carol: Daemon, server: RegistryServer
) -> None:
    server.kill()
    server.start()
    alice.pilotctl("extras", "set-tags", "again")
    assert lookup(carol, alice.node_id)["tags"] == ["again"]
