"""Latencies, counted in buckets whose width grows with the value.

The buckets are those of an HDR histogram: values below 2,048 have one each, and every
further power of two is cut into 1,024, so a percentile is at most 0.1 % too high and
never too low, whatever the range.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Self

_PRECISION = 11
"""Leading bits of a value that are kept."""


class Histogram:
    """How often values between 0 and any size were seen; here nanoseconds."""

    def __init__(self, counts: Counter[int] | None = None) -> None:
        self._counts = Counter() if counts is None else counts

    @classmethod
    def of(cls, values: Iterable[int]) -> Self:
        """Count values."""
        return cls(Counter(map(_bucket, values)))

    def __len__(self) -> int:
        """How many values were counted."""
        return self._counts.total()

    def __add__(self, other: "Histogram") -> "Histogram":
        return Histogram(self._counts + other._counts)

    def percentile(self, percent: float) -> int:
        """The value that so many percent of all values do not exceed; 0 if there are none.

        Raises:
            ValueError: The percentage is not between 0 and 100.
        """
        if not 0 <= percent <= 100:
            raise ValueError(f"percent: {percent} is not between 0 and 100")
        wanted = len(self) * percent / 100
        seen = 0
        largest = 0
        for bucket in sorted(self._counts):
            largest = _highest_of(bucket)
            seen += self._counts[bucket]
            if seen >= wanted:
                break
        return largest

    @property
    def largest(self) -> int:
        """The largest value; 0 if there are none."""
        return self.percentile(100)


def _bucket(value: int) -> int:
    """The bucket of a value: how many low bits were cut off, then the bits that are kept."""
    cut = value.bit_length() - _PRECISION
    if cut <= 0:
        return value
    return (cut << _PRECISION) | (value >> cut)


def _highest_of(bucket: int) -> int:
    """The highest value that falls into a bucket."""
    cut, kept = divmod(bucket, 1 << _PRECISION)
    return ((kept + 1) << cut) - 1
