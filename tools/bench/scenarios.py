"""What is asked: for each scenario an endless stream of requests.

A scenario draws from a seeded generator of random numbers, so that two runs ask the
same.
"""

import base64
import random
import time
from collections.abc import Callable, Iterator
from itertools import count, islice
from typing import Any

from attrs import frozen
from nacl.signing import SigningKey

from tools.bench.population import Population, key_of
from tools.bench.protocols import Protocol

Request = dict[str, Any]

REPEATED_FRAMES = 20_000
"""Different requests of a scenario whose requests may come again."""

SECONDS_AHEAD = 50
"""By how many seconds heartbeats may be ahead of their time: a server lets a minute pass."""

MIX = {
    "lookup": 40,
    "heartbeat": 30,
    "resolve": 15,
    "resolve_hostname": 5,
    "register": 10,
}
"""Per cent of the mix: 90 reads and heartbeats, 10 writes.

Its requests come again, so most of its registrations are those of nodes that come back:
durable writes too.
"""


@frozen
class Source:
    """What the requests of one stream are made from.

    Attributes:
        population: The nodes that are there.
        run: Names the run: no other run registers the same keys or rotates to them.
        part: Which of several processes asks, counted from 0.
        parts: How many processes there are.
    """

    population: Population
    run: str
    part: int = 0
    parts: int = 1

    @property
    def label(self) -> str:
        """What the keys are made from that only this process uses."""
        return f"{self.run}.{self.part}"


@frozen
class Scenario:
    """One kind of load.

    Attributes:
        name: As on the command line.
        requests: Makes the requests, without end.
        repeats: Whether a request may be sent again; if not, each is made before the run.
        writes: Whether it leaves other nodes behind than it found.
    """

    name: str
    requests: Callable[[Source], Iterator[Request]]
    repeats: bool = True
    writes: bool = False

    def frames(self, source: Source, protocol: Protocol, most: int) -> list[bytes]:
        """The frames of a run.

        Args:
            source: What the requests are made from.
            protocol: How they are encoded.
            most: As many, if none may be sent twice.
        """
        wanted = min(most, REPEATED_FRAMES) if self.repeats else most
        return [protocol.encode(request) for request in islice(self.requests(source), wanted)]


def _lookup(source: Source) -> Iterator[Request]:
    for number in _draws(source, "asked", len(source.population.ids)):
        yield {"type": "lookup", "node_id": source.population.ids[number]}


def _resolve(source: Source) -> Iterator[Request]:
    population = source.population
    askers = _draws(source, "asking", population.signers)
    for asked, asking in zip(_draws(source, "asked", len(population.ids)), askers, strict=True):
        node_id, requester_id = population.ids[asked], population.ids[asking]
        yield {
            "type": "resolve",
            "node_id": node_id,
            "requester_id": requester_id,
            "signature": _sign(population.key(asking), f"resolve:{requester_id}:{node_id}"),
        }


def _heartbeat(source: Source) -> Iterator[Request]:
    population = source.population
    for number in _in_turn(source):
        node_id = population.ids[number]
        signature = _sign(population.key(number), f"heartbeat:{node_id}")
        yield {"type": "heartbeat", "node_id": node_id, "signature": signature}


def _dated_heartbeat(source: Source) -> Iterator[Request]:
    """Heartbeats that say when they are made, so that hardly one has a signature seen before.

    They say a little more than the truth, which is let pass, because all are made beforehand.
    """
    population = source.population
    began = int(time.time())
    for turn in count():
        ts = began + turn % SECONDS_AHEAD
        for number in _signers(source):
            node_id = population.ids[number]
            signature = _sign(population.key(number), f"heartbeat:{node_id}:{ts}")
            yield {"type": "heartbeat", "node_id": node_id, "ts": ts, "signature": signature}


def _resolve_hostname(source: Source) -> Iterator[Request]:
    # Only the signers: where a server was filled over the wire, no other node has a hostname.
    for number in _draws(source, "asked", source.population.signers):
        yield {"type": "resolve_hostname", "hostname": source.population.hostname(number)}


def _list_nodes(source: Source) -> Iterator[Request]:
    while True:
        yield {"type": "list_nodes", "network_id": source.population.network_id}


def _register(source: Source) -> Iterator[Request]:
    for number in count():
        yield registration(key_of(source.label, number))


def _rotate_key(source: Source) -> Iterator[Request]:
    """Every node in turn, so that the rotations of one node are far apart."""
    population = source.population
    current: dict[int, SigningKey] = {}
    for turn, number in enumerate(_in_turn(source)):
        node_id = population.ids[number]
        new_key = key_of(f"{source.label}.rotated", turn)
        public_key = _base64(new_key.verify_key.encode())
        signer = current.get(number) or population.key(number)
        yield {
            "type": "rotate_key",
            "node_id": node_id,
            "new_public_key": public_key,
            "signature": _sign(signer, f"rotate:{node_id}:{public_key}"),
        }
        current[number] = new_key


def _mix(source: Source) -> Iterator[Request]:
    streams = {name: SCENARIOS[name].requests(source) for name in MIX}
    choices = random.Random(source.label)  # noqa: S311
    while True:
        (name,) = choices.choices(list(MIX), weights=list(MIX.values()))
        yield next(streams[name])


SCENARIOS = {
    scenario.name: scenario
    for scenario in (
        Scenario("lookup", _lookup),
        Scenario("resolve", _resolve),
        Scenario("heartbeat", _heartbeat),
        Scenario("dated_heartbeat", _dated_heartbeat, repeats=False),
        Scenario("resolve_hostname", _resolve_hostname),
        Scenario("list_nodes", _list_nodes),
        Scenario("register", _register, repeats=False, writes=True),
        Scenario("rotate_key", _rotate_key, repeats=False, writes=True),
        Scenario("mix", _mix, writes=True),
    )
}


def registration(key: SigningKey, hostname: str = "") -> Request:
    """The request by which a key becomes a node."""
    public_key = _base64(key.verify_key.encode())
    request = {
        "type": "register",
        "listen_addr": "127.0.0.1:4000",
        "public_key": public_key,
        "version": "1.18.0",
        "signature": _sign(key, f"register:127.0.0.1:4000:{public_key}"),
    }
    return {**request, "hostname": hostname} if hostname else request


def publication(key: SigningKey, node_id: int) -> Request:
    """The request by which a node lets everyone resolve it."""
    signature = _sign(key, f"set_visibility:{node_id}")
    return {"type": "set_visibility", "node_id": node_id, "public": True, "signature": signature}


def _draws(source: Source, purpose: str, below: int) -> Iterator[int]:
    """Random numbers from 0 up, the same in every run."""
    draws = random.Random(f"{purpose}:{source.part}")  # noqa: S311
    while True:
        yield draws.randrange(below)


def _signers(source: Source) -> range:
    """The signers that fall to this process."""
    return range(source.part, source.population.signers, source.parts)


def _in_turn(source: Source) -> Iterator[int]:
    """The same, over and over."""
    while True:
        yield from _signers(source)


def _sign(key: SigningKey, message: str) -> str:
    return _base64(key.sign(message.encode()).signature)


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
