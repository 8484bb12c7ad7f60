import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.events import Event, EventType

JOINED = EventType(
    "membership",
    "membership.joined",
    "A node joined a network.",
    {"network_id": "the network", "node_id": "the node"},
)


class TestEvent:
    def test_equals_an_event_that_tells_the_same(self) -> None:
        assert Event("trust", "trust.given", {"a": 1}) == Event("trust", "trust.given", {"a": 1})

    @pytest.mark.parametrize(
        "other",
        [
            Event("policy", "trust.given", {"a": 1}),
            Event("trust", "trust.taken", {"a": 1}),
            Event("trust", "trust.given", {"a": 2}),
            Event("trust", "trust.given"),
        ],
    )
    def test_differs_from_an_event_that_tells_something_else(self, other: Event) -> None:
        assert Event("trust", "trust.given", {"a": 1}) != other

    def test_is_the_same_wherever_it_was_logged(self) -> None:
        assert Event("trust", "trust.given", number=4) == Event("trust", "trust.given", number=9)

    def test_is_in_no_log_unless_it_was_told_so(self) -> None:
        assert Event("trust", "trust.given").number == 0

    def test_cannot_be_changed(self) -> None:
        event = Event("trust", "trust.given")
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            event.type = "trust.taken"  # type: ignore[misc]

    def test_shares_no_default_payload_with_other_events(self) -> None:
        assert Event("trust", "trust.given").payload is not Event("trust", "trust.given").payload


class TestEventType:
    def test_makes_events_of_its_source_and_name(self) -> None:
        event = JOINED(network_id=7, node_id=3)
        expected = Event("membership", "membership.joined", {"network_id": 7, "node_id": 3})
        assert event == expected
        assert event.number == 0

    def test_names_the_key_that_is_missing(self) -> None:
        with pytest.raises(TypeError, match=r"membership\.joined: missing .*'node_id'"):
            JOINED(network_id=7)

    def test_names_the_key_that_is_unknown(self) -> None:
        with pytest.raises(TypeError, match=r"membership\.joined: .*unknown \['role'\]"):
            JOINED(network_id=7, node_id=3, role="admin")

    @given(st.sets(st.sampled_from("abcde")), st.sets(st.sampled_from("abcde")))
    def test_takes_exactly_the_declared_keys(self, declared: set[str], given: set[str]) -> None:
        event_type = EventType("test", "test.happened", "", dict.fromkeys(declared, ""))
        payload = dict.fromkeys(given, 1)
        if declared == given:
            assert event_type(**payload).payload == payload
        else:
            with pytest.raises(TypeError):
                event_type(**payload)
