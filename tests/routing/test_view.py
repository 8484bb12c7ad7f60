"""Whatever happens, the view that followed agrees with one that starts afresh."""

import tempfile
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import examples
from tests.routing.helpers import LEASE, World, world_in


class Register(NamedTuple):
    """A beacon takes or renews a lease."""

    beacon_id: int
    addr: str


class Wait(NamedTuple):
    """Time passes."""

    seconds: float


class Tidy(NamedTuple):
    """Housekeeping drops what has expired."""


class Look(NamedTuple):
    """Somebody reads the view, which so takes what the bus holds for it."""


Step = Register | Wait | Tidy | Look

_addrs = st.sampled_from(["192.0.2.1:9001", "192.0.2.2:9001"])
_steps: st.SearchStrategy[list[Step]] = st.lists(
    st.one_of(
        st.builds(Register, st.integers(1, 4), _addrs),
        st.builds(Register, st.integers(1, 4), _addrs),
        st.builds(Wait, st.sampled_from([0.5, 1, LEASE / 2, LEASE])),
        st.just(Tidy()),
        st.just(Look()),
    ),
    max_size=40,
)


def _take(world: World, step: Step, leases: dict[int, tuple[str, int]]) -> None:
    match step:
        case Register(beacon_id, addr):
            world.register(beacon_id, addr)
            leases[beacon_id] = (addr, int(world.now) + LEASE)
        case Wait(seconds):
            world.now += seconds
        case Tidy():
            world.drop_expired()
        case Look():
            world.view.projection.catch_up()


@pytest.mark.parametrize("buffer_size", [1024, 2], ids=["nothing dropped", "much dropped"])
@settings(max_examples=examples(25))
@given(steps=_steps)
def test_following_is_as_good_as_starting_afresh(buffer_size: int, steps: list[Step]) -> None:
    leases: dict[int, tuple[str, int]] = {}
    with (
        tempfile.TemporaryDirectory() as folder,
        world_in(Path(folder), buffer_size=buffer_size) as world,
    ):
        world.view.projection.catch_up()
        for step in steps:
            _take(world, step, leases)
        assert world.view.live_beacons() == world.new_view().live_beacons()
        assert world.view.projection.rebuilds == 1 or buffer_size == 2
        running = {
            beacon_id: addr
            for beacon_id, (addr, until) in sorted(leases.items())
            if until > world.now
        }
        assert world.beacons() == running


def test_what_the_bus_dropped_is_read_from_the_database(tmp_path: Path) -> None:
    with world_in(tmp_path, buffer_size=2) as world:
        world.view.projection.catch_up()
        for beacon_id in range(1, 10):
            world.register(beacon_id)
        assert list(world.beacons()) == list(range(1, 10))
        assert world.view.projection.rebuilds == 2
