"""A data folder full of nodes that know each other, to be looked at.

The rows are written directly: as many registrations would take minutes.
"""

import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import Connection, Table, insert, update

from registry.composition import open_database
from registry.directory.tables import nodes
from registry.identity.tables import keys, last_node_id
from registry.membership.tables import members, networks
from registry.polo.tables import scores
from registry.trust.tables import reports

TAGS = (
    *("gpu", "paris", "storage", "search", "vision", "speech", "tokyo", "code"),
    *("weather", "maps", "finance", "mail", "calendar", "translate", "night-shift", "beta"),
)
NAMES = (
    *("lab", "atlas", "harbour", "orchard", "lighthouse", "foundry", "meadow", "relay"),
    *("observatory", "archive", "workshop", "aviary", "quarry", "kiln", "mill", "apiary"),
)

CLOSED_EVERY = 3
"""One network in so many is not open."""


def fill(folder: Path, count: int, network_count: int) -> None:
    """Make a data folder with nodes, networks, trust, tags and scores; the same every time."""
    random = Random(count)
    now = int(time.time())
    ids = range(1, count + 1)
    of_network = [
        random.sample(ids, max(2, int(count * 0.8 / (rank + 1.5) / 2)))
        for rank in range(network_count)
    ]
    database = open_database(folder)
    try:
        with database.open_writer() as connection, connection.begin():
            _insert(connection, keys, (_key(node_id, now) for node_id in ids))
            _insert(connection, nodes, (_node(random, node_id, now) for node_id in ids))
            connection.execute(update(last_node_id).values(node_id=count))
            _insert(connection, networks, (_network(n, now) for n in range(network_count)))
            _insert(connection, members, _members(of_network, now))
            _insert(connection, reports, _links(random, of_network, count))
            rated = random.sample(ids, count // 4)
            _insert(
                connection,
                scores,
                ({"node_id": n, "score": int(random.paretovariate(1.2) * 4)} for n in rated),
            )
    finally:
        database.close()


def _insert(connection: Connection, table: Table, rows: Iterator[dict[str, Any]]) -> None:
    connection.execute(insert(table), list(rows))


def _key(node_id: int, now: int) -> dict[str, Any]:
    public_key = node_id.to_bytes(32, "big")
    facts = {"owner": "", "proved": True, "created_at": now, "rotate_count": 0}
    return {"node_id": node_id, "public_key": public_key, **facts}


def _node(random: Random, node_id: int, now: int) -> dict[str, Any]:
    return {
        "node_id": node_id,
        "real_addr": f"127.0.0.1:{1024 + node_id % 60_000}",
        "lan_addrs": [],
        "hostname": f"{random.choice(NAMES)}-{node_id}" if random.random() < 0.9 else None,
        "public": random.random() < 0.3,
        "tags": random.sample(TAGS, random.choice((0, 1, 1, 2, 3))),
        "version": "1.18.0",
        "relay_only": False,
        "task_exec": False,
        "last_seen": now - (7200 if random.random() < 0.12 else 0),
    }


def _network(number: int, now: int) -> dict[str, Any]:
    name = NAMES[number % len(NAMES)] + (f"-{number}" if number >= len(NAMES) else "")
    closed = number % CLOSED_EVERY == CLOSED_EVERY - 1
    rule = "invite" if closed else "open"
    facts = {"enterprise": False, "created_at": now, "rules": None}
    return {"network_id": number + 1, "name": name, "join_rule": rule, **facts}


def _members(of_network: list[list[int]], now: int) -> Iterator[dict[str, Any]]:
    for number, node_ids in enumerate(of_network, start=1):
        for place, node_id in enumerate(node_ids):
            yield {
                "network_id": number,
                "node_id": node_id,
                "role": "owner" if place == 0 else "member",
                "tags": [],
                "joined_at": now,
            }


def _links(random: Random, of_network: list[list[int]], count: int) -> Iterator[dict[str, Any]]:
    """Mostly within networks: both nodes of a link have said so."""
    pairs = set()
    for _ in range(count):
        within = random.choice(of_network)
        pairs.add(frozenset(random.sample(within, 2)))
    for _ in range(count // 4):
        pairs.add(frozenset(random.sample(range(1, count + 1), 2)))
    for one, other in pairs:
        yield {"node_id": one, "peer_id": other}
        yield {"node_id": other, "peer_id": one}
