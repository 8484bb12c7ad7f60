"""Commands about networks."""

import json
from typing import Any

import pytest

from tests.e2e.pilotctl.conftest import Commands
from tests.harness import Daemon, PilotctlFailed

pytestmark = pytest.mark.daemon

POLICY: dict[str, Any] = {
    "version": 1,
    "rules": [{"name": "all", "on": "connect", "match": "true", "actions": [{"type": "allow"}]}],
}


def create(commands: Commands, owner: Daemon, name: str, *options: str) -> str:
    """Make a network of somebody with the admin token; its id."""
    arguments = ["--name", name, "--node-id", str(owner.node_id), "--enterprise", *options]
    return str(commands.run(owner, "network create", *arguments)["network_id"])


def names(commands: Commands, asking: Daemon) -> list[str]:
    return [network["name"] for network in commands.run(asking, "network list")["networks"]]


def members(commands: Commands, asking: Daemon, network: str) -> dict[int, str]:
    """The members' roles by their ids."""
    nodes = commands.run(asking, "network members", network)["nodes"]
    return {node["node_id"]: node["role"] for node in nodes}


class TestLife:
    def test_from_making_over_renaming_to_deleting(
        self, commands: Commands, alice: Daemon, bob: Daemon
    ) -> None:
        network = create(commands, alice, "first-name")
        assert "first-name" in names(commands, bob)
        commands.run(alice, "network rename", network, "second-name")
        assert "second-name" in names(commands, bob)
        commands.run(alice, "network delete", network)
        assert "second-name" not in names(commands, bob)

    def test_is_in_the_hands_of_administrators(self, bob: Daemon) -> None:
        """Without a token ``pilotctl`` does not even ask."""
        with pytest.raises(PilotctlFailed, match="admin token required"):
            bob.pilotctl("network", "create", "--name", "bobs")


class TestMembers:
    def test_come_and_go(self, commands: Commands, alice: Daemon, bob: Daemon) -> None:
        network = create(commands, alice, "coming-and-going")
        commands.run(bob, "network join", network)
        assert members(commands, bob, network)[bob.node_id] == "member"
        commands.run(bob, "network leave", network)
        assert set(members(commands, bob, network)) == {alice.node_id}

    def test_are_brought_in_by_an_administrator(
        self, commands: Commands, alice: Daemon, bob: Daemon
    ) -> None:
        network = create(commands, alice, "brought-in", "--join-rule", "token", "--token", "sesame")
        join, who = "network join ID --node-id", str(bob.node_id)
        assert "invalid token" in commands.refused(alice, join, network, who)
        commands.run(alice, join, network, who, "--token", "sesame")
        assert bob.node_id in members(commands, alice, network)

    def test_rise_fall_and_are_thrown_out(
        self, commands: Commands, alice: Daemon, bob: Daemon
    ) -> None:
        network, who = create(commands, alice, "career"), str(bob.node_id)
        commands.run(bob, "network join", network)
        commands.run(alice, "network promote", network, who)
        assert commands.run(bob, "network role", network, who)["role"] == "admin"
        commands.run(alice, "network demote", network, who)
        assert commands.run(bob, "network role", network, who)["role"] == "member"
        commands.run(alice, "network kick", network, who)
        assert "not a member" in commands.refused(bob, "network role", network, who)

    def test_of_the_backbone_are_told_to_administrators(
        self, commands: Commands, alice: Daemon, bob: Daemon
    ) -> None:
        """A daemon has the token from its environment, as ``pilotctl`` has."""
        nodes = commands.run(alice, "network members", "0")["nodes"]
        assert {alice.node_id, bob.node_id} <= {node["node_id"] for node in nodes}
        assert "not permitted" in commands.refused(bob, "network members", "0")


class TestInvites:
    def test_are_accepted_or_rejected(
        self, commands: Commands, alice: Daemon, bob: Daemon, carol: Daemon
    ) -> None:
        network = create(commands, alice, "by-invitation", "--join-rule", "invite")
        for daemon in (bob, carol):
            commands.run(alice, "network invite", network, str(daemon.node_id))
            [invite] = commands.run(daemon, "network invites")["invites"]
            assert (str(invite["network_id"]), invite["inviter_id"]) == (network, alice.node_id)
            assert network in daemon.say("network", "invites")
        commands.run(bob, "network accept", network)
        commands.run(carol, "network reject", network)
        assert set(members(commands, alice, network)) == {alice.node_id, bob.node_id}
        assert "does not sign" in commands.refused(bob, "network members", network)
        assert commands.run(carol, "network invites")["invites"] == []


class TestMemberTags:
    def test_are_set_with_the_admin_token_and_told_to_all(
        self, commands: Commands, alice: Daemon, bob: Daemon
    ) -> None:
        network = create(commands, alice, "tagged")
        commands.run(bob, "network join", network)
        where = ["--net", network, "--node", str(bob.node_id)]
        commands.run(alice, "member-tags set", *where, "--tags", "service,eu")
        assert commands.run(bob, "member-tags get", *where)["tags"] == ["service", "eu"]
        tags = commands.run(bob, "member-tags get", "--net", network)["members"]
        assert tags == {str(alice.node_id): [], str(bob.node_id): ["service", "eu"]}

    def test_are_not_set_without(self, commands: Commands, alice: Daemon, bob: Daemon) -> None:
        """The daemon of this release asks unsigned; the public server refuses that, too."""
        network = create(commands, alice, "untagged")
        commands.run(bob, "network join", network)
        where = ["--net", network, "--node", str(bob.node_id)]
        assert "signature" in commands.refused(bob, "member-tags set", *where, "--tags", "mine")
        assert commands.run(bob, "member-tags get", *where)["tags"] == []


class TestPolicy:
    def test_of_a_network_limits_it(self, commands: Commands, alice: Daemon, bob: Daemon) -> None:
        network = create(commands, alice, "limited")
        limits = ["1", "--allowed-ports", "80,443", "--description", "small"]
        commands.run(alice, "network policy ID --max-members", network, *limits)
        policy = commands.run(bob, "network policy", network)
        assert (policy["max_members"], policy["allowed_ports"]) == (1, [80, 443])
        assert policy["description"] == "small"
        assert "limit reached" in commands.refused(bob, "network join", network)

    def test_in_expressions_is_run_by_the_daemons(
        self, commands: Commands, alice: Daemon, bob: Daemon
    ) -> None:
        network = create(commands, alice, "programmed")
        commands.run(bob, "network join", network)
        where = ["--net", network]
        commands.run(alice, "policy set", *where, "--inline", json.dumps(POLICY))
        assert commands.run(alice, "policy get", *where)["expr_policy"] == POLICY
        assert commands.run(alice, "managed status", *where)["peers"] == 1
        assert commands.run(alice, "managed cycle", "--force", *where)["peers"] == 1
        commands.run(alice, "network kick", network, str(bob.node_id))
        assert commands.run(alice, "managed reconcile", *where)["peers"] == 0

    def test_of_managed_networks_comes_with_joining(
        self, commands: Commands, alice: Daemon, bob: Daemon
    ) -> None:
        rules = {"links": 2, "cycle": "1h", "prune": 1, "prune_by": "age", "fill": 1}
        rules["fill_how"] = "random"
        network = create(commands, alice, "managed", "--rules", json.dumps(rules))
        assert commands.run(bob, "network join", network)["rules"] == rules


class TestBroadcast:
    def test_asks_who_the_members_are(self, commands: Commands, alice: Daemon, bob: Daemon) -> None:
        network = create(commands, alice, "loud")
        commands.run(bob, "network join", network)
        assert commands.run(alice, "broadcast", network, "hello")["bytes"] == 5
