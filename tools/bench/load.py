"""Load, from its description to what was measured.

Each load is made by processes of its own. Each makes its requests and connects; when all
have, they begin at the same moment.
"""

import multiprocessing
import os
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from functools import reduce
from itertools import chain
from multiprocessing.connection import Connection
from typing import Any

from attrs import evolve, frozen

from tools.bench import generator
from tools.bench.generator import Address, ClosedLoop, GeneratorError, Outcome, Paced, Stream
from tools.bench.population import Population
from tools.bench.processes import GENERATOR_CORE, Server, pin
from tools.bench.protocols import PROTOCOLS
from tools.bench.scenarios import SCENARIOS, Source

UNIQUE_PER_SECOND = 10_000
"""Requests made ahead for each second of a scenario that may not repeat any."""

_READY = "ready"
_TICK_SECONDS = 0.1
_PATIENCE_SECONDS = 120.0


@frozen(kw_only=True)
class Load:
    """What to ask for, and how.

    Attributes:
        scenario: Which requests.
        protocol: What they are sent in.
        connections: How many connections they share.
        pipelined: Open requests on each connection, where the loop is closed.
        per_second: How many requests are due each second; 0 for a closed loop, in which
            an answer brings the next request.
        punctual: Whether its processes run as soon as they have something to do, before all
            others, as on a machine of their own; where the system lets them. Not for loads
            that keep a core busy.
    """

    scenario: str
    protocol: str = "json"
    connections: int = 64
    pipelined: int = 1
    per_second: float = 0.0
    punctual: bool = False

    def part(self, part: int, parts: int) -> "Load":
        """The share of one of several processes, counted from 0."""
        connections = self.connections // parts + (part < self.connections % parts)
        return evolve(self, connections=connections, per_second=self.per_second / parts)


@frozen(kw_only=True)
class Run:
    """For how long, and against whom.

    Attributes:
        address: Where the server listens.
        population: The nodes it has.
        seconds: How long to count.
        warm_up: Seconds before that which do not count.
        generators: Processes that make each load.
        pinned: Whether they stay on the core that is theirs.
        server: The server's process, where its processor time is of interest.
    """

    address: Address
    population: Population
    seconds: float = 3.0
    warm_up: float = 0.5
    generators: int = 1
    pinned: bool = True
    server: Server | None = None


@frozen(kw_only=True)
class Measured:
    """What came of a load.

    Attributes:
        load: The load.
        nodes: How many nodes the server had.
        outcome: What came of it, over all processes.
        generator_cpu: How busy the busiest of its generators was, 0 to 1. A generator near 1
            that is not paced may have been what was measured.
        server_cpu: Processor time of the server per second, over all its threads.
        punctual: Whether its generators ran before all others.
    """

    load: Load
    nodes: int
    outcome: Outcome
    generator_cpu: float
    server_cpu: float
    punctual: bool = False

    @property
    def per_cpu_second(self) -> float:
        """Answers per second of the server's processor time; 0 if that is not known.

        What else the machine does hardly moves it.
        """
        return self.outcome.per_second / self.server_cpu if self.server_cpu else 0.0


@frozen
class _Report:
    outcome: Outcome
    cpu: float
    punctual: bool


def measure(
    run: Run, loads: Sequence[Load], progress: Callable[[float], object] = lambda _: None
) -> list[Measured]:
    """Put loads on a server, all at the same time.

    Args:
        run: For how long, and against whom.
        loads: What to ask for.
        progress: Told now and then how many seconds have passed since the last call.

    Raises:
        GeneratorError: A generator failed.
    """
    label = f"run{time.time_ns()}"
    with ExitStack() as stack:
        pipes = [
            [_start(stack, run, load, source) for source in _sources(run, load, f"{label}-{place}")]
            for place, load in enumerate(loads)
        ]
        for pipe in chain(*pipes):
            _receive(pipe)
        before = _server_cpu(run)
        for pipe in chain(*pipes):
            pipe.send(None)
        reports: list[list[_Report]] = [
            [_receive(pipe, progress) for pipe in each] for each in pipes
        ]
    server_cpu = (_server_cpu(run) - before) / (run.warm_up + run.seconds)
    return [
        Measured(
            load=load,
            nodes=len(run.population.ids),
            outcome=reduce(_both, (report.outcome for report in each)),
            generator_cpu=max(report.cpu for report in each),
            server_cpu=server_cpu,
            punctual=all(report.punctual for report in each),
        )
        for load, each in zip(loads, reports, strict=True)
    ]


def _sources(run: Run, load: Load, label: str) -> list[Source]:
    """What each process of a load makes its requests from."""
    parts = min(run.generators, load.connections)
    return [Source(run.population, label, part, parts) for part in range(parts)]


def _start(stack: ExitStack, run: Run, load: Load, source: Source) -> Connection:
    """Start the process of one part of a load; it is gone when the stack is left."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    part = load.part(source.part, source.parts)
    arguments = (theirs, evolve(run, server=None), part, source)
    process = context.Process(target=_generate, args=arguments, daemon=True)
    process.start()
    stack.callback(process.join)
    stack.callback(process.terminate)
    stack.enter_context(closing(ours))
    theirs.close()
    return ours


def _generate(pipe: Connection, run: Run, load: Load, source: Source) -> None:
    """What the process of one part does: get ready, wait for the signal, run, report."""
    if run.pinned:
        pin(GENERATOR_CORE)
    punctual = load.punctual and _come_first()
    try:
        stream = _stream(run, load, source)
        pipe.send(_READY)
        pipe.recv()
        wall, cpu = time.perf_counter(), time.process_time()
        outcome = generator.run(stream, seconds=run.seconds, warm_up=run.warm_up)
        busy = (time.process_time() - cpu) / (time.perf_counter() - wall)
        pipe.send(_Report(outcome, busy, punctual))
    except (OSError, GeneratorError, ValueError) as error:
        pipe.send(GeneratorError(str(error)))


def _come_first() -> bool:
    """Have this process run before all others; false where that is not allowed."""
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    except PermissionError:
        return False
    return True


def _stream(run: Run, load: Load, source: Source) -> Stream:
    scenario, protocol = SCENARIOS[load.scenario], PROTOCOLS[load.protocol]
    most = int((run.seconds + run.warm_up) * (load.per_second or UNIQUE_PER_SECOND))
    frames = scenario.frames(source, protocol, most)
    if load.per_second:
        return Paced(
            run.address,
            protocol,
            frames,
            connections=load.connections,
            repeats=scenario.repeats,
            per_second=load.per_second,
        )
    return ClosedLoop(
        run.address,
        protocol,
        frames,
        connections=load.connections,
        repeats=scenario.repeats,
        pipelined=load.pipelined,
    )


def _receive(pipe: Connection, progress: Callable[[float], object] = lambda _: None) -> Any:
    """Wait for what a generator says next: that it is ready, and then its report."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not pipe.poll(_TICK_SECONDS):
        progress(_TICK_SECONDS)
        if time.monotonic() > deadline:
            raise GeneratorError("a generator does not answer")
    try:
        said = pipe.recv()
    except EOFError:
        raise GeneratorError("a generator ended before its time") from None
    if isinstance(said, GeneratorError):
        raise said
    return said


def _both(one: Outcome, other: Outcome) -> Outcome:
    """What came of the parts of one load."""
    return Outcome(
        one.answers + other.answers,
        one.refused + other.refused,
        one.refusal or other.refusal,
        max(one.seconds, other.seconds),
        one.latencies + other.latencies,
    )


def _server_cpu(run: Run) -> float:
    return run.server.cpu_seconds if run.server else 0.0
