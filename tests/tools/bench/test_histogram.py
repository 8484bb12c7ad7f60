"""Percentiles out of buckets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.bench.histogram import Histogram


def test_small_values_are_told_exactly() -> None:
    histogram = Histogram.of(range(1, 1001))
    assert [histogram.percentile(p) for p in (0, 50, 99, 99.9, 100)] == [1, 500, 990, 999, 1000]


def test_nothing_counted_has_zero_for_every_percentile() -> None:
    assert Histogram().percentile(99) == 0
    assert Histogram().largest == 0
    assert len(Histogram()) == 0


@pytest.mark.parametrize("percent", [-0.1, 100.1])
def test_a_percentage_out_of_range_is_refused(percent: float) -> None:
    with pytest.raises(ValueError, match="is not between 0 and 100"):
        Histogram.of([1]).percentile(percent)


@given(st.lists(st.integers(0, 10**12), min_size=1), st.floats(0, 100))
def test_a_percentile_is_at_most_a_thousandth_above_the_true_one(
    values: list[int], percent: float
) -> None:
    ranked = sorted(values)
    needed = len(ranked) * percent / 100
    true = next(value for rank, value in enumerate(ranked, start=1) if rank >= needed)
    assert true <= Histogram.of(values).percentile(percent) <= true * 1.001


@given(st.lists(st.integers(0, 10**9)), st.lists(st.integers(0, 10**9)))
def test_a_sum_counts_the_values_of_both(these: list[int], those: list[int]) -> None:
    total = Histogram.of(these) + Histogram.of(those)
    together = Histogram.of(these + those)
    assert len(total) == len(these) + len(those)
    assert total.largest == together.largest
    assert total.percentile(90) == together.percentile(90)
