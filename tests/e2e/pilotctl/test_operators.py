"""Commands of administrators, which ask the registry without a daemon."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import ADMIN_TOKEN
from tests.e2e.pilotctl.conftest import Commands, MakeDaemon
from tests.harness import Daemon, Namespace, PilotctlFailed, RegistryServer

pytestmark = pytest.mark.daemon

LAX = "127.0.0.1:9200"


def write(folder: Path, contents: dict[str, Any]) -> str:
    file = folder / "given.json"
    file.write_text(json.dumps(contents))
    return str(file)


def provision(commands: Commands, alice: Daemon, folder: Path, name: str, join_rule: str) -> str:
    """Make a network from a blueprint; its id."""
    blueprint = {"name": name, "join_rule": join_rule, "join_token": "sesame", "enterprise": True}
    return str(commands.run(alice, "provision", write(folder, blueprint))["network_id"])


def provisioned(commands: Commands, alice: Daemon) -> list[str]:
    status = commands.run(alice, "provision-status")
    return [network["name"] for network in status["networks"]]


class TestProvisioning:
    def test_makes_a_network_and_takes_it_away(
        self, commands: Commands, alice: Daemon, tmp_path: Path
    ) -> None:
        provision(commands, alice, tmp_path, "from-a-plan", "open")
        assert "from-a-plan" in provisioned(commands, alice)
        commands.run(alice, "deprovision", "from-a-plan")
        assert "from-a-plan" not in provisioned(commands, alice)

    def test_finds_a_directory_s_people(
        self, commands: Commands, alice: Daemon, tmp_path: Path
    ) -> None:
        network = provision(commands, alice, tmp_path, "with-people", "open")
        entries = [{"external_id": "dan@example.test", "role": "member"}]
        file = write(tmp_path, {"entries": entries})
        answer = commands.run(alice, "directory-sync", file, "--network", network)
        assert (answer["mapped"], answer["unmapped"]) == (0, 1)
        assert commands.run(alice, "directory-status", network)["pre_assignments"] == 1
        assert "pre-assignments: 1" in alice.say("directory-status", network)


class TestDeprovisioningAClosedNetwork:
    """``pilotctl`` finds its id in a list for which it shows no token."""

    def test_does_not_find_it_but_deleting_by_id_does(
        self, commands: Commands, alice: Daemon, tmp_path: Path
    ) -> None:
        network = provision(commands, alice, tmp_path, "closed", "token")
        with pytest.raises(PilotctlFailed, match='network "closed" not found'):
            alice.pilotctl("deprovision", "closed")
        commands.run(alice, "network delete", network)
        assert "closed" not in provisioned(commands, alice)

    def test_finds_it_on_a_server_that_is_lax(self, namespace: Namespace, tmp_path: Path) -> None:
        token = tmp_path / "token"
        token.write_text(ADMIN_TOKEN)
        options = ["--admin-token-file", str(token), "--lax"]
        operator = self._operator(namespace, tmp_path)
        with RegistryServer(tmp_path / "data", listen=LAX, options=options, namespace=namespace):
            blueprint = {"name": "closed", "join_rule": "token", "join_token": "sesame"}
            operator.pilotctl("provision", write(tmp_path, blueprint))
            operator.pilotctl("deprovision", "closed")
            assert operator.pilotctl("provision-status")["networks"] == []

    def _operator(self, namespace: Namespace, folder: Path) -> Daemon:
        """The ``pilotctl`` of a daemon that is never started."""
        home = folder / "home"
        home.mkdir()
        return Daemon(
            "operator", home, namespace=namespace, registry=LAX, port=0, admin_token=ADMIN_TOKEN
        )


class TestAudit:
    def test_tells_what_happened_in_a_network(
        self, commands: Commands, alice: Daemon, tmp_path: Path
    ) -> None:
        network = provision(commands, alice, tmp_path, "watched", "open")
        entries = commands.run(alice, "audit", "--network", network)["entries"]
        assert "network.created" in [entry["action"] for entry in entries]
        assert "network.created" in alice.say("audit", "--network", network)

    def test_is_exported_as_long_as_an_endpoint_is_set(
        self, commands: Commands, alice: Daemon
    ) -> None:
        assert commands.run(alice, "audit-export get")["enabled"] is False
        endpoint = "https://siem.example.test/audit"
        commands.run(alice, "audit-export set", "--format", "json", "--endpoint", endpoint)
        assert commands.run(alice, "audit-export get")["enabled"] is True
        assert f"audit export: json → {endpoint}" in alice.say("audit-export", "get")
        commands.run(alice, "audit-export disable")
        assert "not configured" in alice.say("audit-export", "get")


class TestIdentityProvider:
    def test_is_told_as_it_was_configured(self, commands: Commands, alice: Daemon) -> None:
        assert commands.run(alice, "idp get")["configured"] is False
        url, issuer = "https://idp.example.test/keys", "https://idp.example.test"
        options = ["--type", "oidc", "--url", url, "--issuer", issuer, "--client-id", "pilot"]
        assert commands.run(alice, "idp set", *options)["status"] == "enabled"
        told = commands.run(alice, "idp get")
        assert (told["idp_type"], told["url"], told["client_id"]) == ("oidc", url, "pilot")
        assert "identity provider: oidc" in alice.say("provision-status")


class TestWithoutTheAdminToken:
    @pytest.mark.parametrize("name", ["audit", "provision-status", "idp get", "audit-export get"])
    def test_nothing_is_asked(self, bob: Daemon, name: str) -> None:
        with pytest.raises(PilotctlFailed, match="admin token required"):
            bob.pilotctl(*name.split())

    def test_nothing_is_told(self, commands: Commands, make_daemon: MakeDaemon) -> None:
        impostor = make_daemon("impostor", admin_token="guessed")
        assert "admin_token" in commands.refused(impostor, "audit")
