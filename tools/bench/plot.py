"""A picture of many loads, as SVG: throughput above, latencies below.

Written by hand, because it takes two kinds of shape and no library that draws them comes
without a numerical one.
"""

import math
from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape

from attrs import frozen

from tools.bench.load import Measured

_LEFT, _RIGHT, _TOP, _BOTTOM = 80, 20, 30, 130
_PANEL, _GAP = 220, 50
_STEP = 46
_COLOURS = {50.0: "#4c78a8", 99.0: "#f58518", 99.9: "#e45756"}
_THROUGHPUT = "#72b7b2"
_MILLISECOND = 1_000_000


@frozen
class _Panel:
    """A vertical axis, and where it stands.

    Attributes:
        top: The upper end, in pixels.
        low: The value at the lower end.
        high: The value at the upper end.
        logarithmic: Whether each power of ten gets the same room.
    """

    top: float
    low: float
    high: float
    logarithmic: bool = False

    def y(self, value: float) -> float:
        """Where a value lies."""
        share = (self._scaled(value) - self._scaled(self.low)) / (
            self._scaled(self.high) - self._scaled(self.low)
        )
        return self.top + _PANEL * (1 - min(1.0, max(0.0, share)))

    @property
    def bottom(self) -> float:
        """The lower end, in pixels."""
        return self.top + _PANEL

    def ticks(self) -> list[float]:
        """The values to write beside the axis."""
        if not self.logarithmic:
            return [self.high * quarter / 4 for quarter in range(5)]
        decades = range(round(math.log10(self.low)), round(math.log10(self.high)) + 1)
        return [10.0**exponent for exponent in decades]

    def _scaled(self, value: float) -> float:
        return math.log10(max(value, self.low)) if self.logarithmic else value


def as_svg(measurements: Sequence[Measured]) -> str:
    """Draw the measurements side by side, in their order."""
    width = _LEFT + _STEP * len(measurements) + _RIGHT
    height = _TOP + 2 * _PANEL + _GAP + _BOTTOM
    size = f'width="{width}" height="{height}"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans" font-size="11">',
            f'<rect {size} fill="white"/>',
            *_throughput(measurements, width),
            *_latencies(measurements, width),
            *_labels(measurements, height - _BOTTOM + 12),
            "</svg>",
        ]
    )


def _throughput(measurements: Sequence[Measured], width: int) -> Iterator[str]:
    highest = max((each.outcome.per_second for each in measurements), default=1.0)
    panel = _Panel(_TOP, 0.0, _rounded_up(highest))
    yield from _axis(panel, "answers/s", width)
    for place, each in enumerate(measurements):
        y = panel.y(each.outcome.per_second)
        yield (
            f'<rect x="{_x(place) - 14}" y="{y:.1f}" width="28" '
            f'height="{panel.bottom - y:.1f}" fill="{_THROUGHPUT}"/>'
        )


def _latencies(measurements: Sequence[Measured], width: int) -> Iterator[str]:
    values = [_latency(each, percent) for each in measurements for percent in _COLOURS]
    low = 10.0 ** math.floor(math.log10(max(min(values, default=1.0), 0.001)))
    high = 10.0 ** math.ceil(math.log10(max([*values, low * 10])))
    panel = _Panel(_TOP + _PANEL + _GAP, low, high, logarithmic=True)
    yield from _axis(panel, "latency, ms", width)
    for number, (percent, colour) in enumerate(_COLOURS.items()):
        yield _text(_LEFT + 90 + 60 * number, panel.top - 8, f"p{percent:g}", fill=colour)
        for place, each in enumerate(measurements):
            y = panel.y(_latency(each, percent))
            yield f'<circle cx="{_x(place)}" cy="{y:.1f}" r="4" fill="{colour}"/>'


def _axis(panel: _Panel, title: str, width: int) -> Iterator[str]:
    yield _text(_LEFT, panel.top - 8, title, weight="bold")
    for tick in panel.ticks():
        y = panel.y(tick)
        yield f'<path d="M{_LEFT} {y:.1f}H{width - _RIGHT}" stroke="#ddd"/>'
        yield _text(_LEFT - 6, y + 4, f"{tick:,g}" if tick < 1 else f"{tick:,.0f}", anchor="end")


def _labels(measurements: Sequence[Measured], y: float) -> Iterator[str]:
    for place, each in enumerate(measurements):
        load = each.load
        label = f"{load.scenario} {load.protocol} {load.connections} ({each.nodes:,})"
        turned = f'transform="rotate(-40 {_x(place)} {y})"'
        yield f'<text x="{_x(place)}" y="{y}" text-anchor="end" {turned}>{escape(label)}</text>'


def _text(
    x: float, y: float, text: str, *, anchor: str = "start", fill: str = "black", weight: str = ""
) -> str:
    bold = f' font-weight="{weight}"' if weight else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{fill}"{bold}>'
        f"{escape(text)}</text>"
    )


def _x(place: int) -> int:
    return _LEFT + _STEP * place + _STEP // 2


def _latency(measured: Measured, percent: float) -> float:
    return measured.outcome.latencies.percentile(percent) / _MILLISECOND


def _rounded_up(value: float) -> float:
    """The next value with one leading digit."""
    unit = 10.0 ** math.floor(math.log10(max(value, 1.0)))
    return math.ceil(value / unit) * unit
