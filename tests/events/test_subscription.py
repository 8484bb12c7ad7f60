import asyncio
import gc
import threading
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.events import Event, InProcessBus, Subscription
from tests.events.helpers import PATIENCE, all_at_once, in_thread, notice_waiting, numbered, numbers

ONE, TWO, THREE = numbered(1, 2, 3)


@pytest.fixture
def bus() -> InProcessBus:
    return InProcessBus()


@pytest.fixture
def subscription(bus: InProcessBus) -> Subscription:
    return bus.subscribe("*")


async def read_one(subscription: Subscription) -> Event:
    return await anext(subscription)


async def read_all(subscription: Subscription) -> list[Event]:
    return [event async for event in subscription]


async def waiting_reader(subscription: Subscription) -> "asyncio.Task[Event]":
    """A task that waits for the next event."""
    task = asyncio.create_task(read_one(subscription))
    await asyncio.sleep(0)
    assert not task.done()
    return task


class TestBuffer:
    def test_is_empty_at_first(self, subscription: Subscription) -> None:
        assert len(subscription) == 0
        assert subscription.drain() == []
        assert subscription.dropped == 0

    def test_tells_its_length(self, bus: InProcessBus, subscription: Subscription) -> None:
        bus.publish(ONE)
        bus.publish(TWO)
        assert len(subscription) == 2

    def test_makes_no_difference_to_truth(self, subscription: Subscription) -> None:
        assert subscription

    def test_is_emptied_by_drain(self, bus: InProcessBus, subscription: Subscription) -> None:
        bus.publish(ONE)
        bus.publish(TWO)
        assert subscription.drain() == [ONE, TWO]
        assert subscription.drain() == []
        bus.publish(THREE)
        assert subscription.drain() == [THREE]

    def test_loses_nothing_that_comes_while_it_is_drained(
        self, bus: InProcessBus, subscription: Subscription
    ) -> None:
        arrived = threading.Event()

        class Door(threading.Condition):
            """Says when somebody waits before it."""

            def __enter__(self) -> bool:
                if not self.acquire(blocking=False):
                    arrived.set()
                    self.acquire()
                return True

        class Buffer(deque[Event]):
            def clear(self) -> None:
                publisher = in_thread(lambda: bus.publish(TWO))
                publisher.add_done_callback(lambda _: arrived.set())
                assert arrived.wait(PATIENCE)
                super().clear()
                publishers.append(publisher)

        publishers: list[Future[None]] = []
        subscription._readable = Door()
        subscription._events = Buffer()
        bus.publish(ONE)
        drained = subscription.drain()
        publishers[0].result(PATIENCE)
        assert drained + list(subscription._events) == [ONE, TWO]


class TestGet:
    def test_takes_the_oldest_event(self, bus: InProcessBus, subscription: Subscription) -> None:
        bus.publish(ONE)
        bus.publish(TWO)
        assert subscription.get() == ONE
        assert subscription.get() == TWO

    @pytest.mark.parametrize("timeout", [0, 0.001, -1])
    def test_gives_up_in_time(self, subscription: Subscription, timeout: float) -> None:
        assert subscription.get(timeout) is None

    def test_does_not_wait_for_what_is_there(
        self, bus: InProcessBus, subscription: Subscription
    ) -> None:
        waits = notice_waiting(subscription)
        bus.publish(ONE)
        assert subscription.get(timeout=0) == ONE
        assert not waits.is_set()

    @pytest.mark.parametrize("timeout", [None, PATIENCE])
    def test_waits_for_an_event(
        self, bus: InProcessBus, subscription: Subscription, timeout: float | None
    ) -> None:
        waits = notice_waiting(subscription)
        reader = in_thread(lambda: subscription.get(timeout))
        assert waits.wait(PATIENCE)
        bus.publish(ONE)
        assert reader.result(PATIENCE) == ONE

    def test_gives_each_event_to_one_of_the_waiting_threads(
        self, bus: InProcessBus, subscription: Subscription
    ) -> None:
        waits = notice_waiting(subscription, waiters=3)
        readers = [in_thread(subscription.get) for _ in range(3)]
        assert waits.wait(PATIENCE)
        for event in (ONE, TWO, THREE):
            bus.publish(event)
        got = [reader.result(PATIENCE) for reader in readers]
        assert sorted(numbers([event for event in got if event])) == [1, 2, 3]

    def test_waits_on_when_another_reader_was_quicker(
        self, bus: InProcessBus, subscription: Subscription
    ) -> None:
        waits = notice_waiting(subscription)
        reader = in_thread(subscription.get)
        assert waits.wait(PATIENCE)
        waits.clear()
        reader.add_done_callback(lambda _: waits.set())
        with subscription._readable:
            subscription.offer(ONE)
            assert subscription.drain() == [ONE]
        assert waits.wait(PATIENCE)
        bus.publish(TWO)
        assert reader.result(PATIENCE) == TWO

    def test_leaves_no_trace_of_having_waited(self, subscription: Subscription) -> None:
        subscription.get(timeout=0.001)
        assert subscription._threads_waiting == 0


class TestUnsubscribe:
    def test_ends_the_delivery(self, bus: InProcessBus, subscription: Subscription) -> None:
        subscription.unsubscribe()
        bus.publish(ONE)
        assert subscription.drain() == []
        assert subscription.dropped == 0

    def test_leaves_other_subscriptions_alone(
        self, bus: InProcessBus, subscription: Subscription
    ) -> None:
        other = bus.subscribe("*")
        bus.publish(ONE)
        subscription.unsubscribe()
        bus.publish(TWO)
        assert other.drain() == [ONE, TWO]
        assert not other.closed

    def test_refuses_what_is_offered_all_the_same(self, subscription: Subscription) -> None:
        subscription.unsubscribe()
        assert subscription.offer(ONE) is False
        assert subscription.drain() == []

    def test_may_be_called_again(self, bus: InProcessBus, subscription: Subscription) -> None:
        other = bus.subscribe("*")
        subscription.unsubscribe()
        subscription.unsubscribe()
        bus.publish(ONE)
        assert subscription.closed
        assert other.drain() == [ONE]

    def test_may_be_called_by_many_threads_at_once(self, subscription: Subscription) -> None:
        all_at_once(*[subscription.unsubscribe] * 4)
        assert subscription.closed

    def test_leaves_what_is_buffered_to_be_read(
        self, bus: InProcessBus, subscription: Subscription
    ) -> None:
        for event in (ONE, TWO, THREE):
            bus.publish(event)
        subscription.unsubscribe()
        assert len(subscription) == 3
        assert subscription.get() == ONE
        assert list(subscription) == [TWO, THREE]
        assert subscription.get() is None

    def test_leaves_what_is_buffered_to_be_drained(
        self, bus: InProcessBus, subscription: Subscription
    ) -> None:
        bus.publish(ONE)
        subscription.unsubscribe()
        assert subscription.drain() == [ONE]

    def test_ends_every_thread_that_waits(self, subscription: Subscription) -> None:
        waits = notice_waiting(subscription, waiters=3)
        getting = in_thread(subscription.get)
        iterating = [in_thread(lambda: list(subscription)) for _ in range(2)]
        assert waits.wait(PATIENCE)
        subscription.unsubscribe()
        assert getting.result(PATIENCE) is None
        assert [reader.result(PATIENCE) for reader in iterating] == [[], []]

    def test_ends_every_task_that_waits(self, subscription: Subscription) -> None:
        async def main() -> None:
            readers = [asyncio.create_task(read_all(subscription)) for _ in range(3)]
            await asyncio.sleep(0)
            subscription.unsubscribe()
            assert await asyncio.wait_for(asyncio.gather(*readers), PATIENCE) == [[], [], []]

        asyncio.run(main())

    def test_ends_a_task_from_another_thread(self, subscription: Subscription) -> None:
        async def main() -> None:
            reader = asyncio.create_task(read_all(subscription))
            await asyncio.sleep(0)
            unsubscribed = in_thread(subscription.unsubscribe)
            assert await asyncio.wait_for(reader, PATIENCE) == []
            unsubscribed.result(PATIENCE)

        asyncio.run(main(), debug=True)

    def test_happens_at_the_end_of_a_with_block(self, bus: InProcessBus) -> None:
        with bus.subscribe("*") as subscription:
            bus.publish(ONE)
            assert not subscription.closed
        assert subscription.closed
        bus.publish(TWO)
        assert list(subscription) == [ONE]

    def test_happens_when_a_with_block_fails(self, bus: InProcessBus) -> None:
        with pytest.raises(ZeroDivisionError), bus.subscribe("*") as subscription:
            _ = 1 / 0
        assert subscription.closed


class TestFor:
    def test_reads_in_order_until_unsubscribed(
        self, bus: InProcessBus, subscription: Subscription
    ) -> None:
        events = numbered(*range(100))
        reader = in_thread(lambda: list(subscription))
        for event in events:
            bus.publish(event)
        subscription.unsubscribe()
        assert reader.result(PATIENCE) == events

    def test_can_be_left_and_resumed(self, bus: InProcessBus, subscription: Subscription) -> None:
        bus.publish(ONE)
        bus.publish(TWO)
        for event in subscription:
            assert event == ONE
            break
        assert subscription.drain() == [TWO]


class TestAsyncFor:
    def test_reads_what_is_buffered_without_waiting(
        self, bus: InProcessBus, subscription: Subscription
    ) -> None:
        bus.publish(ONE)
        bus.publish(TWO)
        subscription.unsubscribe()
        assert asyncio.run(read_all(subscription)) == [ONE, TWO]

    def test_waits_for_more(self, bus: InProcessBus, subscription: Subscription) -> None:
        async def main() -> list[Event]:
            reader = asyncio.create_task(read_all(subscription))
            for event in (ONE, TWO, THREE):
                await asyncio.sleep(0)
                bus.publish(event)
            subscription.unsubscribe()
            return await asyncio.wait_for(reader, PATIENCE)

        assert asyncio.run(main()) == [ONE, TWO, THREE]

    def test_is_woken_from_other_threads(
        self, bus: InProcessBus, subscription: Subscription
    ) -> None:
        async def main() -> Event:
            reader = await waiting_reader(subscription)
            publisher = in_thread(lambda: bus.publish(ONE))
            event = await asyncio.wait_for(reader, PATIENCE)
            publisher.result(PATIENCE)
            return event

        # In debug mode a loop objects to whoever touches it from another thread.
        assert asyncio.run(main(), debug=True) == ONE

    def test_reads_all_that_another_thread_publishes(self, bus: InProcessBus) -> None:
        subscription = bus.subscribe("thing.*")
        events = numbered(*range(500))

        def publish() -> None:
            for event in events:
                bus.publish(event)
            subscription.unsubscribe()

        async def main() -> list[Event]:
            publisher = in_thread(publish)
            read = await asyncio.wait_for(read_all(subscription), PATIENCE)
            publisher.result(PATIENCE)
            return read

        assert asyncio.run(main(), debug=True) == events

    def test_shares_the_events_between_tasks(
        self, bus: InProcessBus, subscription: Subscription
    ) -> None:
        async def main() -> list[Event]:
            readers = [await waiting_reader(subscription) for _ in range(3)]
            for event in (ONE, TWO, THREE):
                bus.publish(event)
            return await asyncio.wait_for(asyncio.gather(*readers), PATIENCE)

        assert sorted(numbers(asyncio.run(main()))) == [1, 2, 3]

    def test_works_on_several_loops_at_once(
        self, bus: InProcessBus, subscription: Subscription
    ) -> None:
        events = numbered(*range(200))

        def publish() -> list[Event]:
            for event in events:
                bus.publish(event)
            subscription.unsubscribe()
            return []

        def read() -> list[Event]:
            return asyncio.run(asyncio.wait_for(read_all(subscription), PATIENCE))

        read_by = all_at_once(publish, read, read)
        assert sorted(numbers(sum(read_by, []))) == list(range(200))  # noqa: RUF017


class TestCancelledReader:
    def test_takes_no_event_with_it(self, bus: InProcessBus, subscription: Subscription) -> None:
        complaints = []

        async def main() -> None:
            loop = asyncio.get_running_loop()
            loop.set_exception_handler(lambda _, context: complaints.append(context))
            reader = await waiting_reader(subscription)
            bus.publish(ONE)  # wakes the reader, which has not run yet
            reader.cancel()
            await asyncio.wait([reader])
            assert reader.cancelled()

        asyncio.run(main())
        assert subscription.drain() == [ONE]
        assert complaints == []

    def test_leaves_the_event_to_another_reader(
        self, bus: InProcessBus, subscription: Subscription
    ) -> None:
        async def main() -> None:
            first, second = [await waiting_reader(subscription) for _ in range(2)]
            bus.publish(ONE)
            first.cancel()
            assert await asyncio.wait_for(second, PATIENCE) == ONE
            assert first.cancelled()

        asyncio.run(main())

    def test_that_ran_out_of_time_takes_no_event_with_it(
        self, bus: InProcessBus, subscription: Subscription
    ) -> None:
        async def main() -> None:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(anext(subscription), timeout=0)
            bus.publish(ONE)
            assert await asyncio.wait_for(anext(subscription), PATIENCE) == ONE

        asyncio.run(main())

    def test_leaves_no_trace(self, subscription: Subscription) -> None:
        async def main() -> None:
            reader = await waiting_reader(subscription)
            assert subscription._tasks_waiting
            reader.cancel()
            await asyncio.wait([reader])

        asyncio.run(main())
        assert not subscription._tasks_waiting

    @given(st.lists(st.sampled_from(["read", "publish", "cancel", "cancel newest", "step"])))
    def test_never_loses_or_doubles_an_event(self, steps: list[str]) -> None:
        async def main() -> None:
            bus = InProcessBus()
            subscription = bus.subscribe("*")
            readers: list[asyncio.Task[Event]] = []
            published = 0
            for step in steps:
                running = [reader for reader in readers if not reader.done()]
                match step:
                    case "read":
                        readers.append(asyncio.create_task(read_one(subscription)))
                    case "publish":
                        bus.publish(*numbered(published))
                        published += 1
                    case "cancel" if running:
                        running[0].cancel()
                    case "cancel newest" if running:
                        running[-1].cancel()
                    case _:
                        await asyncio.sleep(0)
            for _ in range(5):
                await asyncio.sleep(0)
            hungry = [reader for reader in readers if not reader.done()]
            assert not (hungry and len(subscription)), "an event waits, and so does a reader"
            fed = [r.result() for r in readers if r.done() and not r.cancelled()]
            left = subscription.drain()
            assert sorted(numbers(fed + left)) == list(range(published))
            assert numbers(left) == sorted(numbers(left))
            subscription.unsubscribe()
            await asyncio.gather(*readers, return_exceptions=True)

        asyncio.run(main())


class TestForgottenReader:
    """A loop that was closed with a reader still waiting on it."""

    @pytest.fixture
    def abandoned(self, subscription: Subscription) -> Iterator[Subscription]:
        async def wait() -> None:
            task = asyncio.create_task(read_one(subscription))
            task._log_destroy_pending = False  # type: ignore[attr-defined]
            await asyncio.sleep(0)

        loop = asyncio.new_event_loop()
        loop.run_until_complete(wait())
        loop.close()
        assert subscription._tasks_waiting
        yield subscription
        gc.collect()

    def test_does_not_disturb_the_publisher(
        self, bus: InProcessBus, abandoned: Subscription
    ) -> None:
        bus.publish(ONE)
        bus.publish(TWO)
        assert abandoned.drain() == [ONE, TWO]

    def test_does_not_disturb_unsubscribing(self, abandoned: Subscription) -> None:
        abandoned.unsubscribe()
        assert abandoned.closed

    @pytest.mark.timeout(10)
    def test_may_be_collected_while_the_buffer_is_in_use(
        self, bus: InProcessBus, abandoned: Subscription
    ) -> None:
        class CollectingDeque(deque[Event]):
            def __iter__(self) -> Iterator[Event]:
                gc.collect()
                return super().__iter__()

        abandoned._events = CollectingDeque()
        bus.publish(ONE)  # the last reference to the reader is gone
        assert abandoned.drain() == [ONE]
