"""Folders full of nodes, as the registry itself sees them."""

from pathlib import Path

import pytest

from tools.bench.client import Client, Refused, register_all
from tools.bench.ground import Ground
from tools.bench.population import Population
from tools.bench.protocols import JSON
from tools.bench.scenarios import SCENARIOS, Source

NODES = 120


def test_a_seeded_registry_answers_every_scenario(tmp_path: Path) -> None:
    progress: list[int] = []
    with Ground.within(tmp_path) as ground, ground.registry(NODES, progress.append) as server:
        source = Source(Population.seeded(NODES), "test")
        with Client(server.address) as client:
            for scenario in SCENARIOS.values():
                client.ask(next(scenario.requests(source)))
    assert sum(progress) == NODES
    assert list(tmp_path.iterdir()) == []


def test_the_last_seeded_node_is_there_and_no_further_one(tmp_path: Path) -> None:
    with (
        Ground.within(tmp_path) as ground,
        ground.registry(NODES) as server,
        Client(server.address) as client,
    ):
        found = JSON.decode(client.ask({"type": "lookup", "node_id": NODES}))
        with pytest.raises(Refused, match="node not found"):
            client.ask({"type": "lookup", "node_id": NODES + 1})
    assert found["hostname"] == f"bench-{NODES - 1}"


def test_a_server_is_filled_over_the_wire(tmp_path: Path) -> None:
    with Ground.within(tmp_path) as ground, ground.registry(3) as server:
        population = register_all(server.address, 2, "wired")
        assert list(population.ids) == [4, 5]
        source = Source(population, "test")
        with Client(server.address) as client:
            for name in ("lookup", "resolve", "resolve_hostname", "heartbeat", "rotate_key"):
                client.ask(next(SCENARIOS[name].requests(source)))
