"""A daemon's key changes, or goes and comes back; its address stays."""

import pytest

from tests.e2e.steps import lookup, send, shake_hands
from tests.harness import Daemon, eventually

pytestmark = pytest.mark.daemon


def key_of(daemon: Daemon) -> str:
    """A daemon's public key, as it says itself; for a moment, the one before the last rotation."""
    key: str = daemon.pilotctl("info")["public_key"]
    return key


class TestRotateKey:
    def test_gives_a_daemon_another_key_and_the_same_address(
        self, alice: Daemon, bob: Daemon
    ) -> None:
        address, old_key = alice.address, key_of(alice)
        new_key = alice.pilotctl("rotate-key")["public_key"]
        assert new_key != old_key
        assert lookup(bob, alice.node_id)["public_key"] == new_key
        eventually(lambda: key_of(alice), until=lambda key: key == new_key)
        assert alice.address == address

    def test_leaves_a_daemon_able_to_sign(self, alice: Daemon, bob: Daemon) -> None:
        alice.pilotctl("rotate-key")
        alice.pilotctl("extras", "set-tags", "rotated")
        assert lookup(bob, alice.node_id)["tags"] == ["rotated"]
        shake_hands(alice, bob)
        send(alice, bob, "with a new key")

    def test_survives_a_restart_of_the_daemon(self, carol: Daemon) -> None:
        new_key, address = carol.pilotctl("rotate-key")["public_key"], carol.address
        carol.kill()
        carol.start()
        assert (key_of(carol), carol.address) == (new_key, address)


class TestDeregister:
    def test_keeps_the_address_for_the_daemon_that_comes_back(
        self, bob: Daemon, carol: Daemon
    ) -> None:
        node_id, address = carol.node_id, carol.address
        carol.pilotctl("deregister")
        carol.kill()
        carol.start()
        assert (carol.node_id, carol.address) == (node_id, address)
        assert bob.pilotctl("find", "carol")["node_id"] == node_id
