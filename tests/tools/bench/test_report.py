"""How measurements are told."""

import xml.etree.ElementTree as ET

import msgspec
import pytest
from rich.console import Console

from tools.bench.bars import Bar
from tools.bench.generator import Outcome
from tools.bench.histogram import Histogram
from tools.bench.load import Load, Measured
from tools.bench.plot import as_svg
from tools.bench.report import bar_record, bar_table, load_record, load_table


def measured(scenario: str = "lookup", *, refused: int = 0) -> Measured:
    latencies = Histogram.of(range(1_000_000, 101_000_000, 1_000_000))
    return Measured(
        load=Load(scenario=scenario),
        nodes=1_000,
        outcome=Outcome(100, refused, b"", 2.0, latencies),
        generator_cpu=0.5,
        server_cpu=0.9,
    )


def bar(*, least: float | None = None, most: float | None = None) -> Bar:
    return Bar(
        name="lookup",
        unit="/s",
        ours=[80.0, 50.0, 90.0],
        reference=[100.0, 100.0, 100.0],
        beside="bare server",
        least=least,
        most=most,
    )


def shown(renderable: object) -> str:
    console = Console(width=200)
    with console.capture() as capture:
        console.print(renderable)
    return capture.get()


def test_the_table_of_loads_tells_throughput_and_percentiles_in_milliseconds() -> None:
    (row,) = [line for line in shown(load_table([measured()])).splitlines() if "lookup" in line]
    cells = [cell.strip() for cell in row.strip("│ ").split("│")]
    assert cells[:8] == ["lookup", "json", "1,000", "64", "1", "full", "50", "0"]
    assert [float(cell) for cell in cells[8:13]] == pytest.approx([50, 90, 99, 100, 100], abs=0.2)
    assert cells[13:] == ["50%", "90%"]


@pytest.mark.parametrize(
    ("least", "most", "met"),
    [(0.8, None, True), (0.81, None, False), (None, 0.8, True), (None, 0.79, False)],
)
def test_a_bar_is_met_by_the_median_of_the_rounds_ratios(
    least: float | None, most: float | None, *, met: bool
) -> None:
    compared = bar(least=least, most=most)
    assert compared.ratio == 0.8
    assert compared.met is met
    assert ("yes" if met else "NO") in shown(bar_table([compared]))


def test_a_line_without_a_bar_has_no_verdict() -> None:
    assert bar().met is None
    assert bar().bar == ""


def test_records_can_be_written_as_json() -> None:
    load = msgspec.json.decode(msgspec.json.encode(load_record(measured())))
    assert load["answers_per_second"] == 50
    assert load["latency_ns"]["99"] == pytest.approx(99_000_000, rel=0.001)
    compared = msgspec.json.decode(msgspec.json.encode(bar_record(bar(least=0.5))))
    assert (compared["ratio"], compared["met"]) == (0.8, True)


def test_the_picture_has_a_bar_and_three_points_for_each_load() -> None:
    picture = ET.fromstring(as_svg([measured("lookup"), measured("mix")]))
    kinds = [element.tag.partition("}")[2] for element in picture.iter()]
    assert kinds.count("rect") == 1 + 2
    assert kinds.count("circle") == 2 * 3
    assert "mix json 64 (1,000)" in [element.text for element in picture.iter()]


def test_a_picture_of_nothing_is_still_a_picture() -> None:
    ET.fromstring(as_svg([]))
