"""The pattern rules, against a matcher that knows nothing of the bus's index."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from registry.events import Event, InProcessBus, matches


def naively_matches(pattern: str, event_type: str) -> bool:
    if pattern == "*":
        return True
    if pattern.endswith(".*"):
        return event_type.startswith(pattern.removesuffix("*"))
    return pattern == event_type


names = st.lists(st.sampled_from(["a", "b", "ab"]), min_size=1, max_size=4).map(".".join)
ordinary_patterns = st.one_of(names, names.map("{}.*".format), st.just("*"))
strange = st.text(alphabet="ab.*", max_size=6)


class TestMatches:
    @pytest.mark.parametrize(
        ("pattern", "event_type", "expected"),
        [
            ("membership.*", "membership.joined", True),
            ("membership.*", "membership.role.changed", True),
            ("membership.*", "membership.role.changed.again", True),
            ("membership.role.*", "membership.role.changed", True),
            ("membership.role.*", "membership.joined", False),
            ("membership.*", "membership", False),
            ("membership.*", "memberships.joined", False),
            ("membership.*", "trust.membership.joined", False),
            ("membership", "membership", True),
            ("membership", "membership.joined", False),
            ("membership.joined", "membership.joined", True),
            ("membership.joined", "membership.joined.twice", False),
            ("membership.joined", "membership", False),
            ("*", "membership", True),
            ("*", "membership.role.changed", True),
            ("*.joined", "membership.joined", False),
            ("member*", "membership", False),
        ],
    )
    def test_follows_the_rules(
        self,
        pattern: str,
        event_type: str,
        expected: bool,  # noqa: FBT001
    ) -> None:
        assert matches(pattern, event_type) is expected
        assert naively_matches(pattern, event_type) is expected

    @given(ordinary_patterns, names)
    @example("a.*", "a")
    @example("a.*", "ab.a")
    @example("a.*", "a.b.ab")
    def test_agrees_with_a_naive_matcher(self, pattern: str, event_type: str) -> None:
        assert matches(pattern, event_type) is naively_matches(pattern, event_type)

    @given(strange, strange)
    def test_agrees_with_it_even_on_strange_names(self, pattern: str, event_type: str) -> None:
        assert matches(pattern, event_type) is naively_matches(pattern, event_type)

    @given(st.data(), names)
    def test_matches_every_prefix_of_a_type_and_no_other(
        self, data: st.DataObject, event_type: str
    ) -> None:
        segments = event_type.split(".")
        depth = data.draw(st.integers(1, len(segments)))
        pattern = ".".join([*segments[:depth], "*"])
        assert matches(pattern, event_type) is (depth < len(segments))


class TestBus:
    @given(
        st.lists(st.lists(ordinary_patterns, min_size=1, max_size=4), max_size=6),
        st.lists(names, max_size=8),
    )
    def test_delivers_exactly_what_matches(
        self, subscribed: list[list[str]], published: list[str]
    ) -> None:
        bus = InProcessBus()
        subscriptions = [bus.subscribe(*patterns) for patterns in subscribed]
        events = [Event("test", event_type, {"n": n}) for n, event_type in enumerate(published)]
        for event in events:
            bus.publish(event)
        for patterns, subscription in zip(subscribed, subscriptions, strict=True):
            expected = [e for e in events if any(naively_matches(p, e.type) for p in patterns)]
            assert subscription.drain() == expected

    @given(ordinary_patterns, names, names)
    def test_does_not_look_at_the_source(self, pattern: str, event_type: str, source: str) -> None:
        bus = InProcessBus()
        subscription = bus.subscribe(pattern)
        bus.publish(Event(source, event_type))
        assert len(subscription) == naively_matches(pattern, event_type)
