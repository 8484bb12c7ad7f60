"""``python -m tools.bench``: the command line of the benchmark."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import product
from pathlib import Path
from typing import Any

import click
import msgspec
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from tools.bench.bars import Bar
from tools.bench.client import Refused, register_all
from tools.bench.compare import Comparison, describe
from tools.bench.generator import Address, GeneratorError
from tools.bench.ground import Ground
from tools.bench.load import Load, Run, measure
from tools.bench.plot import as_svg
from tools.bench.population import Population, seed
from tools.bench.processes import ProcessFailed, Server, pinning
from tools.bench.protocols import PROTOCOLS
from tools.bench.report import bar_record, bar_table, load_record, load_table
from tools.bench.scale import Scale
from tools.bench.scenarios import SCENARIOS
from tools.bench.several import Several

console = Console(width=None if Console().is_terminal else 200)

_FOLDER = click.Path(file_okay=False, path_type=Path)
_FILE = click.Path(dir_okay=False, path_type=Path)

ground_option = click.option(
    "--ground",
    type=_FOLDER,
    metavar="DIR",
    help="Where data folders go while this runs.  [default: the folder of temporary files]",
)
json_option = click.option("--json", "json_file", type=_FILE, metavar="FILE", help="Write figures.")


def seconds_option(default: float) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """How long to measure, with the default of one command."""
    return click.option(
        "--seconds", default=default, show_default=True, help="How long each load is counted."
    )


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Measure how fast a registry is."""


@main.command("load")
@click.option(
    "--scenario", "-s", "names", multiple=True, type=click.Choice(list(SCENARIOS)), help="Which."
)
@click.option("--connections", "-c", multiple=True, type=click.IntRange(1), default=[64])
@click.option("--nodes", "-n", multiple=True, type=click.IntRange(1), default=[1_000])
@click.option("--protocol", "-p", multiple=True, type=click.Choice(list(PROTOCOLS)))
@click.option("--pipelined", default=1, show_default=True, help="Open requests a connection.")
@click.option("--rate", default=0.0, help="Requests due each second.  [default: full speed]")
@click.option("--generators", default=1, show_default=True, help="Processes that make the load.")
@click.option("--address", metavar="HOST:PORT", help="Measure this server, filled over the wire.")
@click.option("--plot", type=_FILE, metavar="FILE", help="Draw an SVG.")
@seconds_option(3.0)
@ground_option
@json_option
def load_command(
    *,
    names: Sequence[str],
    connections: Sequence[int],
    nodes: Sequence[int],
    protocol: Sequence[str],
    pipelined: int,
    rate: float,
    generators: int,
    address: str | None,
    plot: Path | None,
    seconds: float,
    ground: Path | None,
    json_file: Path | None,
) -> None:
    """Put load on a registry: every combination of the options that may be repeated.

    Without --address, registries are started here over data folders that are seeded
    first; each scenario that writes gets a fresh one.
    """
    loads = [
        Load(
            scenario=name, protocol=spoken, connections=count, pipelined=pipelined, per_second=rate
        )
        for name, spoken, count in product(names or SCENARIOS, protocol or ["json"], connections)
    ]
    with _errors_told(), _progress() as progress, ExitStack() as stack:
        runs = (
            _runs_against(_parse(address), nodes[0], loads)
            if address
            else _runs(stack.enter_context(Ground.within(ground)), nodes, loads, progress)
        )
        measured = []
        task = progress.add_task("", total=len(loads) * (1 if address else len(nodes)))
        for server, load, population in runs:
            progress.update(task, description=describe(load))
            run = Run(
                address=server.address if isinstance(server, Server) else server,
                population=population,
                seconds=seconds,
                generators=generators,
                server=server if isinstance(server, Server) else None,
            )
            measured += measure(run, [load])
            progress.advance(task)
    console.print(load_table(measured))
    console.print(f"{pinning()}; loads ran {seconds:g} s")
    _write(json_file, [load_record(each) for each in measured])
    if plot:
        plot.write_text(as_svg(measured))
    if any(each.outcome.refused for each in measured):
        raise click.ClickException("some answers were errors: see --json for the first of each")


def _runs(
    ground: Ground, nodes: Sequence[int], loads: Sequence[Load], progress: Progress
) -> Iterator[tuple[Server, Load, Population]]:
    """Each load with the server it is for: loads that only read share one."""
    for count in nodes:
        task = progress.add_task(f"seed {count:,} nodes", total=count)
        ground.seeded(count, lambda written, task=task: progress.advance(task, written))  # type: ignore[misc]
        progress.remove_task(task)
        population = Population.seeded(count)
        reads = [load for load in loads if not SCENARIOS[load.scenario].writes]
        if reads:
            with ground.registry(count) as server:
                for load in reads:
                    yield server, load, population
        for load in loads:
            if load not in reads:
                with ground.registry(count) as server:
                    yield server, load, population


def _runs_against(
    address: Address, nodes: int, loads: Sequence[Load]
) -> Iterator[tuple[Address, Load, Population]]:
    population = register_all(address, nodes, f"bench-{time.time_ns()}")
    for load in loads:
        yield address, load, population


@main.command("compare")
@click.option("--rounds", default=3, show_default=True, help="Turns that each side has.")
@click.option("--nodes", "-n", default=1_000, show_default=True)
@click.option("--connections", "-c", multiple=True, type=click.IntRange(1), default=[64, 256])
@click.option("--protocol", "-p", multiple=True, type=click.Choice(list(PROTOCOLS)))
@click.option(
    "--only",
    multiple=True,
    type=click.Choice(["reads", "writes", "publishing"]),
    help="Only some of it.",
)
@seconds_option(1.0)
@ground_option
@json_option
def compare_command(
    *,
    rounds: int,
    nodes: int,
    connections: Sequence[int],
    protocol: Sequence[str],
    only: Sequence[str],
    seconds: float,
    ground: Path | None,
    json_file: Path | None,
) -> None:
    """Set a registry against the best this machine can do, in one run.

    It takes about two minutes. The sides take turns, so that what else the machine does
    slows both; still, the ratios of a busy machine say little about writes.
    """
    with _errors_told(), _progress() as progress, Ground.within(ground) as place:
        task = progress.add_task("", total=None)
        comparison = Comparison(
            ground=place,
            nodes=nodes,
            rounds=rounds,
            seconds=seconds,
            say=lambda what: progress.update(task, description=what),
        )
        parts = {
            "reads": lambda: comparison.reads(protocol or list(PROTOCOLS), connections),
            "writes": comparison.writes,
            "publishing": comparison.publishing,
        }
        bars = [bar for name in only or parts for bar in parts[name]()]
    _show(bars, json_file)


@main.command("scale")
@click.option("--nodes", "-n", default=1_000_000, show_default=True)
@click.option("--only", multiple=True, type=click.Choice(["size", "writes"]), help="Only some.")
@seconds_option(3.0)
@ground_option
@json_option
def scale_command(
    *,
    nodes: int,
    only: Sequence[str],
    seconds: float,
    ground: Path | None,
    json_file: Path | None,
) -> None:
    """Measure what many nodes cost, and what lookups feel of registers."""
    with _errors_told(), _progress() as progress, Ground.within(ground) as place:
        task = progress.add_task("", total=None)
        scale = Scale(
            ground=place,
            nodes=nodes,
            seconds=seconds,
            say=lambda what: progress.update(task, description=what),
        )
        parts = {"size": scale.size, "writes": scale.writes}
        bars = [bar for name in only or parts for bar in parts[name]()]
    _show(bars, json_file)


@main.command("several")
@click.option(
    "--database",
    "url",
    required=True,
    metavar="URL",
    help="A database of a PostgreSQL server; one beside it is made, and dropped again.",
)
@click.option("--processes", "-p", multiple=True, type=click.IntRange(1), default=[1, 2, 3])
@click.option("--connections", "-c", type=click.IntRange(1), default=64, show_default=True)
@seconds_option(3.0)
@ground_option
@json_option
def several_command(
    *,
    url: str,
    processes: Sequence[int],
    connections: int,
    seconds: float,
    ground: Path | None,
    json_file: Path | None,
) -> None:
    """Set several registries over one PostgreSQL database against one of them, and SQLite."""
    with _errors_told(), _progress() as progress, Ground.within(ground) as place:
        task = progress.add_task("", total=None)
        several = Several(
            ground=place,
            url=url,
            processes=processes,
            connections=connections,
            seconds=seconds,
            say=lambda what: progress.update(task, description=what),
        )
        bars = list(several.bars())
    _show(bars, json_file)


@main.command("seed")
@click.argument("folder", type=_FOLDER)
@click.option("--nodes", "-n", default=1_000, show_default=True)
def seed_command(folder: Path, nodes: int) -> None:
    """Fill a new data FOLDER as if so many nodes had registered."""
    with _progress() as progress:
        task = progress.add_task(f"seed {nodes:,} nodes", total=nodes)
        seed(folder, nodes, lambda written: progress.advance(task, written))


def _show(bars: Sequence[Bar], json_file: Path | None) -> None:
    console.print(bar_table(bars))
    console.print(pinning())
    _write(json_file, [bar_record(bar) for bar in bars])


def _write(file: Path | None, records: list[dict[str, Any]]) -> None:
    if file:
        file.write_bytes(msgspec.json.format(msgspec.json.encode(records)) + b"\n")


def _parse(address: str) -> Address:
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit():
        raise click.BadParameter(f"{address!r} is not HOST:PORT")
    return host, int(port)


def _progress() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console, transient=True)


@contextmanager
def _errors_told() -> Iterator[None]:
    """Turn what may go wrong with the parts into a line of text."""
    try:
        yield
    except (GeneratorError, ProcessFailed, Refused, OSError) as error:
        raise click.ClickException(str(error)) from error


if __name__ == "__main__":
    main(prog_name="python -m tools.bench")
