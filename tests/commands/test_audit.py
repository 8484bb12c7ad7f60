"""``registry audit``, beside a server and without one."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from registry.persistence import DATABASE_FILE
from tests.commands.world import populate, refusal, run, run_json, server_on
from tests.harness.client import Client
from tests.harness.waiting import eventually


def populated(folder: Path) -> Path:
    """The data folder of a server that has stopped."""
    data = folder / "data"
    with server_on(data) as server:
        with Client.to(server.endpoint) as client:
            populate(client)
        assert server.stop() == 0
    return data


def test_verify_finds_nothing_beside_a_running_server(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with server_on(data) as server, Client.to(server.endpoint) as client:
        populate(client)
        report = eventually(
            lambda: run_json("audit", "verify", "--data", data),
            until=lambda report: not report["waiting"],
        )
    assert report["whole"]
    assert report["entries"] == report["last"] > 6
    assert len(bytes.fromhex(report["seal"])) == 32


def test_verify_names_the_first_bad_entry_and_ends_with_code_1(tmp_path: Path) -> None:
    data = populated(tmp_path)
    noted = run_json("audit", "verify", "--data", data)
    with closing(sqlite3.connect(data / DATABASE_FILE)) as database, database:
        database.execute("UPDATE log_changes SET actor = 'nobody' WHERE number IN (3, 5)")
    report = run_json("audit", "verify", "--data", data, code=1)
    assert (report["whole"], report["last"]) == (False, 2)
    assert report["problem"] == "entry 3: the change log has it otherwise"
    text = run("audit", "verify", "--data", data, code=1).stdout
    assert "entry 3: the change log has it otherwise" in text
    assert (noted["problem"], noted["waiting"]) == ("", 0)


def test_verify_takes_a_seal_that_was_noted_before(tmp_path: Path) -> None:
    data = populated(tmp_path)
    noted = run_json("audit", "verify", "--data", data)
    seal = f"{noted['last']}:{noted['seal']}"
    assert seal in run("audit", "verify", "--data", data).stdout
    run("audit", "verify", "--data", data, "--expect", seal)
    other = f"{noted['last']}:{'0' * 64}"
    report = run_json("audit", "verify", "--data", data, "--expect", other, code=1)
    assert report["problem"].endswith("its seal is not the expected one")


@pytest.mark.parametrize("noted", ["7", "x:00", "7:00", f"0:{'0' * 64}"])
def test_verify_refuses_what_is_no_seal(tmp_path: Path, noted: str) -> None:
    said = refusal("audit", "verify", "--data", tmp_path, "--expect", noted, code=2)
    assert "--expect" in said


def test_verify_refuses_what_is_no_data_folder(tmp_path: Path) -> None:
    said = refusal("audit", "verify", "--data", tmp_path)
    assert said == f"Error: {tmp_path} is no data folder: it has no registry.db"


def exported(data: Path, *options: str) -> list[str]:
    return run("audit", "export", "--data", data, *options).stdout.splitlines()


def test_export_writes_a_line_for_each_entry_from_any_on(tmp_path: Path) -> None:
    data = populated(tmp_path)
    everything = [json.loads(line) for line in exported(data)]
    numbers = [entry["number"] for entry in everything]
    assert numbers == list(range(1, len(numbers) + 1))
    some = [json.loads(line) for line in exported(data, "--after", "4")]
    assert some == everything[4:]
    noted = run_json("audit", "verify", "--data", data)
    assert everything[-1]["seal"] == noted["seal"]
    assert exported(data, "--after", str(numbers[-1])) == []


def test_export_speaks_cef_and_splunk(tmp_path: Path) -> None:
    data = populated(tmp_path)
    cef = exported(data, "--format", "cef", "--source", "here")
    assert all(line.startswith("CEF:0|Pilot|Registry|") and "dvchost=here" in line for line in cef)
    splunk = exported(data, "--format", "splunk_hec", "--index", "main")
    assert {json.loads(line)["index"] for line in splunk} == {"main"}
    assert len(cef) == len(splunk) > 6


def test_export_refuses_formats_that_there_are_not(tmp_path: Path) -> None:
    assert "'xml'" in refusal("audit", "export", "--data", tmp_path, "--format", "xml", code=2)
