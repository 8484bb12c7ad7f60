"""Counting how long or how large things were, so cheaply that it can be done every time."""

from bisect import bisect_left
from collections.abc import Sequence


class Histogram:
    """How many values there were up to each of some bounds, and their sum.

    One thread notes; others may read at any time, and then see a value more or less.

    Attributes:
        bounds: The bounds, rising; each counts to its own values.
        counts: How many values lie up to each bound and above the one before, and last how
            many lie above them all.
        total: The sum of the values.
    """

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def note(self, value: float) -> None:
        """Count a value."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value

    @property
    def count(self) -> int:
        """How many values there were."""
        return sum(self.counts)
