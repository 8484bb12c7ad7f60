"""What many nodes cost, and what lookups feel of writes."""

import time
from collections.abc import Callable, Iterator

from attrs import frozen

from tools.bench.bars import Bar
from tools.bench.client import Client
from tools.bench.ground import Ground
from tools.bench.load import Load, Measured, Run, measure
from tools.bench.population import Population
from tools.bench.processes import Server

MOST_BYTES_A_NODE = 1126.4
MOST_SECONDS_TO_START = 10.0
MOST_OF_FEW_NODES = 2.0
MOST_OF_IDLE = 3.0

FEW_NODES = 1_000

_PERCENT = 99.0
_MILLISECOND = 1_000_000


@frozen(kw_only=True)
class Scale:
    """How to measure.

    Attributes:
        ground: Where data folders go.
        nodes: How many are many.
        seconds: How long each load lasts.
        say: Told what is about to be measured.
    """

    ground: Ground
    nodes: int = 1_000_000
    seconds: float = 5.0
    say: Callable[[str], object] = lambda _: None

    def size(self) -> Iterator[Bar]:
        """Memory of a node, start to first answer, and lookups at half of full load."""
        self.say(f"seed {self.nodes:,} nodes")
        self.ground.seeded(self.nodes)
        with self.ground.registry(0) as registry:
            empty = registry.memory
        few = self._half_load(FEW_NODES)
        self.say(f"start with {self.nodes:,} nodes")
        with self.ground.registry(self.nodes) as registry:
            first = registry.started_in + self._first_answer(registry)
            memory, start_cpu = registry.memory, registry.cpu_seconds
            many = self._half_load_of(registry, self.nodes)
        yield Bar(
            name="memory of a node",
            unit="bytes",
            ours=[(memory - empty) / self.nodes],
            reference=[MOST_BYTES_A_NODE],
            beside="1.1 KiB",
            most=1.0,
            note=f"{memory / 2**20:,.0f} MiB with {self.nodes:,} nodes, {empty / 2**20:,.0f} empty",
        )
        yield Bar(
            name="start to first answer",
            unit="s",
            ours=[first],
            reference=[MOST_SECONDS_TO_START],
            beside="10 s",
            most=1.0,
            note=f"{start_cpu:.1f} s of processor time",
        )
        yield Bar(
            name="p99 of lookup at half load",
            unit="ms",
            ours=[_p99(many)],
            reference=[_p99(few)],
            beside=f"{FEW_NODES:,} nodes instead of {self.nodes:,}",
            most=MOST_OF_FEW_NODES,
            note=f"at {many.load.per_second:,.0f} and {few.load.per_second:,.0f} lookups/s",
        )

    def writes(self, per_second: float = 1_000.0) -> Iterator[Bar]:
        """Lookups while registers run at full speed, against lookups alone.

        Nothing is kept on one core: a registry that writes has work for two. Who looks up does
        not wait for a core, if the system allows that: else it is the client that would be
        measured.
        """
        lookups = Load(scenario="lookup", connections=16, per_second=per_second, punctual=True)
        registers = Load(scenario="register", connections=64)
        self.say("lookups, alone and beside registers")
        with self.ground.registry(FEW_NODES, pinned=False) as registry:
            (alone,) = self._measure(registry, FEW_NODES, lookups, pinned=False)
            beside, writing = self._measure(registry, FEW_NODES, lookups, registers, pinned=False)
        yield Bar(
            name="p99 of lookup beside registers",
            unit="ms",
            ours=[_p99(beside)],
            reference=[_p99(alone)],
            beside="no registers",
            most=MOST_OF_IDLE,
            note=(
                f"at {per_second:,.0f} lookups/s and {writing.outcome.per_second:,.0f} registers/s"
                + ("" if beside.punctual else "; the client WAITED FOR A CORE like all others")
            ),
        )

    def _half_load(self, nodes: int) -> Measured:
        with self.ground.registry(nodes) as registry:
            return self._half_load_of(registry, nodes)

    def _half_load_of(self, registry: Server, nodes: int) -> Measured:
        """Lookups at half of the rate that was found to be the highest."""
        self.say(f"lookups with {nodes:,} nodes")
        (full,) = self._measure(registry, nodes, Load(scenario="lookup"))
        half = Load(scenario="lookup", per_second=full.outcome.per_second / 2)
        (measured,) = self._measure(registry, nodes, half)
        return measured

    def _measure(
        self, registry: Server, nodes: int, *loads: Load, pinned: bool = True
    ) -> list[Measured]:
        run = Run(
            address=registry.address,
            population=Population.seeded(nodes),
            seconds=self.seconds,
            server=registry,
            pinned=pinned,
        )
        return measure(run, loads)

    def _first_answer(self, registry: Server) -> float:
        """Seconds that the first answer takes once the server listens."""
        began = time.monotonic()
        with Client(registry.address) as client:
            client.ask({"type": "lookup", "node_id": self.nodes})
        return time.monotonic() - began


def _p99(measured: Measured) -> float:
    """In milliseconds."""
    return measured.outcome.latencies.percentile(_PERCENT) / _MILLISECOND
