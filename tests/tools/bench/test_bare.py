"""The ceilings answer and write what they are measured by."""

import os
import socket
from pathlib import Path

import pytest

from tests.tools.bench.servers import OK
from tools.bench.bare_signatures import at_most, verified_per_second
from tools.bench.bare_storage import rows_per_second
from tools.bench.client import Client
from tools.bench.processes import Server
from tools.bench.protocols import BINARY, JSON
from tools.bench.publishing import publish_costs


def test_the_bare_server_answers_the_same_to_everything() -> None:
    with Server.bare(OK, opening=False) as server, Client(server.address, JSON) as client:
        assert client.ask({"type": "lookup"}) == OK
        assert client.ask({"type": "heartbeat"}) == OK


def test_the_bare_server_of_the_binary_protocol_does_not_answer_the_opening() -> None:
    answer = b"\x00\x00\x00\x02\x82\x00"
    with Server.bare(answer, opening=True) as server:
        with socket.create_connection(server.address) as client:
            client.sendall(BINARY.opening)
            client.settimeout(0.2)
            try:
                heard = client.recv(1)
            except TimeoutError:
                heard = b""
        with Client(server.address, BINARY) as asking:
            assert asking.ask({"type": "lookup", "node_id": 1}) == answer
    assert heard == b""


def test_bare_transactions_write_rows(tmp_path: Path) -> None:
    assert rows_per_second(tmp_path, 8, 0.05) > 0


def test_signatures_are_verified_on_every_core() -> None:
    assert verified_per_second(0.05) > 0


def test_what_is_possible_is_less_than_each_part_alone() -> None:
    cores = len(os.sched_getaffinity(0))
    assert at_most(rows=1e9, signatures=1_000, asking=0) == pytest.approx(1_000, rel=0.001)
    assert at_most(rows=1_000, signatures=1e9, asking=0) == pytest.approx(1_000 * cores, rel=0.01)
    assert at_most(rows=1e9, signatures=1e9, asking=0.001) == pytest.approx(1_000 * cores, rel=0.01)


def test_publishing_is_measured_for_all_three() -> None:
    costs = publish_costs(rounds=1)
    assert [cost.name for cost in costs] == ["registry.events", "blinker", "pyee"]
    assert all(cost.alone > 0 and cost.ratio > 0 for cost in costs)
