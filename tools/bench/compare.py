"""A registry against what this machine can do at best, in one run.

The reference for what is answered from memory is `tools.bench.bare_server`, which answers
frames of the same size; for what is durable, `tools.bench.bare_storage`; for the bus, the
bus itself with one subscription.
"""

from collections.abc import Callable, Iterator, Sequence
from statistics import median

from attrs import frozen

from tools.bench.bare_signatures import at_most, verified_per_second
from tools.bench.bare_storage import rows_per_second
from tools.bench.bars import Bar
from tools.bench.client import Client
from tools.bench.ground import Ground
from tools.bench.load import Load, Measured, Run, measure
from tools.bench.population import Population
from tools.bench.processes import Server
from tools.bench.protocols import PROTOCOLS
from tools.bench.publishing import SUBSCRIPTIONS, publish_costs
from tools.bench.scenarios import SCENARIOS, Source

LEAST_OF_BARE = {"json": 0.85, "binary": 0.9}
LEAST_OF_BATCHES, LEAST_OF_SINGLES = 0.5, 3.0
MOST_OF_ALONE = 1.3

BATCH = 64
"""Connections that write, and so the rows that one commit can hold."""

Say = Callable[[str], object]


@frozen(kw_only=True)
class Comparison:
    """How to compare.

    Attributes:
        ground: Where data folders go.
        nodes: Registered nodes.
        rounds: How often each side has its turn.
        seconds: How long a turn lasts.
        say: Told what is about to be measured.
    """

    ground: Ground
    nodes: int = 1_000
    rounds: int = 3
    seconds: float = 1.0
    say: Say = lambda _: None

    def reads(self, protocols: Sequence[str], connections: Sequence[int]) -> Iterator[Bar]:
        """Lookups and signed heartbeats against the bare server."""
        for protocol in protocols:
            for scenario in ("lookup", "heartbeat"):
                for count in connections:
                    load = Load(scenario=scenario, protocol=protocol, connections=count)
                    yield self._read(load)

    def writes(self) -> Iterator[Bar]:
        """Registrations and rotations against bare transactions on the same disk.

        Nothing is kept on one core here: a registry proves requests on one while another
        commits, as it does where it is run. What nobody could surpass on this machine is said
        beside it.
        """
        for scenario in ("register", "rotate_key"):
            yield from self._write(Load(scenario=scenario, connections=BATCH))

    def publishing(self) -> Iterator[Bar]:
        """The bus against itself and against other libraries."""
        self.say("publish")
        costs = publish_costs()
        for cost in costs:
            yield Bar(
                name=f"publish, {cost.name}",
                unit="ns",
                ours=[cost.among],
                reference=[cost.alone],
                beside=f"1 subscription instead of {SUBSCRIPTIONS:,}",
                most=MOST_OF_ALONE if cost is costs[0] else None,
            )

    def _read(self, load: Load) -> Bar:
        population = Population.seeded(self.nodes)
        ours, bare = [], []
        with self.ground.registry(self.nodes) as registry:
            answer = _one_answer(registry, load, population)
            opening = bool(PROTOCOLS[load.protocol].opening)
            with Server.bare(answer, opening=opening) as ceiling:
                for turn in range(self.rounds):
                    self.say(f"{describe(load)}, round {turn + 1}")
                    ours.append(self._measure(registry, load, population))
                    bare.append(self._measure(ceiling, load, population))
        return Bar(
            name=describe(load),
            unit="/s",
            ours=[measured.outcome.per_second for measured in ours],
            reference=[measured.outcome.per_second for measured in bare],
            beside="bare server",
            least=LEAST_OF_BARE[load.protocol],
            note=_note(ours, bare),
        )

    def _write(self, load: Load) -> Iterator[Bar]:
        population = Population.seeded(self.nodes)
        ours: list[Measured] = []
        batches: list[float] = []
        singles: list[float] = []
        for turn in range(self.rounds):
            self.say(f"{describe(load)}, round {turn + 1}")
            with self.ground.registry(self.nodes, pinned=False) as registry:
                ours.append(self._measure(registry, load, population, pinned=False))
            batches.append(self._bare_rows(BATCH))
            singles.append(self._bare_rows(1))
        asking = median(m.generator_cpu / m.outcome.per_second for m in ours)
        bound = at_most(median(batches), verified_per_second(self.seconds), asking)
        for beside, reference, least in (
            (f"bare transactions of {BATCH}", batches, LEAST_OF_BATCHES),
            ("one commit a request", singles, LEAST_OF_SINGLES),
        ):
            yield Bar(
                name=describe(load),
                unit="/s",
                ours=[measured.outcome.per_second for measured in ours],
                reference=reference,
                beside=beside,
                least=least,
                note=_note(ours) + _possible(bound, median(reference)),
            )

    def _measure(
        self, server: Server, load: Load, population: Population, *, pinned: bool = True
    ) -> Measured:
        run = Run(
            address=server.address,
            population=population,
            seconds=self.seconds,
            server=server,
            pinned=pinned,
        )
        (measured,) = measure(run, [load])
        return measured

    def _bare_rows(self, batch: int) -> float:
        return rows_per_second(self.ground.empty(), batch, self.seconds)


def describe(load: Load) -> str:
    """A load in a few words."""
    pace = f", {load.per_second:,.0f}/s" if load.per_second else ""
    deep = f" of {load.pipelined}" if load.pipelined > 1 else ""
    return f"{load.protocol} {load.scenario}, {load.connections} connections{deep}{pace}"


def _one_answer(registry: Server, load: Load, population: Population) -> bytes:
    """The frame that the registry answers to a request of a load."""
    request = next(SCENARIOS[load.scenario].requests(Source(population, "one")))
    with Client(registry.address, PROTOCOLS[load.protocol]) as client:
        return client.ask(request)


def _possible(bound: float, reference: float) -> str:
    """How much of a reference can be reached at all where the client has the same cores."""
    return (
        f"; signatures, bare rows and client alone: {bound:,.0f}/s, {bound / reference:.2f} of it"
    )


def _note(ours: Sequence[Measured], bare: Sequence[Measured] = ()) -> str:
    """How busy the generator was with each side, and what was refused."""
    busy = " and ".join(
        f"{median(m.generator_cpu for m in side):.0%}" for side in (ours, bare) if side
    )
    refused = sum(measured.outcome.refused for measured in ours)
    work = [median(m.per_cpu_second for m in side) for side in (ours, bare) if side]
    per_cpu = f"; per CPU second {work[0]:,.0f}"
    if bare:
        per_cpu += f", {work[0] / work[1]:.2f} of the bare server"
    errors = f"; {refused:,} REFUSED: {ours[0].outcome.refusal!r}" if refused else ""
    return f"generator {busy} busy{per_cpu}{errors}"
