"""What holds when many threads publish and read at the same time."""

import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator

import pytest

from registry.events import Event, InProcessBus, Subscription
from tests.events.helpers import PATIENCE, all_at_once, in_thread

PUBLISHERS = 4
EACH = 200

Told = tuple[int, int]  # who published it, and as which of theirs


@pytest.fixture(autouse=True)
def _threads_that_interrupt_each_other() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


def publisher(bus: InProcessBus, who: int) -> Callable[[], None]:
    def publish() -> None:
        for nth in range(EACH):
            kind = "even" if nth % 2 == 0 else "odd"
            bus.publish(Event("test", f"count.{kind}", {"who": who, "nth": nth}))

    return publish


def told(events: list[Event]) -> list[Told]:
    return [(event.payload["who"], event.payload["nth"]) for event in events]


def is_in_order_of_each_publisher(story: list[Told]) -> bool:
    by_publisher = defaultdict(list)
    for who, nth in story:
        by_publisher[who].append(nth)
    return all(nths == sorted(nths) for nths in by_publisher.values())


EVERYTHING = {(who, nth) for who in range(PUBLISHERS) for nth in range(EACH)}


class TestManyPublishers:
    def test_lose_and_double_nothing_when_the_buffers_suffice(self) -> None:
        bus = InProcessBus(PUBLISHERS * EACH)
        subscriptions = [bus.subscribe("*"), bus.subscribe("count.*", "count.odd")]
        all_at_once(*(publisher(bus, who) for who in range(PUBLISHERS)))
        for subscription in subscriptions:
            assert Counter(told(subscription.drain())) == Counter(EVERYTHING)
            assert subscription.dropped == 0

    def test_each_keep_their_order(self) -> None:
        bus = InProcessBus(PUBLISHERS * EACH)
        subscription = bus.subscribe("*")
        all_at_once(*(publisher(bus, who) for who in range(PUBLISHERS)))
        assert is_in_order_of_each_publisher(told(subscription.drain()))

    def test_appear_in_one_order_to_all_subscriptions(self) -> None:
        bus = InProcessBus(PUBLISHERS * EACH)
        first, second = bus.subscribe("*"), bus.subscribe("count.*")
        odd = bus.subscribe("count.odd")
        all_at_once(*(publisher(bus, who) for who in range(PUBLISHERS)))
        story = told(first.drain())
        assert told(second.drain()) == story
        assert told(odd.drain()) == [(who, nth) for who, nth in story if nth % 2]

    def test_account_for_every_event_when_the_buffers_overflow(self) -> None:
        bus = InProcessBus(10)
        subscription = bus.subscribe("*")
        seen: list[Event] = []

        def read() -> None:
            seen.extend(subscription)

        reader = in_thread(read)
        all_at_once(*(publisher(bus, who) for who in range(PUBLISHERS)))
        subscription.unsubscribe()
        reader.result(PATIENCE)
        assert len(seen) + subscription.dropped == PUBLISHERS * EACH
        assert len(set(told(seen))) == len(seen)
        assert is_in_order_of_each_publisher(told(seen))


class TestManyReaders:
    def test_of_one_subscription_share_its_events(self) -> None:
        bus = InProcessBus(PUBLISHERS * EACH)
        subscription = bus.subscribe("*")
        readers = [in_thread(lambda: list(subscription)) for _ in range(3)]
        all_at_once(*(publisher(bus, who) for who in range(PUBLISHERS)))
        subscription.unsubscribe()
        shares = [told(reader.result(PATIENCE)) for reader in readers]
        assert Counter(sum(shares, [])) == Counter(EVERYTHING)  # noqa: RUF017
        assert all(is_in_order_of_each_publisher(share) for share in shares)

    def test_that_drain_share_its_events(self) -> None:
        bus = InProcessBus(PUBLISHERS * EACH)
        subscription = bus.subscribe("*")

        def drain_until_closed() -> list[Event]:
            events = []
            while not subscription.closed:
                events += subscription.drain()
            return events + subscription.drain()

        readers = [in_thread(drain_until_closed) for _ in range(2)]
        all_at_once(*(publisher(bus, who) for who in range(PUBLISHERS)))
        subscription.unsubscribe()
        shares = [told(reader.result(PATIENCE)) for reader in readers]
        assert Counter(sum(shares, [])) == Counter(EVERYTHING)  # noqa: RUF017


class TestComingAndGoing:
    def test_subscribers_see_a_run_without_gaps(self) -> None:
        bus = InProcessBus(EACH * PUBLISHERS)

        def come_and_go() -> None:
            for _ in range(20):
                with bus.subscribe("count.*", "*") as subscription:
                    events = [event for event in [subscription.get(PATIENCE)] if event]
                events += subscription.drain()
                by_publisher = defaultdict(list)
                for who, nth in told(events):
                    by_publisher[who].append(nth)
                for nths in by_publisher.values():
                    assert nths == [(nths[0] + i) % EACH for i in range(len(nths))]

        comers = [in_thread(come_and_go) for _ in range(2)]
        while not all(comer.done() for comer in comers):
            all_at_once(*(publisher(bus, who) for who in range(2)))
        for comer in comers:
            comer.result(PATIENCE)
        assert not bus._by_pattern

    def test_subscribers_get_all_that_is_published_once_they_are_in(self) -> None:
        bus = InProcessBus(EACH * PUBLISHERS)

        def subscribe_then_publish(who: int) -> Callable[[], tuple[int, Subscription]]:
            def work() -> tuple[int, Subscription]:
                subscription = bus.subscribe("count.*")
                publisher(bus, who)()
                return who, subscription

            return work

        for who, subscription in all_at_once(*map(subscribe_then_publish, range(PUBLISHERS))):
            mine = [nth for teller, nth in told(subscription.drain()) if teller == who]
            assert mine == list(range(EACH))
