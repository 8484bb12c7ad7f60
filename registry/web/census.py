"""What of the registry a viewer sees, counted and in order, so that pages can be cut from it.

To count 10,000 nodes takes some milliseconds, in which no client is served. So it is done in
slices, only when something has changed and somebody asks, and never for more than a small share
of the time.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from attrs import field, frozen

from registry.dispatch import Caller
from registry.membership import Network
from registry.web.messages import TagCount
from registry.web.parts import Parts
from registry.web.viewers import ADMIN

MOST_TAGS = 200
"""Tags that are told at most."""

_SLICE = 500
"""Nodes that are looked at before clients are served again."""

_SHARE = 0.05
"""The share of the time that counting may take."""


@frozen
class Census:
    """What a viewer sees.

    Attributes:
        node_ids: The nodes, in order.
        online: How many of them were heard of lately.
        tags: The most frequent tags.
        networks: The networks, by id.
        links: Pairs of nodes that trust each other, in order; None if it is not told.
    """

    node_ids: Sequence[int] = ()
    online: int = 0
    tags: list[TagCount] = field(factory=list)
    networks: dict[int, Network] = field(factory=dict)
    links: list[tuple[int, int]] | None = None


class CensusTaker:
    """Counts what one kind of viewer sees, when it has changed."""

    def __init__(self, parts: Parts, viewer: Caller) -> None:
        self._parts = parts
        self._viewer = viewer
        self._counting = asyncio.Lock()
        self._census = Census()
        self._of_state: tuple[int, ...] = ()
        self._not_before = 0.0

    async def take(self) -> Census:
        """What is there: as it is now, or as it was a moment ago."""
        async with self._counting:
            state = self._state()
            if state != self._of_state and time.monotonic() >= self._not_before:
                began = time.monotonic()
                self._census = await self._count()
                self._of_state = state
                ended = time.monotonic()
                self._not_before = ended + (ended - began) / _SHARE
            return self._census

    def _state(self) -> tuple[int, ...]:
        """Differs whenever anything that is counted has changed."""
        views = (self._parts.directory, self._parts.membership, self._parts.trust)
        for view in views:
            view.projection.catch_up()
        return tuple(view.projection.seen for view in views)

    async def _count(self) -> Census:
        networks = {network.network_id: network for network in self._networks()}
        node_ids = self._node_ids(networks)
        online, tags = 0, Counter[str]()
        for some in _slices(node_ids):
            online += self._note(some, tags)
            await asyncio.sleep(0)
        return Census(
            node_ids=node_ids,
            online=online,
            tags=[TagCount(tag=tag, nodes=count) for tag, count in tags.most_common(MOST_TAGS)],
            networks=networks,
            links=sorted(self._parts.trust.links()) if self._viewer is ADMIN else None,
        )

    def _networks(self) -> Iterator[Network]:
        for network in self._parts.membership.networks():
            if self._viewer is ADMIN or self._parts.membership.is_open(network.network_id):
                yield network

    def _node_ids(self, networks: Iterable[int]) -> list[int]:
        if self._viewer is ADMIN:
            return sorted(self._parts.directory.ids())
        members = self._parts.membership.members
        found: set[int] = set()
        for network_id in networks:
            found |= members(network_id).keys()
        return sorted(node_id for node_id in found if self._parts.directory.exists(node_id))

    def _note(self, node_ids: Sequence[int], tags: Counter[str]) -> int:
        """Count the tags of some nodes; returns how many are online."""
        online = 0
        for node_id in node_ids:
            if self._parts.directory.exists(node_id):
                tags.update(self._parts.directory.node(node_id).tags)
                online += not self._parts.presence.is_stale(node_id)
        return online


def _slices(items: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(items), _SLICE):
        yield items[start : start + _SLICE]
