"""An administrator's ``pilotctl`` provisions networks, and daemons follow what those say."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import StartDaemon
from tests.harness import Daemon, PilotctlFailed

pytestmark = pytest.mark.daemon

EXPR_POLICY = {
    "version": 1,
    "rules": [
        {"name": "all", "on": "connect", "match": "true", "actions": [{"type": "allow"}]},
    ],
}


def write(folder: Path, contents: dict[str, Any]) -> str:
    file = folder / "given.json"
    file.write_text(json.dumps(contents))
    return str(file)


@pytest.fixture
def network(alice: Daemon, tmp_path: Path) -> str:
    """A network that was provisioned; its id."""
    blueprint = {
        "name": "planned",
        "join_rule": "token",
        "join_token": "sesame",
        "enterprise": True,
        "policy": {"max_members": 9},
        "expr_policy": EXPR_POLICY,
        "roles": [{"external_id": "ann@example.test", "role": "admin"}],
    }
    return str(alice.pilotctl("provision", write(tmp_path, blueprint))["network_id"])


def test_a_blueprint_makes_a_network_once(alice: Daemon, network: str, tmp_path: Path) -> None:
    again = alice.pilotctl("provision", write(tmp_path, {"name": "planned"}))
    assert again["actions"] == [f"found existing network {network} (planned)"]
    [entry] = [
        entry
        for entry in alice.pilotctl("provision-status")["networks"]
        if entry["name"] == "planned"
    ]
    assert (entry["rbac_pre_assignments"], entry["max_members"]) == (1, 9)
    assert "planned" in alice.say("provision-status")


def test_a_directory_of_people_is_synced(alice: Daemon, network: str, tmp_path: Path) -> None:
    entries = [{"external_id": "dan@example.test", "role": "member"}]
    file = write(tmp_path, {"entries": entries})
    answer = alice.pilotctl("directory-sync", file, "--network", network)
    assert (answer["mapped"], answer["unmapped"]) == (0, 1)
    assert alice.pilotctl("directory-status", network)["pre_assignments"] == 2


def test_a_daemon_without_the_admin_token_follows_a_closed_network_after_a_restart(
    alice: Daemon, network: str, start_daemon: StartDaemon
) -> None:
    """It asks unsigned for the lists in which it finds the policy and the members."""
    dave = start_daemon("dave", admin_token="")
    dave.pilotctl("network", "join", network, "--token", "sesame")
    alice.pilotctl("network", "join", network, "--token", "sesame")
    dave.kill()
    dave.start()
    dave.process.wait_for(f"policy: bootstrapped.*network_id={network} peers=1")
    assert dave.pilotctl("policy", "get", "--net", network)["engine"] == "policy"


def test_deprovisioning_takes_the_network_away(alice: Daemon, network: str) -> None:
    alice.pilotctl("deprovision", "planned")
    with pytest.raises(PilotctlFailed, match="not found"):
        alice.pilotctl("directory-status", network)
