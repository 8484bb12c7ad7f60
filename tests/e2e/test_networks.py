"""Daemons in networks."""

from typing import Any

import pytest

from tests.e2e.steps import trusted_by
from tests.harness import Daemon, PilotctlFailed, eventually

pytestmark = pytest.mark.daemon


def create(owner: Daemon, name: str, *options: str) -> str:
    """Make a network; its id."""
    answer = owner.pilotctl(
        *("network", "create", "--name", name, "--node-id", str(owner.node_id)), *options
    )
    return str(answer["network_id"])


def members(asking: Daemon, network: str) -> dict[str, dict[str, Any]]:
    """The members of a network by their hostnames."""
    nodes = asking.pilotctl("network", "members", network)["nodes"]
    return {node["hostname"]: node for node in nodes}


class TestNetwork:
    def test_that_is_open_takes_who_comes(self, alice: Daemon, bob: Daemon) -> None:
        network = create(alice, "open-one", "--join-rule", "open")
        joined = bob.pilotctl("network", "join", network)
        assert joined["address"] == f"{network}:000{network}.0000.000{bob.node_id}"
        found = members(bob, network)
        assert {name: node["role"] for name, node in found.items()} == {
            "alice": "owner",
            "bob": "member",
        }

    def test_is_on_the_list_of_all(self, alice: Daemon, bob: Daemon) -> None:
        create(alice, "listed")
        networks = bob.pilotctl("network", "list")["networks"]
        assert {"backbone", "listed"} <= {network["name"] for network in networks}

    def test_is_left_by_who_will_not_stay(self, alice: Daemon, bob: Daemon) -> None:
        network = create(alice, "left")
        bob.pilotctl("network", "join", network)
        bob.pilotctl("network", "leave", network)
        assert set(members(alice, network)) == {"alice"}

    def test_gives_its_members_addresses_at_which_they_answer(
        self, alice: Daemon, bob: Daemon
    ) -> None:
        network = create(alice, "talk")
        address = bob.pilotctl("network", "join", network)["address"]
        bob.pilotctl("set-public")  # pilotctl opens no tunnel to a private node without trust
        answers = alice.pilotctl("ping", address, "--count", "1")["results"]
        assert [answer["bytes"] for answer in answers] == [6]

    def test_lets_its_members_shake_hands_without_the_registry(
        self, alice: Daemon, carol: Daemon
    ) -> None:
        """Carol's daemon asks, unsigned, whether alice may reach it."""
        network = create(alice, "hello")
        carol.pilotctl("network", "join", network)
        alice.pilotctl("handshake", "carol", "hello")
        eventually(lambda: trusted_by(alice), until=lambda peers: carol.node_id in peers)
        assert not any("relayed via registry" in line for line in alice.process.lines)
        answers = alice.pilotctl("ping", "carol", "--count", "1")["results"]
        assert [answer["bytes"] for answer in answers] == [6]

    def test_with_a_token_takes_who_knows_it(self, alice: Daemon, bob: Daemon) -> None:
        network = create(alice, "secret", "--join-rule", "token", "--token", "sesame")
        with pytest.raises(PilotctlFailed, match="token"):
            bob.pilotctl("network", "join", network)
        bob.pilotctl("network", "join", network, "--token", "sesame")
        assert "bob" in members(alice, network)

    def test_by_invitation_takes_who_accepts(self, alice: Daemon, bob: Daemon) -> None:
        network = create(alice, "club", "--join-rule", "invite", "--enterprise")
        with pytest.raises(PilotctlFailed, match="invite"):
            bob.pilotctl("network", "join", network)
        alice.pilotctl("network", "invite", network, str(bob.node_id))
        invites = bob.pilotctl("network", "invites")["invites"]
        assert network in [str(invite["network_id"]) for invite in invites]
        bob.pilotctl("network", "accept", network)
        assert members(alice, network)["bob"]["role"] == "member"

    def test_that_nobody_owns_is_made_by_the_administrator(
        self, alice: Daemon, bob: Daemon
    ) -> None:
        """``pilotctl`` without ``--node-id`` names node 0."""
        network = str(alice.pilotctl("network", "create", "--name", "nobodys")["network_id"])
        bob.pilotctl("network", "join", network)
        assert members(alice, network)["bob"]["role"] == "member"
        alice.pilotctl("network", "promote", network, str(bob.node_id))
        assert members(alice, network)["bob"]["role"] == "admin"
