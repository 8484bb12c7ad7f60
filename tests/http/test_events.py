"""Live events, read as they come."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from registry.events import Event, InProcessBus
from registry.web import feed as module
from registry.web.feed import MOST_READERS, MOST_UNREAD, EventFeed, FeedFull
from registry.web.viewers import ADMIN, STRANGER
from tests.harness.waiting import PATIENCE
from tests.http.world import AS_ADMIN, World


@contextmanager
def following(world: World, *, admin: bool) -> Iterator[Iterator[dict[str, Any]]]:
    """The events that are told from now on."""
    headers = AS_ADMIN if admin else {}
    url = f"{world.url}/api/v1/events"
    with httpx.stream("GET", url, headers=headers, timeout=PATIENCE) as response:
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        lines = response.iter_lines()
        assert next(lines).startswith(":")  # now it follows
        yield (json.loads(line[6:]) for line in lines if line.startswith("data: "))


def test_administrators_are_told_what_happened(world: World) -> None:
    with following(world, admin=True) as events:
        node_id = world.register(hostname="alice")
        told = {}
        while "node.registered" not in told:
            event = next(events)
            told[event["type"]] = event
    registered = told["node.registered"]
    assert registered["payload"]["node_id"] == node_id
    assert registered["source"] == "directory"
    assert registered["number"] > 0


def test_strangers_are_told_that_something_happened(world: World) -> None:
    with following(world, admin=False) as events:
        world.register(hostname="alice")
        event = next(events)
    assert event["type"] == "key.enrolled"
    assert event.keys() == {"type", "at", "number", "source", "payload"}
    assert event["number"] is event["source"] is event["payload"] is None


def test_a_server_stops_although_somebody_follows(world: World) -> None:
    with following(world, admin=True) as events:
        assert world.server.stop() == 0
        assert list(events) == []
    assert not [line for line in world.server.process.lines if "Traceback" in line]


class TestFeed:
    @pytest.fixture(autouse=True)
    def _fast(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "ROUND_SECONDS", 0.001)

    def test_follows_the_bus_only_while_somebody_reads(self) -> None:
        async def scenario() -> None:
            bus = InProcessBus()
            feed = EventFeed(bus, lambda: 0.0)
            assert bus.subscriptions == []
            one, other = feed.open(ADMIN), feed.open(STRANGER)
            await asyncio.sleep(0)
            assert len(bus.subscriptions) == 1
            feed.leave(one)
            assert len(bus.subscriptions) == 1
            feed.leave(other)
            await asyncio.sleep(0.01)
            assert bus.subscriptions == []

        asyncio.run(scenario())

    def test_tells_who_is_slow_what_was_dropped(self) -> None:
        async def scenario() -> bytes:
            bus = InProcessBus()
            feed = EventFeed(bus, lambda: 0.0)
            reader = feed.open(ADMIN)
            await asyncio.sleep(0)
            for part in range(3):
                for n in range(MOST_UNREAD):
                    bus.publish(Event("test", f"a.{part}.{n}"))
                await asyncio.sleep(0.05)
            feed.close()
            return reader.take()

        told = asyncio.run(scenario())
        first, *rest = told.decode().strip().split("\n\n")
        assert first == f'event: dropped\ndata: {{"dropped":{2 * MOST_UNREAD}}}'
        assert len(rest) == MOST_UNREAD
        assert '"a.2.0"' in rest[0]

    def test_has_room_for_administrators_when_strangers_fill_it(self) -> None:
        async def scenario() -> None:
            feed = EventFeed(InProcessBus(), lambda: 0.0)
            for _ in range(MOST_READERS):
                feed.open(STRANGER)
            with pytest.raises(FeedFull):
                feed.open(STRANGER)
            feed.open(ADMIN)

        asyncio.run(scenario())
