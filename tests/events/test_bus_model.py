"""The bus against a model of it that is too simple to be wrong."""

from attrs import Factory, define
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
)

from registry.events import Event, InProcessBus, Subscription
from tests.events.helpers import numbers
from tests.events.test_matching import naively_matches
from tests.examples import examples

TYPES = ["a", "a.x", "a.y", "a.x.deep", "b", "b.x"]
PATTERNS = ["*", "a.*", "a.x.*", "b.*", *TYPES]


@define
class Channel:
    """What the model knows of a subscription."""

    patterns: list[str]
    buffered: list[int] = Factory(list)
    dropped: int = 0
    closed: bool = False


class BusMachine(RuleBasedStateMachine):
    subscriptions = Bundle[Subscription]("subscriptions")

    @initialize(capacity=st.integers(1, 3))
    def make_bus(self, capacity: int) -> None:
        self.capacity = capacity
        self.bus = InProcessBus(capacity)
        self.published = 0
        self.model: dict[Subscription, Channel] = {}

    @rule(
        target=subscriptions,
        patterns=st.lists(st.sampled_from(PATTERNS), min_size=1, max_size=3),
    )
    def subscribe(self, patterns: list[str]) -> Subscription:
        subscription = self.bus.subscribe(*patterns)
        self.model[subscription] = Channel(patterns)
        return subscription

    @rule(event_type=st.sampled_from(TYPES))
    def publish(self, event_type: str) -> None:
        self.bus.publish(Event("test", event_type, {"n": self.published}))
        for channel in self.model.values():
            if channel.closed or not any(naively_matches(p, event_type) for p in channel.patterns):
                continue
            if len(channel.buffered) < self.capacity:
                channel.buffered.append(self.published)
            else:
                channel.dropped += 1
        self.published += 1

    @rule(subscription=subscriptions)
    def drain(self, subscription: Subscription) -> None:
        channel = self.model[subscription]
        assert numbers(subscription.drain()) == channel.buffered
        channel.buffered.clear()

    @rule(subscription=subscriptions)
    def get(self, subscription: Subscription) -> None:
        channel = self.model[subscription]
        event = subscription.get(timeout=0)
        if channel.buffered:
            assert event is not None
            assert event.payload["n"] == channel.buffered.pop(0)
        else:
            assert event is None

    @rule(subscription=subscriptions)
    def unsubscribe(self, subscription: Subscription) -> None:
        subscription.unsubscribe()
        self.model[subscription].closed = True

    @invariant()
    def agrees_with_the_model(self) -> None:
        for subscription, channel in self.model.items():
            assert len(subscription) == len(channel.buffered)
            assert subscription.dropped == channel.dropped
            assert subscription.closed == channel.closed

    def teardown(self) -> None:
        for subscription, channel in self.model.items():
            subscription.unsubscribe()
            assert numbers(list(subscription)) == channel.buffered


TestBusAgainstItsModel = BusMachine.TestCase
TestBusAgainstItsModel.settings = settings(
    max_examples=examples(60), stateful_step_count=40, deadline=None
)
