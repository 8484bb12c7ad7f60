"""The nodes that a benchmark asks about, and a data folder that is full of them.

Keys follow from a label and a number, so every process of a benchmark knows them without
being told.
"""

import hashlib
import time
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from attrs import frozen
from nacl.signing import SigningKey
from sqlalchemy import Connection, Table, insert, update

from registry.composition import open_database
from registry.directory.tables import nodes as directory_nodes
from registry.identity.tables import keys, last_node_id
from registry.membership.tables import members, networks

NETWORK_MEMBERS = 100
"""Nodes in the one network that is seeded, at most."""

MOST_SIGNERS = 10_000
"""Seeded nodes whose key is known, at most: it takes a while to make one."""

_BATCH = 10_000


@frozen
class Population:
    """The nodes that are registered.

    Attributes:
        ids: Their node ids.
        signers: That many of them, the first ones, have keys that are known.
        network_id: A network with some of the first nodes in it.
        label: What the keys and hostnames are made from.
    """

    ids: Sequence[int]
    signers: int
    network_id: int = 1
    label: str = "bench"

    @classmethod
    def seeded(cls, nodes: int) -> "Population":
        """The nodes of a folder that was filled by `seed`."""
        return cls(range(1, nodes + 1), min(nodes, MOST_SIGNERS))

    def key(self, number: int) -> SigningKey:
        """The key of one of the signers, counted from 0."""
        return key_of(self.label, number)

    def hostname(self, number: int) -> str:
        """The hostname of a node, counted from 0."""
        return f"{self.label}-{number}"


def key_of(label: str, number: int) -> SigningKey:
    """The key that a label and a number stand for."""
    return SigningKey(_digest(label, number))


def seed(folder: Path, nodes: int, progress: Callable[[int], object] = lambda _: None) -> None:
    """Fill a new data folder as if so many nodes had registered and gone public.

    The rows are written directly, many at a time, and without the change log that the
    registrations would have left. Nodes beyond the signers have keys that nobody holds.

    Args:
        folder: Made by this.
        nodes: How many.
        progress: Told how many nodes were written since the last call.
    """
    population = Population.seeded(nodes)
    database = open_database(folder)
    try:
        with database.open_writer() as connection, connection.begin():
            _seed_nodes(connection, population, progress)
            if nodes:
                _seed_network(connection, population)
    finally:
        database.close()


def _seed_nodes(
    connection: Connection, population: Population, progress: Callable[[int], object]
) -> None:
    now = int(time.time())
    rows = ((_key_row(population, n, now), _node_row(population, n, now)) for n in _all(population))
    while batch := list(islice(rows, _BATCH)):
        connection.execute(insert(keys), [key for key, _ in batch])
        connection.execute(insert(directory_nodes), [node for _, node in batch])
        progress(len(batch))
    connection.execute(update(last_node_id).values(node_id=max(population.ids, default=0)))


def _all(population: Population) -> range:
    return range(len(population.ids))


def _key_row(population: Population, number: int, now: int) -> dict[str, Any]:
    known = number < population.signers
    return {
        "node_id": population.ids[number],
        "public_key": (
            population.key(number).verify_key.encode()
            if known
            else _digest(population.label, number)
        ),
        "owner": "",
        "proved": True,
        "created_at": now,
        "rotate_count": 0,
    }


def _node_row(population: Population, number: int, now: int) -> dict[str, Any]:
    return {
        "node_id": population.ids[number],
        "real_addr": f"127.0.0.1:{1024 + number % 60_000}",
        "lan_addrs": [],
        "hostname": population.hostname(number),
        "public": True,
        "tags": [],
        "version": "1.18.0",
        "relay_only": False,
        "task_exec": False,
        "last_seen": now,
    }


def _seed_network(connection: Connection, population: Population) -> None:
    place = {"network_id": population.network_id, "tags": [], "joined_at": int(time.time())}
    _insert(
        connection,
        networks,
        {
            "network_id": population.network_id,
            "name": population.label,
            "join_rule": "open",
            "enterprise": False,
            "created_at": place["joined_at"],
        },
    )
    first = population.ids[:NETWORK_MEMBERS]
    roles = ("owner" if number == 0 else "member" for number in range(len(first)))
    rows = [
        {**place, "node_id": node, "role": role} for node, role in zip(first, roles, strict=True)
    ]
    _insert(connection, members, *rows)


def _insert(connection: Connection, table: Table, *rows: dict[str, Any]) -> None:
    connection.execute(insert(table), rows)


def _digest(label: str, number: int) -> bytes:
    return hashlib.sha256(f"{label}:{number}".encode()).digest()
