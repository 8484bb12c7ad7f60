"""How often one address may do something."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.dispatch import AddressRates, site_of
from registry.dispatch.rates import MOST_ADDRESSES, MOST_DEBT


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_a_bucket_is_emptied_and_refilled_evenly(clock: Clock) -> None:
    rates = AddressRates(60, 3, clock=clock)
    assert [rates.take("a") for _ in range(4)] == [True, True, True, False]
    clock.now += 2
    assert [rates.take("a") for _ in range(3)] == [True, True, False]
    assert rates.is_empty("a")
    assert not rates.is_empty("b")


def test_no_rate_is_no_limit(clock: Clock) -> None:
    rates = AddressRates(0, 1, clock=clock)
    assert all(rates.take("a") for _ in range(1000))


def test_the_addresses_longest_unheard_of_are_forgotten(clock: Clock) -> None:
    rates = AddressRates(60, 1, clock=clock)
    for number in range(MOST_ADDRESSES + 1):
        rates.take(str(number))
    assert not rates.is_empty("0")
    assert rates.is_empty("1")


@pytest.mark.parametrize(
    ("address", "site"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2::9", "2001:db8:1:2::"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("fe80::1%eth0", "fe80::"),
    ],
)
def test_a_site_is_what_somebody_has(address: str, site: str) -> None:
    assert site_of(address) == site


@given(st.lists(st.tuples(st.floats(0, 30), st.sampled_from("ab")), max_size=60))
def test_never_more_than_the_burst_and_what_came_since(steps: list[tuple[float, str]]) -> None:
    clock = Clock()
    rates = AddressRates(60, 5, clock=clock)
    taken = {"a": 0, "b": 0}
    for wait, address in steps:
        clock.now += wait
        taken[address] += rates.take(address)
        assert taken[address] <= 5 + clock.now + 1e-6


HERE = "192.0.2.1"


class TestCharge:
    def test_is_owed_where_there_is_nothing_left(self) -> None:
        now = [0.0]
        rates = AddressRates(60, 2, clock=lambda: now[0])
        for _ in range(5):
            rates.charge(HERE)
        now[0] = 3.9
        assert rates.is_empty(HERE)  # three are owed, and a whole one is asked for
        now[0] = 4.0
        assert not rates.is_empty(HERE)

    def test_is_owed_up_to_a_bound(self) -> None:
        now = [0.0]
        rates = AddressRates(60, 1, clock=lambda: now[0])
        for _ in range(3 * MOST_DEBT):
            rates.charge(HERE)
        now[0] = MOST_DEBT + 1.0
        assert rates.take(HERE)

    def test_is_nothing_where_there_is_no_limit(self) -> None:
        rates = AddressRates(0, 1, clock=lambda: 0.0)
        for _ in range(5):
            rates.charge(HERE)
        assert rates.take(HERE)
