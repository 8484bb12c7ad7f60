"""Whatever happens, the view that followed agrees with one that starts afresh."""

import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.trust import TrustView
from registry.trust.messages import (
    PollHandshakes,
    ReportTrust,
    Request,
    RequestHandshake,
    RespondHandshake,
    RevokeTrust,
)
from tests.examples import examples
from tests.trust.helpers import Caller, World, world_in

_NODES = range(1, 5)


class Deregister(NamedTuple):
    """A node leaves, and registers again."""

    node_id: int


class Look(NamedTuple):
    """Somebody reads the view, which so takes what the bus holds for it."""


_node = st.integers(_NODES.start, _NODES.stop - 1)
_requests: st.SearchStrategy[Request] = st.one_of(
    st.builds(ReportTrust, node_id=_node, peer_id=_node),
    st.builds(RevokeTrust, node_id=_node, peer_id=_node),
    st.builds(RequestHandshake, from_node_id=_node, to_node_id=_node),
    st.builds(RequestHandshake, from_node_id=_node, to_node_id=_node),
    st.builds(RespondHandshake, node_id=_node, peer_id=_node, accept=st.booleans()),
    st.builds(PollHandshakes, node_id=_node),
)
_others = st.builds(Deregister, _node) | st.just(Look())
_steps = st.lists(st.one_of(_requests, _requests, _others), max_size=40)


def _contents(view: TrustView) -> dict[str, Any]:
    """Everything a view can answer."""
    return {
        "links": {(one, other) for one in _NODES for other in _NODES if view.linked(one, other)},
        "count": len(view),
        "waiting": {
            node_id
            for node_id in _NODES
            if view.poll_handshakes(PollHandshakes(node_id=node_id), Caller()) is None
        },
    }


def _take(world: World, step: Request | Deregister | Look) -> None:
    match step:
        case Look():
            world.view.projection.catch_up()
        case Deregister(node_id):
            world.deregister(node_id)
            world.nodes.add(node_id)
        case _:
            with suppress(ValueError, PermissionError, LookupError):
                world.write(step)


@pytest.mark.parametrize("buffer_size", [1024, 2], ids=["nothing dropped", "much dropped"])
@settings(max_examples=examples(40))
@given(steps=_steps)
def test_following_is_as_good_as_starting_afresh(
    buffer_size: int, steps: list[Request | Deregister | Look]
) -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        world_in(Path(folder), buffer_size=buffer_size) as world,
    ):
        world.view.projection.catch_up()
        for step in steps:
            _take(world, step)
        contents = _contents(world.view)
        assert contents == _contents(world.new_view())
        assert world.view.projection.rebuilds == 1 or buffer_size == 2
        for one, other in contents["links"]:
            assert world.linked(one, other)
        for node_id in contents["waiting"]:
            assert any(world.poll(node_id).values()), "the view says that something waits"


def test_what_the_bus_dropped_is_read_from_the_database(tmp_path: Path) -> None:
    with world_in(tmp_path, buffer_size=2) as world:
        world.view.projection.catch_up()
        for peer_id in range(2, 10):
            world.link(1, peer_id)
        world.request(1, 2)
        assert all(world.check(1, peer_id) for peer_id in range(2, 10))
        assert world.waits_for(2)
        assert world.view.projection.rebuilds == 2


def test_links_and_handshakes_outlive_the_server(tmp_path: Path) -> None:
    with world_in(tmp_path) as world:
        world.link(1, 2)
        world.report(1, 3)
        world.request(4, 1, "hello")
    with world_in(tmp_path) as world:
        assert world.check(1, 2)
        assert not world.check(1, 3)
        assert world.asks_for(1) == [4]
