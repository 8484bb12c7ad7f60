"""Private daemons come to trust each other through the registry, and then talk directly."""

import pytest

from tests.e2e.steps import pending_at, received_by, send, shake_hands, trusted_by
from tests.harness import Daemon, PilotctlFailed, eventually

pytestmark = pytest.mark.daemon


@pytest.fixture(scope="module", autouse=True)
def handshake(alice: Daemon, bob: Daemon) -> None:
    shake_hands(alice, bob, "hello bob")


class TestHandshake:
    def test_of_private_daemons_goes_through_the_registry(self, alice: Daemon, bob: Daemon) -> None:
        alice.process.wait_for("handshake relayed via registry")
        bob.process.wait_for("relayed handshake request received.*hello bob")
        alice.process.wait_for("trust established via relayed approval")

    def test_makes_each_trust_the_other(self, alice: Daemon, bob: Daemon) -> None:
        assert trusted_by(alice) == [bob.node_id]
        assert trusted_by(bob) == [alice.node_id]

    def test_that_is_rejected_makes_no_trust(self, alice: Daemon, carol: Daemon) -> None:
        carol.pilotctl("handshake", "alice", "let me in")
        eventually(lambda: pending_at(alice), until=lambda pending: carol.node_id in pending)
        alice.pilotctl("reject", str(carol.node_id), "no")
        assert carol.node_id not in trusted_by(alice)
        assert carol.node_id not in pending_at(alice)
        assert trusted_by(carol) == []


class TestTunnel:
    def test_carries_pings(self, alice: Daemon, bob: Daemon) -> None:
        answers = alice.pilotctl("ping", bob.name, "--count", "2")["results"]
        assert [answer["bytes"] for answer in answers] == [6, 6]
        alice.process.wait_for("encrypted tunnel established.*relay=false")

    def test_carries_messages_both_ways(self, alice: Daemon, bob: Daemon) -> None:
        send(alice, bob, "hi bob")
        send(bob, alice, "hi alice")

    def test_is_closed_to_strangers(self, bob: Daemon, carol: Daemon) -> None:
        with pytest.raises(PilotctlFailed):
            carol.pilotctl("send-message", "bob", "--data", "unasked")
        assert "unasked" not in received_by(bob)


class TestUntrust:
    def test_closes_what_a_handshake_opened(self, bob: Daemon, carol: Daemon) -> None:
        shake_hands(carol, bob)
        bob.pilotctl("untrust", str(carol.node_id))
        assert carol.node_id not in trusted_by(bob)
        carol.process.wait_for("trust revoked by peer")
        eventually(lambda: trusted_by(carol), until=lambda peers: bob.node_id not in peers)
