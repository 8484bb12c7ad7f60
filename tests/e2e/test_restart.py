"""The registry is killed and started again; its daemons go on."""

import pytest

from tests.e2e.conftest import StartDaemon
from tests.e2e.steps import lookup, send, shake_hands, trusted_by
from tests.harness import Daemon, RegistryServer, eventually

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
        assert alice.pilotctl("find", "bob")["node_id"] == bob.node_id
        assert bob.pilotctl("find", "carol")["node_id"] == carol.node_id  # not asked for before
        assert carol.pilotctl("find", "alice")["node_id"] == alice.node_id

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
    alice: Daemon, server: RegistryServer
) -> None:
    server.kill()
    server.start()
    found = eventually(lambda: alice.pilotctl("find", "carol"))
    assert found["hostname"] == "carol"
