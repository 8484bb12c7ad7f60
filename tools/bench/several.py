"""Several registries of one address over one PostgreSQL, against one of them, and SQLite."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager

from attrs import frozen
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.pool import NullPool

from tools.bench.bars import Bar
from tools.bench.client import register_all
from tools.bench.compare import describe
from tools.bench.ground import Ground
from tools.bench.load import Load, Run, measure
from tools.bench.processes import Server

SCENARIOS = ("lookup", "heartbeat", "register")


@frozen(kw_only=True)
class Several:
    """How to measure.

    Attributes:
        ground: Where data folders go.
        url: A database of the PostgreSQL server; databases are made and dropped beside it.
        processes: How many registries to measure.
        nodes: Registered nodes.
        connections: Connections of the load.
        seconds: How long each load lasts.
        say: Told what is about to be measured.
    """

    ground: Ground
    url: str
    processes: Sequence[int] = (1, 2, 3)
    nodes: int = 1_000
    connections: int = 64
    seconds: float = 3.0
    say: Callable[[str], object] = lambda _: None

    def bars(self) -> Iterator[Bar]:
        """Each load on one registry with SQLite, and on so many with PostgreSQL."""
        for scenario in SCENARIOS:
            load = Load(scenario=scenario, connections=self.connections)
            self.say(f"{describe(load)}, SQLite")
            with self.ground.registry(0, pinned=False) as server:
                sqlite = self._measure([server], load)
            alone: float | None = None
            for count in self.processes:
                self.say(f"{describe(load)}, {count} with PostgreSQL")
                with self._registries(count) as servers:
                    rate = self._measure(servers, load)
                if alone is None:
                    alone = rate
                    yield _bar(load, "1 with SQLite", sqlite, alone)
                    continue
                yield _bar(load, f"{count} with PostgreSQL", rate, alone)

    def _measure(self, servers: Sequence[Server], load: Load) -> float:
        address = servers[0].address
        population = register_all(address, self.nodes, "several")
        run = Run(
            address=address,
            population=population,
            seconds=self.seconds,
            generators=2,
            pinned=False,
        )
        (measured,) = measure(run, [load])
        return measured.outcome.per_second

    @contextmanager
    def _registries(self, count: int) -> Iterator[list[Server]]:
        """Registries that share an address and a new database."""
        admin = create_engine(self.url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        name = "registry_bench"
        with admin.connect() as connection:
            connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
            connection.execute(text(f"CREATE DATABASE {name}"))
        url = make_url(self.url).set(database=name).render_as_string(hide_password=False)
        try:
            with ExitStack() as stack:
                servers: list[Server] = []
                for _ in range(count):
                    port = servers[0].address[1] if servers else 0
                    server = Server.shared(self.ground.empty(), url, port)
                    servers.append(stack.enter_context(server))
                yield servers
        finally:
            with admin.connect() as connection:
                connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))


def _bar(load: Load, name: str, rate: float, alone: float) -> Bar:
    return Bar(
        name=f"{describe(load)}, {name}",
        unit="/s",
        ours=[rate],
        reference=[alone],
        beside="1 with PostgreSQL",
    )
