"""Commands by which a node says who it is, and looks for others."""

import json
import os
import signal
from pathlib import Path

import pytest

from tests.e2e.pilotctl.conftest import Commands, MakeDaemon
from tests.e2e.steps import lookup
from tests.harness import Daemon

pytestmark = pytest.mark.daemon


class TestFinding:
    def test_by_id_address_or_hostname_leads_to_the_same_node(
        self, commands: Commands, alice: Daemon, bob: Daemon
    ) -> None:
        for name in (str(bob.node_id), bob.address, "bob"):
            assert commands.run(alice, "lookup", name)["public_key"]

    def test_by_hostname_tells_the_address(self, commands: Commands, newcomer: Daemon) -> None:
        found = commands.run(newcomer, "find", newcomer.name)
        assert (found["node_id"], found["address"]) == (newcomer.node_id, newcomer.address)

    def test_of_nobody_finds_nobody(self, commands: Commands, alice: Daemon) -> None:
        assert "hostname not found" in commands.refused(alice, "find", "nobody")
        assert "not found" in commands.refused(alice, "lookup", "4000")


class TestProfile:
    def test_has_a_hostname_while_one_is_set(
        self, commands: Commands, bob: Daemon, newcomer: Daemon
    ) -> None:
        commands.run(newcomer, "set-hostname", "renamed")
        assert lookup(bob, newcomer.node_id)["hostname"] == "renamed"
        commands.run(newcomer, "clear-hostname")
        assert "hostname" not in lookup(bob, newcomer.node_id)

    def test_has_tags_while_some_are_set(
        self, commands: Commands, bob: Daemon, newcomer: Daemon
    ) -> None:
        commands.run(newcomer, "extras set-tags", "gpu", "paris")
        assert lookup(bob, newcomer.node_id)["tags"] == ["gpu", "paris"]
        commands.run(newcomer, "extras clear-tags")
        assert not lookup(bob, newcomer.node_id).get("tags")

    def test_is_public_or_private(self, commands: Commands, bob: Daemon, newcomer: Daemon) -> None:
        commands.run(newcomer, "set-public")
        assert lookup(bob, newcomer.node_id)["public"] is True
        commands.run(newcomer, "set-private")
        assert lookup(bob, newcomer.node_id)["public"] is False


class TestRegistration:
    def test_without_a_key_is_refused(self, commands: Commands, bob: Daemon) -> None:
        assert "public_key" in commands.refused(bob, "register", "127.0.0.1:5555")

    def test_of_another_key_keeps_the_address(
        self, commands: Commands, bob: Daemon, newcomer: Daemon
    ) -> None:
        answer = commands.run(newcomer, "rotate-key")
        assert answer["address"] == newcomer.address
        assert lookup(bob, newcomer.node_id)["public_key"] == answer["public_key"]

    def test_ends_when_a_node_says_so(
        self, commands: Commands, bob: Daemon, newcomer: Daemon
    ) -> None:
        node_id = newcomer.node_id
        commands.run(newcomer, "deregister")
        assert "not found" in commands.refused(bob, "lookup", str(node_id))

    def test_is_done_by_a_daemon_that_pilotctl_starts(
        self, commands: Commands, bob: Daemon, make_daemon: MakeDaemon, tmp_path: Path
    ) -> None:
        config = tmp_path / "config.json"
        config.write_text(json.dumps({"endpoint": "127.0.0.1:4999"}))  # without, it asks a beacon
        options = ["--config", str(config), "--transport", "udp", "--beacon", "127.0.0.1:9001"]
        identity = ["--email", "erin@example.test", "--identity", str(tmp_path / "identity")]
        erin = make_daemon("erin")
        started = commands.run(erin, "daemon start", *options, *identity, "--hostname", "erin")
        try:
            assert commands.run(erin, "daemon status")["node_id"] == started["node_id"]
            assert lookup(bob, started["node_id"])["hostname"] == "erin"
        finally:
            os.kill(started["pid"], signal.SIGKILL)
