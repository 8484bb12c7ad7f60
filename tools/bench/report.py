"""What was measured, for people and for programs."""

from collections.abc import Iterable, Sequence
from statistics import median
from typing import Any

from rich.table import Table

from tools.bench.bars import Bar
from tools.bench.load import Measured

PERCENTILES = (50.0, 90.0, 99.0, 99.9, 100.0)

_MILLISECOND = 1_000_000


def load_table(measurements: Iterable[Measured]) -> Table:
    """One row for each load; latencies in milliseconds."""
    table = Table(title="latencies in ms")
    for name in ("scenario", "protocol"):
        table.add_column(name)
    for name in ("nodes", "conns", "depth", "due/s", "answers/s", "errors"):
        table.add_column(name, justify="right")
    for percent in PERCENTILES:
        table.add_column("max" if percent == 100 else f"p{percent:g}", justify="right")
    for name in ("generator", "server"):
        table.add_column(f"{name} cpu", justify="right")
    for measured in measurements:
        table.add_row(*_cells(measured))
    return table


def _cells(measured: Measured) -> list[str]:
    load, outcome = measured.load, measured.outcome
    return [
        load.scenario,
        load.protocol,
        f"{measured.nodes:,}",
        f"{load.connections:,}",
        str(load.pipelined),
        f"{load.per_second:,.0f}" if load.per_second else "full",
        f"{outcome.per_second:,.0f}",
        f"[red]{outcome.refused:,}[/red]" if outcome.refused else "0",
        *(f"{outcome.latencies.percentile(p) / _MILLISECOND:.2f}" for p in PERCENTILES),
        f"{measured.generator_cpu:.0%}",
        f"{measured.server_cpu:.0%}" if measured.server_cpu else "",
    ]


def bar_table(bars: Iterable[Bar]) -> Table:
    """One row for each comparison, with its bar and whether it is met."""
    table = Table(title="medians of the rounds")
    table.add_column("what")
    table.add_column("ours", justify="right")
    table.add_column("beside", justify="right")
    table.add_column("which is")
    table.add_column("ratio", justify="right")
    table.add_column("bar")
    table.add_column("met")
    table.add_column("note")
    for bar in bars:
        verdict = {True: "[green]yes[/green]", False: "[red]NO[/red]", None: ""}[bar.met]
        table.add_row(
            bar.name,
            _figure(bar.ours, bar.unit),
            _figure(bar.reference, bar.unit),
            bar.beside,
            f"{bar.ratio:.2f}",
            bar.bar,
            verdict,
            bar.note,
        )
    return table


def _figure(values: Sequence[float], unit: str) -> str:
    middle = median(values)
    return f"{middle:,.0f} {unit}" if middle >= 100 else f"{middle:.3g} {unit}"


def load_record(measured: Measured) -> dict[str, Any]:
    """A measurement for a JSON file; latencies in nanoseconds."""
    load, outcome = measured.load, measured.outcome
    return {
        "scenario": load.scenario,
        "protocol": load.protocol,
        "nodes": measured.nodes,
        "connections": load.connections,
        "pipelined": load.pipelined,
        "due_per_second": load.per_second,
        "answers_per_second": outcome.per_second,
        "answers": outcome.answers,
        "seconds": outcome.seconds,
        "errors": outcome.refused,
        "first_error": outcome.refusal.decode(errors="replace"),
        "latency_ns": {f"{p:g}": outcome.latencies.percentile(p) for p in PERCENTILES},
        "generator_cpu": measured.generator_cpu,
        "server_cpu": measured.server_cpu,
    }


def bar_record(bar: Bar) -> dict[str, Any]:
    """A comparison for a JSON file."""
    return {
        "name": bar.name,
        "unit": bar.unit,
        "ours": bar.ours,
        "reference": bar.reference,
        "beside": bar.beside,
        "ratio": bar.ratio,
        "bar": bar.bar,
        "met": bar.met,
        "note": bar.note,
    }
