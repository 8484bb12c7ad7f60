"""Daemons register, and find each other."""

import pytest

from tests.e2e.steps import lookup, received_by, send
from tests.harness import Daemon, PilotctlFailed

pytestmark = pytest.mark.daemon


class TestRegistration:
    def test_gives_each_daemon_an_address_of_its_own(self, alice: Daemon, bob: Daemon) -> None:
        assert alice.node_id != bob.node_id
        assert alice.address == f"0:0000.0000.000{alice.node_id}"
        assert bob.address == f"0:0000.0000.000{bob.node_id}"

    def test_keeps_the_key_and_the_version_for_everybody_to_look_up(
        self, alice: Daemon, bob: Daemon
    ) -> None:
        known = lookup(bob, alice.node_id)
        assert known["public_key"] == alice.pilotctl("info")["public_key"]
        assert known["version"] == "1.18.0"
        assert known["networks"] == [0]

    def test_is_refused_to_who_shows_no_key(self, alice: Daemon) -> None:
        """As the public server does: ``pilotctl register`` sends none."""
        with pytest.raises(PilotctlFailed, match="public_key"):
            alice.pilotctl("register", "127.0.0.1:5555")


class TestHostnames:
    def test_lead_each_daemon_to_the_other(self, alice: Daemon, bob: Daemon) -> None:
        found = alice.pilotctl("find", "bob")
        assert (found["node_id"], found["address"]) == (bob.node_id, bob.address)
        found = bob.pilotctl("find", "alice")
        assert (found["node_id"], found["address"]) == (alice.node_id, alice.address)

    def test_that_nobody_has_lead_nowhere(self, alice: Daemon) -> None:
        with pytest.raises(PilotctlFailed, match="not found"):
            alice.pilotctl("find", "nobody")

    def test_can_be_changed(self, alice: Daemon, carol: Daemon) -> None:
        carol.pilotctl("set-hostname", "caroline")
        assert alice.pilotctl("find", "caroline")["node_id"] == carol.node_id
        with pytest.raises(PilotctlFailed, match="not found"):
            alice.pilotctl("find", "carol")

    def test_can_be_given_up(self, alice: Daemon, carol: Daemon) -> None:
        carol.pilotctl("set-hostname", "short-lived")
        carol.pilotctl("clear-hostname")
        with pytest.raises(PilotctlFailed, match="not found"):
            alice.pilotctl("find", "short-lived")

    def test_cannot_be_taken_from_another(self, alice: Daemon, carol: Daemon) -> None:
        with pytest.raises(PilotctlFailed, match="already in use"):
            carol.pilotctl("set-hostname", alice.name)


class TestVisibility:
    def test_opens_a_daemon_to_strangers_and_closes_it_again(
        self, alice: Daemon, bob: Daemon
    ) -> None:
        alice.pilotctl("set-public")
        assert lookup(bob, alice.node_id)["public"] is True
        send(bob, alice, "hello stranger")
        alice.pilotctl("set-private")
        assert lookup(bob, alice.node_id)["public"] is False
        with pytest.raises(PilotctlFailed):
            bob.pilotctl("send-message", "alice", "--data", "unasked")
        assert "unasked" not in received_by(alice)


class TestTags:
    def test_are_seen_by_others_until_they_are_cleared(self, alice: Daemon, bob: Daemon) -> None:
        alice.pilotctl("extras", "set-tags", "gpu", "paris")
        assert lookup(bob, alice.node_id)["tags"] == ["gpu", "paris"]
        alice.pilotctl("extras", "clear-tags")
        assert not lookup(bob, alice.node_id).get("tags")
