"""Commands by which nodes come to trust each other, and talk."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.pilotctl.conftest import Commands, MakeDaemon
from tests.e2e.steps import pending_at, shake_hands, trusted_by
from tests.harness import Daemon, Recorder, eventually

pytestmark = pytest.mark.daemon


def ask(commands: Commands, asking: Daemon, asked: Daemon) -> None:
    """Ask for trust, and wait until the other knows."""
    commands.run(asking, "handshake", asked.name, "hello")
    eventually(lambda: pending_at(asked), until=lambda waiting: asking.node_id in waiting)


class TestHandshake:
    def test_that_is_approved_makes_trust_until_it_is_revoked(
        self, commands: Commands, bob: Daemon, newcomer: Daemon
    ) -> None:
        ask(commands, newcomer, bob)
        assert commands.run(bob, "pending")["pending"]
        commands.run(bob, "approve", str(newcomer.node_id))
        eventually(lambda: trusted_by(newcomer), until=lambda peers: bob.node_id in peers)
        assert newcomer.node_id in [
            peer["node_id"] for peer in commands.run(bob, "trust")["trusted"]
        ]
        commands.run(bob, "untrust", str(newcomer.node_id))
        assert newcomer.node_id not in trusted_by(bob)

    def test_that_is_rejected_makes_none(
        self, commands: Commands, bob: Daemon, newcomer: Daemon
    ) -> None:
        ask(commands, newcomer, bob)
        commands.run(bob, "reject", str(newcomer.node_id), "no")
        assert newcomer.node_id not in trusted_by(bob)


class TestSignedRequest:
    def test_is_verified_by_the_key_that_the_registry_tells(
        self, commands: Commands, bob: Daemon, newcomer: Daemon
    ) -> None:
        signed = commands.run(newcomer, "sign-request", "--audience", "shop", "--body", "hi")
        proof = ["--envelope", signed["envelope"], "--signature", signed["signature"]]
        verdict = commands.run(bob, "verify-request", *proof, "--standing")
        assert (verdict["valid"], verdict["verified_via"]) == (True, "registry")
        assert (verdict["key_generation"], verdict["network_member"]) == (0, True)

    def test_of_another_node_is_not(
        self, commands: Commands, alice: Daemon, newcomer: Daemon
    ) -> None:
        signed = commands.run(newcomer, "sign-request", "--audience", "shop", "--body", "hi")
        proof = ["--envelope", signed["envelope"], "--signature", "A" * 86 + "=="]
        assert "'valid': False" in commands.refused(alice, "verify-request", *proof)


class TestTalking:
    """All of it runs over a tunnel; the registry is asked only where the peer is."""

    def test_begins_with_asking_where_the_peer_is(
        self, commands: Commands, recorder: Recorder, greta: Daemon, newcomer: Daemon
    ) -> None:
        greta.pilotctl("set-public")
        before = len(recorder.exchanges())
        commands.run(newcomer, "ping", greta.name, "--count", "1")
        sent = {said.request["type"] for said in recorder.exchanges()[before:]}
        assert commands.table["ping"].once <= sent
        greta.pilotctl("set-private")

    def test_goes_through_each_command(
        self, commands: Commands, greta: Daemon, hans: Daemon, tmp_path: Path
    ) -> None:
        def run(name: str, *arguments: str) -> Any:
            return commands.run(greta, name, hans.name, *arguments)

        assert run("ping", "--count", "1")["results"]
        assert commands.run(greta, "traceroute", hans.address)["rtt_samples"]
        assert run("bench", "0.01")["recv_bytes"] > 0
        assert run("connect", "7", "--message", "a")["response"] == "a"
        assert run("send", "7", "--data", "b")["response"] == "b"
        assert run("dgram", "999", "--data", "c")["bytes"] == 1
        assert run("send-message", "--data", "d")["bytes"] == 1
        assert run("publish", "topic", "--data", "e")["bytes"] == 1
        assert run("subscribe", "topic", "--count", "1", "--timeout", "1ms")["timeout"] is True
        file = tmp_path / "file"
        file.write_text("f")
        run("send-file", str(file))
        eventually(lambda: hans.pilotctl("received")["files"])
        assert commands.run(hans, "inbox", "--from", greta.name)["messages"]

    def test_is_made_direct_again_by_asking_anew(
        self, commands: Commands, greta: Daemon, newcomer: Daemon
    ) -> None:
        assert commands.run(greta, "prefer-direct", newcomer.name)["had_tunnel"] is False


@pytest.fixture(scope="module")
def greta(make_daemon: MakeDaemon) -> Iterator[Daemon]:
    with make_daemon("greta") as daemon:
        yield daemon


@pytest.fixture(scope="module")
def hans(greta: Daemon, make_daemon: MakeDaemon) -> Iterator[Daemon]:
    """Trusts greta, and is trusted by her."""
    with make_daemon("hans") as daemon:
        shake_hands(greta, daemon)
        yield daemon
