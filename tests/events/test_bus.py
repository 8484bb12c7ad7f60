import gc
from collections import Counter
from collections.abc import Iterator
from typing import NoReturn

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.events import DEFAULT_BUFFER_SIZE, Event, InProcessBus, Subscription
from registry.events import bus as module
from tests.events.helpers import numbered, numbers

HAPPENED = Event("test", "thing.happened")


class TestSubscribe:
    def test_needs_a_pattern(self) -> None:
        with pytest.raises(TypeError, match="at least one pattern"):
            InProcessBus().subscribe()

    def test_sees_nothing_that_was_published_before(self) -> None:
        bus = InProcessBus()
        bus.publish(HAPPENED)
        assert bus.subscribe("*").drain() == []

    def test_reaches_types_that_were_published_before(self) -> None:
        bus = InProcessBus()
        bus.publish(HAPPENED)
        subscription = bus.subscribe("thing.*")
        bus.publish(HAPPENED)
        assert subscription.drain() == [HAPPENED]

    def test_says_what_it_matches(self) -> None:
        assert InProcessBus().subscribe("a.*", "b").patterns == ("a.*", "b")


class TestPublish:
    def test_without_subscribers_does_nothing(self) -> None:
        InProcessBus().publish(HAPPENED)

    def test_reaches_every_matching_subscription(self) -> None:
        bus = InProcessBus()
        matching = [bus.subscribe(p) for p in ("*", "thing.*", "thing.happened", "thing.happened")]
        others = [bus.subscribe(p) for p in ("thing", "thing.happened.*", "other.*")]
        bus.publish(HAPPENED)
        assert [s.drain() for s in matching] == [[HAPPENED]] * 4
        assert [s.drain() for s in others] == [[]] * 3

    @pytest.mark.parametrize(
        "patterns",
        [
            ("*", "thing.*", "thing.happened"),
            ("thing.happened", "thing.happened"),
            ("*", "*"),
        ],
    )
    def test_arrives_once_however_many_patterns_overlap(self, patterns: tuple[str, ...]) -> None:
        bus = InProcessBus()
        subscription = bus.subscribe(*patterns)
        bus.publish(HAPPENED)
        bus.publish(HAPPENED)
        assert subscription.drain() == [HAPPENED, HAPPENED]

    def test_keeps_the_order_across_patterns(self) -> None:
        bus = InProcessBus()
        subscription = bus.subscribe("b", "a.*")
        types = ["a.x", "b", "a.y", "a.x", "b", "c"]
        for event_type in types:
            bus.publish(Event("test", event_type))
        assert [event.type for event in subscription.drain()] == types[:-1]

    def test_hands_on_the_very_event(self) -> None:
        bus = InProcessBus()
        first, second = bus.subscribe("*"), bus.subscribe("*")
        bus.publish(HAPPENED)
        assert first.drain()[0] is HAPPENED
        assert second.drain()[0] is HAPPENED


class TestOverflow:
    def test_keeps_the_oldest_and_counts_the_rest(self) -> None:
        bus = InProcessBus(3)
        subscription = bus.subscribe("*")
        for event in numbered(*range(8)):
            bus.publish(event)
        assert subscription.dropped == 5
        assert numbers(subscription.drain()) == [0, 1, 2]

    def test_makes_room_as_it_is_read(self) -> None:
        bus = InProcessBus(2)
        subscription = bus.subscribe("*")
        for event in numbered(0, 1, 2):
            bus.publish(event)
        assert subscription.get() == numbered(0)[0]
        bus.publish(*numbered(3))
        assert numbers(subscription.drain()) == [1, 3]
        assert subscription.dropped == 1

    def test_of_one_subscription_leaves_the_others_alone(self) -> None:
        bus = InProcessBus(2)
        slow, quick = bus.subscribe("*"), bus.subscribe("*")
        seen = []
        for event in numbered(*range(10)):
            bus.publish(event)
            seen += quick.drain()
        assert numbers(seen) == list(range(10))
        assert quick.dropped == 0
        assert slow.dropped == 8

    @pytest.mark.timeout(10)
    def test_never_blocks_the_publisher(self) -> None:
        bus = InProcessBus(1)
        unread = [bus.subscribe("*") for _ in range(10)]
        for event in numbered(*range(1000)):
            bus.publish(event)
        assert {subscription.dropped for subscription in unread} == {999}


class TestBufferSize:
    @given(st.integers(max_value=0))
    def test_is_the_default_for_0_and_below(self, buffer_size: int) -> None:
        bus = InProcessBus(buffer_size)
        assert bus.buffer_size == DEFAULT_BUFFER_SIZE
        assert bus.subscribe("*").capacity == DEFAULT_BUFFER_SIZE

    def test_is_the_default_unless_told_otherwise(self) -> None:
        assert InProcessBus().buffer_size == DEFAULT_BUFFER_SIZE

    @given(st.integers(1, 50))
    def test_is_how_many_events_fit(self, buffer_size: int) -> None:
        bus = InProcessBus(buffer_size)
        subscription = bus.subscribe("*")
        for event in numbered(*range(buffer_size + 2)):
            bus.publish(event)
        assert numbers(subscription.drain()) == list(range(buffer_size))
        assert subscription.dropped == 2

    def test_is_per_subscription_and_not_per_pattern(self) -> None:
        bus = InProcessBus(2)
        subscription = bus.subscribe("a", "b")
        for event_type in ("a", "b", "a", "b"):
            bus.publish(Event("test", event_type))
        assert [event.type for event in subscription.drain()] == ["a", "b"]


class TestCost:
    @pytest.fixture
    def touched(self, monkeypatch: pytest.MonkeyPatch) -> list[Subscription]:
        """Every subscription that a publish touched."""
        touched: list[Subscription] = []
        really_offer = Subscription.offer

        def offer(subscription: Subscription, event: Event) -> bool:
            touched.append(subscription)
            return really_offer(subscription, event)

        monkeypatch.setattr(Subscription, "offer", offer)
        return touched

    def test_is_what_matches_and_not_what_is_subscribed(self, touched: list[Subscription]) -> None:
        bus = InProcessBus()
        others = [bus.subscribe(f"other{n}.*", f"thing.other{n}") for n in range(1000)]
        matching = [bus.subscribe("thing.*"), bus.subscribe("thing.happened", "*")]
        bus.publish(HAPPENED)
        bus.publish(HAPPENED)
        assert Counter(touched) == {matching[0]: 2, matching[1]: 2}
        assert not any(len(other) for other in others)

    def test_asks_the_index_for_the_patterns_of_the_type_only(self) -> None:
        class Index(dict[str, dict[Subscription, None]]):
            """Counts what is looked up, and cannot be searched through."""

            lookups = 0

            def get(self, key: str, default: object = None) -> object:  # type: ignore[override]
                self.lookups += 1
                return super().get(key, default)

            def __iter__(self) -> NoReturn:
                raise AssertionError("a search through everything that is subscribed")

            keys = values = items = __iter__

        bus = InProcessBus()
        for n in range(1000):
            bus.subscribe(f"other{n}.*")
        index = bus._by_pattern = Index(bus._by_pattern)
        bus.publish(Event("test", "a.b.c"))
        assert index.lookups == 4  # a.b.c, a.*, a.b.*, *
        bus.publish(Event("test", "a.b.c"))
        assert index.lookups == 4

    def test_does_not_grow_with_the_types_ever_published(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "_MOST_ROUTES", 10)
        bus = InProcessBus()
        subscription = bus.subscribe("*")
        for n in range(100):
            bus.publish(Event("test", f"type{n}"))
            assert len(bus._routes) <= 10
        assert len(subscription) == 100

    def test_forgets_a_subscription_that_ended(self) -> None:
        bus = InProcessBus()
        kept = bus.subscribe("thing.*")
        for _ in range(100):
            with bus.subscribe("thing.*", "thing.happened", "*", "*"):
                bus.publish(HAPPENED)
        assert bus._by_pattern == {"thing.*": {kept: None}}
        assert bus._routes == {}


class TestGarbageCollection:
    @pytest.mark.timeout(10)
    def test_may_unsubscribe_a_forgotten_reader_in_the_middle_of_a_publish(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        bus = InProcessBus()

        def follow() -> Iterator[None]:
            with bus.subscribe("*"):
                yield

        reader = follow()
        next(reader)
        forgotten: list[object] = [reader]
        forgotten.append(forgotten)  # only the collector can free it now
        really_offer = Subscription.offer

        def offer(subscription: Subscription, event: Event) -> bool:
            gc.collect()
            return really_offer(subscription, event)

        monkeypatch.setattr(Subscription, "offer", offer)
        staying = bus.subscribe("*")
        del forgotten, reader
        bus.publish(HAPPENED)
        assert staying.drain() == [HAPPENED]
        assert bus._by_pattern == {"*": {staying: None}}
