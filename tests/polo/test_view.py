"""Whatever happens, the view that followed agrees with one that starts afresh."""

import tempfile
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.polo.store import HIGHEST, LOWEST, RATING_INTERVAL
from tests.examples import examples
from tests.polo.helpers import World, world_in

_NODES = range(1, 5)


class Set(NamedTuple):
    """An administrator sets a score."""

    node_id: int
    score: int


class Move(NamedTuple):
    """An administrator moves a score."""

    node_id: int
    delta: int


class Rate(NamedTuple):
    """A node rates another."""

    rater_id: int
    node_id: int
    delta: int


class Wait(NamedTuple):
    """Time passes."""

    seconds: int


class Look(NamedTuple):
    """Somebody reads the view, which so takes what the bus holds for it."""


Step = Set | Move | Rate | Wait | Look

_node = st.integers(_NODES.start, _NODES.stop - 1)
_scores = st.integers(LOWEST, HIGHEST) | st.sampled_from([LOWEST, HIGHEST])
_steps: st.SearchStrategy[list[Step]] = st.lists(
    st.one_of(
        st.builds(Set, _node, _scores),
        st.builds(Move, _node, _scores),
        st.builds(Rate, _node, _node, st.integers(-11, 11)),
        st.builds(Rate, _node, _node, st.integers(-11, 11)),
        st.builds(Wait, st.sampled_from([1, RATING_INTERVAL])),
        st.just(Look()),
    ),
    max_size=40,
)


def _take(world: World, step: Step) -> None:
    match step:
        case Set(node_id, score):
            world.set_score(node_id, score)
        case Move(node_id, delta):
            world.move(node_id, delta)
        case Rate(rater_id, node_id, delta):
            world.rate(rater_id, node_id, delta)
        case Wait(seconds):
            world.now += seconds
        case Look():
            world.view.projection.catch_up()


def _scores_of(world: World) -> dict[int, int]:
    return {node_id: world.score(node_id) for node_id in _NODES}


@pytest.mark.parametrize("buffer_size", [1024, 2], ids=["nothing dropped", "much dropped"])
@settings(max_examples=examples(25))
@given(steps=_steps)
def test_following_is_as_good_as_starting_afresh(buffer_size: int, steps: list[Step]) -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        world_in(Path(folder), buffer_size=buffer_size) as world,
    ):
        world.view.projection.catch_up()
        for step in steps:
            with suppress(ValueError, PermissionError, LookupError):
                _take(world, step)
        followed = _scores_of(world)
        fresh = world.new_view()
        assert followed == {node_id: fresh.score(node_id) for node_id in _NODES}
        assert world.view.projection.rebuilds == 1 or buffer_size == 2
        assert dict(world.ranking()) == world.stored()
        for node_id in _NODES:
            changes = world.history(node_id)
            assert sum(change["delta"] for change in changes) == followed[node_id]
            assert not [change for change in changes if change["rater_id"] == node_id]


def test_what_the_bus_dropped_is_read_from_the_database(tmp_path: Path) -> None:
    with world_in(tmp_path, buffer_size=2) as world:
        world.view.projection.catch_up()
        for node_id in range(1, 10):
            world.set_score(node_id, node_id * 10)
        assert {node_id: world.score(node_id) for node_id in range(1, 10)} == world.stored()
        assert world.view.projection.rebuilds == 2


def test_scores_outlive_the_server(tmp_path: Path) -> None:
    with world_in(tmp_path) as world:
        world.rate(2, 1, 7)
    with world_in(tmp_path) as world:
        assert world.score(1) == 7
        assert world.history(1)[0]["rater_id"] == 2
        with pytest.raises(PermissionError, match="was rated less than"):
            world.rate(2, 1, 7)
