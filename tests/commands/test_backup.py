"""Backups of a folder that a server is writing to, and what is made of them."""

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Self

import pytest

from registry.persistence import DATABASE_FILE
from tests.commands.world import populate, refusal, register, run, run_json, server_on
from tests.harness.client import Client, ConnectionLost
from tests.harness.server import RegistryServer


class Writers:
    """Clients that register new nodes until they are stopped.

    Attributes:
        acknowledged: The nodes that were registered, in the order of the answers.
    """

    def __init__(self, server: RegistryServer, many: int = 4) -> None:
        self.acknowledged: list[int] = []
        self.some = threading.Event()
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=self._write, args=[server.endpoint]) for _ in range(many)
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def _write(self, endpoint: tuple[str, int]) -> None:
        with Client.to(endpoint) as client:
            while not self._stopping.is_set():
                try:
                    self.acknowledged.append(register(client))
                except ConnectionLost:
                    return
                if len(self.acknowledged) > 20:
                    self.some.set()


@pytest.fixture
def served(tmp_path: Path) -> Iterator[RegistryServer]:
    with server_on(tmp_path / "data", "--registrations-per-minute", "0") as server:
        yield server


def nodes_served(data: Path, node_ids: list[int]) -> set[int]:
    """Which of some nodes a server on a folder knows."""
    with server_on(data) as server, Client.to(server.endpoint) as client:
        known = client.ask("list_nodes", network_id=0, admin_token="the-admin-token-of-the-test")
    return {entry["node_id"] for entry in known["nodes"]} & set(node_ids)


class TestBackup:
    def test_holds_every_write_acknowledged_before_it_began(
        self, served: RegistryServer, tmp_path: Path
    ) -> None:
        backup = tmp_path / "made.backup"
        with Writers(served) as writers:
            assert writers.some.wait(30)
            before = list(writers.acknowledged)
            made = run_json("backup", backup, "--data", tmp_path / "data")
            after = len(writers.acknowledged)
        assert after >= len(before)
        assert made["bytes"] == backup.stat().st_size
        run("restore", backup, "--data", tmp_path / "restored")
        assert nodes_served(tmp_path / "restored", before) == set(before)
        assert run_json("check", "--data", tmp_path / "restored")["whole"]

    def test_is_named_by_the_time_in_a_folder(self, served: RegistryServer, tmp_path: Path) -> None:
        assert served.address
        made = run_json("backup", tmp_path, "--data", tmp_path / "data")
        file = Path(made["file"])
        assert file.parent == tmp_path
        assert file.name.startswith("registry-2")
        assert file.stat().st_mode & 0o777 == 0o600

    def test_keeps_the_certificate_that_clients_pin(self, tmp_path: Path) -> None:
        data = tmp_path / "data"
        data.mkdir()
        (data / "tls-cert.pem").write_text("the certificate")
        (data / "tls-key.pem").write_text("its key")
        with server_on(data):
            run("backup", tmp_path / "b", "--data", data)
        run("restore", tmp_path / "b", "--data", tmp_path / "new")
        key = tmp_path / "new" / "tls-key.pem"
        assert key.read_text() == "its key"
        assert key.stat().st_mode & 0o777 == 0o600
        assert (tmp_path / "new" / "tls-cert.pem").read_text() == "the certificate"

    def test_replaces_no_file(self, served: RegistryServer, tmp_path: Path) -> None:
        assert served.address
        (tmp_path / "b").write_text("something")
        said = refusal("backup", tmp_path / "b", "--data", tmp_path / "data")
        assert f"{tmp_path / 'b'} is there already" in said
        assert (tmp_path / "b").read_text() == "something"

    def test_names_a_folder_without_a_database(self, tmp_path: Path) -> None:
        said = refusal("backup", tmp_path / "b", "--data", tmp_path)
        assert f"{tmp_path} is no data folder" in said

    def test_is_not_made_of_what_is_damaged(self, tmp_path: Path) -> None:
        data = damaged(tmp_path)
        said = refusal("backup", tmp_path / "b", "--data", data)
        assert "damaged" in said or "malformed" in said
        assert [file.name for file in tmp_path.iterdir() if "partial" in file.name] == []
        assert not (tmp_path / "b").exists()


class TestRestore:
    def test_is_refused_in_a_folder_that_is_not_empty(self, tmp_path: Path) -> None:
        backup = backed_up(tmp_path)
        said = refusal("restore", backup, "--data", tmp_path / "data")
        assert f"{tmp_path / 'data'} is not empty" in said
        assert "--force" in said

    def test_puts_aside_what_was_there_when_forced(self, tmp_path: Path) -> None:
        backup = backed_up(tmp_path)
        data = tmp_path / "data"
        with server_on(data) as server, Client.to(server.endpoint) as client:
            later = register(client)
        restored = run_json("restore", backup, "--data", data, "--force")
        assert nodes_served(data, [1, later]) == {1}
        assert nodes_served(Path(restored["aside"]), [1, later]) == {1, later}

    def test_is_refused_where_a_server_runs(self, tmp_path: Path) -> None:
        backup = backed_up(tmp_path)
        data = tmp_path / "data"
        with server_on(data) as server:
            said = refusal("restore", backup, "--data", data, "--force")
            assert "is in use by another registry" in said
            with Client.to(server.endpoint) as client:
                assert client.ask("lookup", node_id=1)

    @pytest.mark.parametrize("content", [b"", b"no database at all, but a text of some length"])
    def test_is_refused_from_what_is_no_backup(self, tmp_path: Path, content: bytes) -> None:
        file = tmp_path / "file"
        file.write_bytes(content)
        said = refusal("restore", file, "--data", tmp_path / "new")
        assert f"{file} is damaged" in said
        assert not (tmp_path / "new").exists()

    def test_names_a_file_that_is_not_there(self, tmp_path: Path) -> None:
        said = refusal("restore", tmp_path / "none", "--data", tmp_path / "new")
        assert str(tmp_path / "none") in said


class TestCheck:
    def test_finds_nothing_wrong_while_a_server_runs(self, tmp_path: Path) -> None:
        data = tmp_path / "data"
        with server_on(data) as server, Client.to(server.endpoint) as client:
            populate(client)
            token = tmp_path / "admin-token"
            report = run_json(
                "check", "--data", data, "--server", server.address, "--admin-token-file", token
            )
        assert report["whole"], report
        counts = report["counts"]
        assert (counts["nodes"], counts["networks"], counts["trust_links"]) == (3, 1, 1)
        assert counts["answers_compared"] == counts["server_answers_compared"] == 14

    def test_finds_a_file_that_is_damaged(self, tmp_path: Path) -> None:
        data = damaged(tmp_path)
        report = run_json("check", "--data", data, code=1)
        assert not report["whole"]
        assert report["findings"][0]["part"] == "database"
        assert "problems found" in run("check", "--data", data, code=1).stdout

    def test_finds_what_the_change_log_does_not_tell(self, tmp_path: Path) -> None:
        data = populated(tmp_path)
        change(data, "UPDATE directory_nodes SET hostname = 'forged' WHERE node_id = 2")
        [finding] = run_json("check", "--data", data, code=1)["findings"][:1]
        assert finding["part"] == "read models"
        assert 'hostname: "forged" and "node-1"' in finding["text"]

    def test_finds_a_gap_in_the_change_log(self, tmp_path: Path) -> None:
        data = populated(tmp_path)
        change(data, "DELETE FROM log_changes WHERE number BETWEEN 3 AND 4")
        report = run_json("check", "--data", data, code=1)
        assert {"part": "change log", "text": "3 to 4 are missing"} in report["findings"]

    def test_finds_a_node_without_a_key(self, tmp_path: Path) -> None:
        data = populated(tmp_path)
        change(data, "DELETE FROM identity_keys WHERE node_id = 3")
        report = run_json("check", "--data", data, code=1)
        assert report["findings"][0]["text"] == "node 3, among the nodes, has no key"

    def test_finds_a_server_that_remembers_otherwise(self, tmp_path: Path) -> None:
        data = tmp_path / "data"
        with server_on(data) as server, Client.to(server.endpoint) as client:
            populate(client)
            with closing(sqlite3.connect(data / DATABASE_FILE)) as database, database:
                database.execute("UPDATE directory_nodes SET tags = '[\"x\"]' WHERE node_id = 1")
                payload = json.dumps({"node_id": 1, "tags": ["x"]})
                database.execute(
                    "INSERT INTO log_changes SELECT max(number) + 1, max(at), 'directory', "
                    "'node.tags_changed', ?, 'admin', '' FROM log_changes",
                    [payload],
                )
            token = tmp_path / "admin-token"
            asked = ("--server", server.address, "--admin-token-file", token)
            report = run_json("check", "--data", data, *asked, code=1)
        assert {finding["part"] for finding in report["findings"]} == {"server"}
        assert report["findings"][0]["text"].startswith("lookup node_id=1: tags")

    def test_leaves_the_folder_as_it_was(self, tmp_path: Path) -> None:
        data = populated(tmp_path)
        before = (data / DATABASE_FILE).read_bytes()
        run("check", "--data", data)
        assert (data / DATABASE_FILE).read_bytes() == before

    def test_names_a_folder_without_a_database(self, tmp_path: Path) -> None:
        assert f"{tmp_path} is no data folder" in refusal("check", "--data", tmp_path)


def populated(folder: Path) -> Path:
    """The data folder of a server that has stopped."""
    data = folder / "data"
    with server_on(data) as server:
        with Client.to(server.endpoint) as client:
            populate(client)
        assert server.stop() == 0
    return data


def backed_up(folder: Path) -> Path:
    """A backup of a folder with three nodes."""
    run("backup", folder / "b", "--data", populated(folder))
    return folder / "b"


def change(data: Path, statement: str) -> None:
    """Do to a database what no server would."""
    with closing(sqlite3.connect(data / DATABASE_FILE)) as database, database:
        assert database.execute(statement).rowcount


def damaged(folder: Path) -> Path:
    """A data folder in whose database the pages of a table are overwritten."""
    data = populated(folder)
    file = data / DATABASE_FILE
    with closing(sqlite3.connect(file)) as database:
        [root] = database.execute(
            "SELECT rootpage FROM sqlite_schema WHERE name = 'directory_nodes'"
        ).fetchone()
        [size] = database.execute("PRAGMA page_size").fetchone()
    with file.open("r+b") as pages:
        pages.seek((root - 1) * size)
        pages.write(b"\xee" * size)
    return data
