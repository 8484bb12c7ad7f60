"""Commands that ask a running server: status, nodes, networks, events and top."""

import json
import re
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from registry.commands.events import how_many_new
from registry.commands.figures import read_figures
from registry.commands.top import compare
from tests.commands.world import (
    populate,
    refusal,
    register,
    run,
    run_json,
    server_on,
)
from tests.harness.client import Client
from tests.harness.process import Process
from tests.harness.server import RegistryServer


@pytest.fixture
def served(tmp_path: Path) -> Iterator[RegistryServer]:
    """A server with three nodes, a network of two of them, and a link."""
    with server_on(tmp_path / "data", "--http", "127.0.0.1:0") as server:
        with Client.to(server.endpoint) as client:
            populate(client)
        yield server


@pytest.fixture
def asked(served: RegistryServer, tmp_path: Path) -> list[str]:
    """The options that lead there, as an administrator."""
    return ["--server", served.address, "--admin-token-file", str(tmp_path / "admin-token")]


class TestStatus:
    def test_says_what_a_registry_holds(self, asked: list[str]) -> None:
        facts = run_json("status", *asked)
        assert (facts["nodes"], facts["networks"]) == (3, 1)
        assert facts["breakers_open"] == []
        assert "nodes" in run("status", *asked).stdout

    def test_tells_strangers_less(self, served: RegistryServer) -> None:
        facts = run_json("status", "--server", served.address)
        assert "nodes" not in facts
        assert facts["networks"] == 0  # the one there is lets in by token

    def test_names_a_server_that_does_not_answer(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as closed:
            address = f"127.0.0.1:{closed.getsockname()[1]}"
        said = refusal("status", "--server", address)
        assert f"server: cannot reach {address}: " in said

    def test_says_that_a_token_is_wrong(self, served: RegistryServer, tmp_path: Path) -> None:
        wrong = tmp_path / "wrong"
        wrong.write_text("not the token")
        said = refusal("status", "--server", served.address, "--admin-token-file", wrong)
        assert "list_networks: admin_token: not the registry's" in said
        assert "not the token" not in said

    def test_names_a_token_file_that_is_empty(self, tmp_path: Path) -> None:
        empty = tmp_path / "empty"
        empty.touch()
        said = refusal("status", "--admin-token-file", empty)
        assert f"admin-token-file: {empty} is empty" in said

    def test_names_an_address_that_is_none(self) -> None:
        said = refusal("status", "--server", "nowhere", code=2)
        assert "'nowhere' is not HOST:PORT" in said

    def test_trusts_a_pinned_certificate_alone(self, tmp_path: Path) -> None:
        with server_on(tmp_path / "data", "--listen-tls", "127.0.0.1:0") as server:
            says = server.process.wait_for(r"listening on (\S+) with TLS, fingerprint (\S+)")
            asked = ("status", "--server", says[1], "--fingerprint")
            assert run_json(*asked, says[2])["networks"] == 0
            said = refusal(*asked, "00" * 32)
            assert f"its certificate has the fingerprint {says[2]}" in said


class TestNodes:
    def test_lists_all_of_them(self, asked: list[str]) -> None:
        assert [entry["node_id"] for entry in run_json("nodes", *asked)] == [1, 2, 3]
        said = run("nodes", *asked).stdout
        assert re.search(r"^ *2 +0:0000.0000.0002 +node-1 +online +private", said, re.MULTILINE)

    def test_lists_those_of_a_network(self, asked: list[str]) -> None:
        found = run_json("nodes", "--network", "1", *asked)
        assert [(entry["node_id"], entry["role"]) for entry in found] == [
            (1, "owner"),
            (2, "member"),
        ]

    def test_lists_those_in_a_state_and_not_more_than_wanted(self, asked: list[str]) -> None:
        assert run_json("nodes", "--state", "offline", *asked) == []
        assert run_json("nodes", "--tag", "gpu", *asked) == []
        assert len(run_json("nodes", "--limit", "2", *asked)) == 2

    def test_says_why_strangers_are_refused(self, served: RegistryServer) -> None:
        assert "not permitted" in refusal("nodes", "--server", served.address)

    def test_cannot_be_steered_by_a_version(self, served: RegistryServer, asked: list[str]) -> None:
        with Client.to(served.endpoint) as client:
            register(client, version="\x1b[2J[red]")
        said = run("nodes", *asked).stdout
        assert "\x1b" not in said
        assert "\N{REPLACEMENT CHARACTER}[2J[red]" in said


class TestNetworks:
    def test_lists_them(self, asked: list[str]) -> None:
        assert [entry["name"] for entry in run_json("networks", *asked)] == ["backbone", "lab"]
        said = run("networks", *asked).stdout
        assert re.search(r"^ *1 +lab +2 +token", said, re.MULTILINE)


class TestEvents:
    def test_shows_the_last_ones_oldest_first(self, asked: list[str]) -> None:
        lines = run("events", "--last", "3", "--json", *asked).stdout.splitlines()
        actions = [json.loads(line)["action"] for line in lines]
        assert len(actions) == 3
        assert actions[-1] == "trust.linked"
        said = run("events", "--last", "3", *asked).stdout.splitlines()
        assert [re.search(action, line) is None for action, line in zip(actions, said, strict=True)]

    def test_follows_what_happens(self, served: RegistryServer, asked: list[str]) -> None:
        command = [sys.executable, "-m", "registry", "events", "--follow", "--json"]
        more = ["--last", "1", "--interval", "0.1"]
        with Process([*command, *more, *asked], env={"PYTHONUNBUFFERED": "1"}) as process:
            process.wait_for('"trust.linked"')
            with Client.to(served.endpoint) as client:
                node_id = register(client, hostname="newcomer")
            process.wait_for(rf'"action": "node.registered", "node_id": {node_id}')
            assert len(process.lines) == len(set(process.lines))

    @pytest.mark.parametrize(
        ("entries", "known", "new"),
        [
            ("cba", "cba", 0),
            ("dcba", "cba", 1),
            ("dcb", "cba", 1),
            ("aaab", "aab", 1),
            ("aa", "a", 1),
            ("fed", "cba", 3),
            ("a", "", 1),
            ("", "", 0),
        ],
    )
    def test_tells_what_is_new(self, entries: str, known: str, new: int) -> None:
        as_entries = [[{"action": letter} for letter in letters] for letters in (entries, known)]
        assert how_many_new(*as_entries) == new

    def test_is_for_administrators(self, served: RegistryServer) -> None:
        assert "needs the admin token" in refusal("events", "--server", served.address)


class TestTop:
    def test_shows_what_a_server_is_busy_with(self, served: RegistryServer, tmp_path: Path) -> None:
        asked = ["--http", served.http, "--admin-token-file", str(tmp_path / "admin-token")]
        command = [sys.executable, "-m", "registry", "top", "--json", "--interval", "0.2", *asked]
        with (
            Process(command, env={"PYTHONUNBUFFERED": "1"}) as process,
            Client.to(served.endpoint) as client,
        ):
            look: dict[str, Any] = {"types": []}
            while "lookup" not in [busy["type"] for busy in look["types"]]:
                seen = len(process.lines)
                client.ask("lookup", node_id=1)
                look = json.loads(process.wait_for(r"^\{", after=seen).string)
            assert look["holds"]["nodes"] == 3
            assert look["figures"]["requests/s"] > 0

    def test_is_a_table_where_there_is_no_terminal(self, served: RegistryServer) -> None:
        asked = ("--http", served.http, "--interval", "0.1", "--count", "1")
        said = run("top", *asked).stdout
        assert "requests/s" in said
        assert "trust links" not in said  # which is for administrators

    def test_names_a_server_that_does_not_answer(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as closed:
            address = f"127.0.0.1:{closed.getsockname()[1]}"
        assert f"http: cannot reach http://{address}: " in refusal("top", "--http", address)

    def test_says_that_a_token_is_wrong(self, served: RegistryServer, tmp_path: Path) -> None:
        wrong = tmp_path / "wrong"
        wrong.write_text("not the token")
        said = refusal("top", "--http", served.http, "--admin-token-file", wrong)
        assert "refuses: 401" in said
        assert "not the token" not in said

    def test_computes_rates_between_two_looks(self) -> None:
        before = read_figures(FIGURES.format(lookups=10, errors=1, count=4, seconds=0.004))
        now = read_figures(FIGURES.format(lookups=30, errors=2, count=8, seconds=0.012))
        look = compare(before, now, 2.0)
        [lookup] = look.types
        assert (lookup.type, lookup.requests, lookup.errors) == ("lookup", 10.0, 0.5)
        assert lookup.milliseconds == pytest.approx(2.0)


FIGURES = """\
# TYPE registry_requests counter
registry_requests_total{{type="lookup",way="dispatched"}} {lookups}
# TYPE registry_request_errors counter
registry_request_errors_total{{type="lookup",kind="refused"}} {errors}
# TYPE registry_request_seconds histogram
registry_request_seconds_bucket{{type="lookup",way="dispatched",le="+Inf"}} {count}
registry_request_seconds_count{{type="lookup",way="dispatched"}} {count}
registry_request_seconds_sum{{type="lookup",way="dispatched"}} {seconds}
"""
