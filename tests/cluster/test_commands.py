"""The commands that work on a data folder work on a PostgreSQL database as well."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.cluster.cluster import Cluster, register
from tests.crash.nodes import ADMIN_TOKEN
from tests.harness import Client, Key, RegistryServer

CHANGES_OF_POLO = 3


def registry(*arguments: str, succeeds: bool = True) -> str:
    """Run a command; what it says."""
    ended = subprocess.run(
        [sys.executable, "-m", "registry", *arguments], capture_output=True, text=True, check=False
    )
    assert (ended.returncode == 0) == succeeds, ended.stderr
    return ended.stdout if succeeds else ended.stderr


def as_json(*arguments: str) -> Any:
    return json.loads(registry(*arguments, "--json"))


def fill(cluster: Cluster) -> None:
    """Something of everything."""
    with Client.to(cluster.servers[0].endpoint) as client:
        ids = [register(client, Key(), hostname=f"node-{number}") for number in range(5)]
        client.ask("create_network", node_id=ids[0], name="lab", admin_token=ADMIN_TOKEN)
        client.ask("join_network", node_id=ids[1], network_id=1, admin_token=ADMIN_TOKEN)
        for _ in range(CHANGES_OF_POLO):
            client.ask("update_polo_score", node_id=ids[3], delta=1, admin_token=ADMIN_TOKEN)
        client.ask("set_tags", node_id=ids[2], tags=["cuda", "gpu"], admin_token=ADMIN_TOKEN)


def knows_all(data: Path, database: str = "") -> None:
    """A server on what was restored answers as the one before."""
    token = data.with_name("admin-token")
    env = {"REGISTRY_ADMIN_TOKEN_FILE": str(token), "REGISTRY_DATABASE": database}
    with RegistryServer(data, env=env) as server, Client.to(server.endpoint) as client:
        assert client.ask("resolve_hostname", hostname="node-4")["node_id"] == 5
        assert client.ask("lookup", node_id=3)["tags"] == ["cuda", "gpu"]
        assert client.ask("lookup", node_id=2)["networks"] == [0, 1]
        assert register(client, Key()) == 6  # no id is given twice
        client.ask("update_polo_score", node_id=4, delta=1, admin_token=ADMIN_TOKEN)
        assert client.ask("get_polo_score", node_id=4)["polo_score"] == CHANGES_OF_POLO + 1


def test_a_backup_of_it_is_that_of_a_folder(cluster: Cluster, tmp_path: Path) -> None:
    fill(cluster)
    file, data = tmp_path / "registry.backup", tmp_path / "restored"
    registry("backup", str(file), "--data", str(tmp_path / "data-0"), "--database", cluster.url)
    registry("restore", str(file), "--data", str(data))
    assert as_json("check", "--data", str(data))["whole"]
    knows_all(data)


def test_a_backup_can_be_restored_into_it(cluster: Cluster, tmp_path: Path) -> None:
    fill(cluster)
    file, data = tmp_path / "registry.backup", tmp_path / "data-0"
    registry("backup", str(file), "--data", str(data), "--database", cluster.url)
    other = cluster.another_database()
    target = ("--data", str(tmp_path / "moved"), "--database", other)
    registry("restore", str(file), *target)
    assert as_json("check", *target)["whole"]
    again = registry("restore", str(file), *target, succeeds=False)
    assert "there is something in it already" in again
    knows_all(tmp_path / "moved", other)


def test_its_audit_log_can_be_verified(cluster: Cluster, tmp_path: Path) -> None:
    fill(cluster)
    for server in cluster.servers:
        assert server.stop() == 0  # whoever is on duty seals what there is
    found = as_json("audit", "verify", "--data", str(tmp_path), "--database", cluster.url)
    assert found["whole"]
    assert found["entries"] == cluster.sql("SELECT max(number) FROM log_changes")


def test_one_that_cannot_be_reached_is_named(tmp_path: Path) -> None:
    nowhere = f"postgresql+psycopg://somebody@/nowhere?host={tmp_path}"
    said = registry("check", "--data", str(tmp_path), "--database", nowhere, succeeds=False)
    assert "Traceback" not in said
    assert "Error" in said


def test_a_url_of_another_kind_is_refused(tmp_path: Path) -> None:
    said = registry("serve", "--data", str(tmp_path), "--database", "mysql://x/y", succeeds=False)
    assert "database: mysql" in said
    assert "only postgresql+psycopg is supported" in said
