"""Every request is counted once, whichever way it goes."""

import pytest

from registry.dispatch import Tally
from registry.dispatch.tallies import SAMPLE_EVERY
from tests.harness.client import Refused
from tests.system.registry import Registry


def tally(registry: Registry, message_type: str) -> Tally:
    [operation] = [one for one in registry.application.operations if one.type == message_type]
    return operation.tally


def test_requests_are_counted_whether_remembered_or_not(registry: Registry) -> None:
    node_id = registry.register()
    for _ in range(SAMPLE_EVERY + 1):
        registry.ask("lookup", node_id=node_id)
    lookups = tally(registry, "lookup")
    assert lookups.requests == SAMPLE_EVERY + 1
    assert lookups.seconds.count == 1
    assert lookups.repeat_seconds.count == 1


def test_writes_are_counted_when_they_are_answered(registry: Registry) -> None:
    registry.register()
    registrations = tally(registry, "register")
    assert registrations.requests == 1
    assert registrations.seconds.total > 0


def test_what_is_remembered_and_then_written_is_counted_once(registry: Registry) -> None:
    asked, asks = registry.register(), registry.register()
    for _ in range(3):
        registry.signed(asked, "poll_handshakes", node_id=asked)
        registry.signed(asks, "request_handshake", from_node_id=asks, to_node_id=asked)
    registry.signed(asked, "poll_handshakes", node_id=asked)
    assert tally(registry, "poll_handshakes").requests == 4


def test_errors_are_counted_by_kind(registry: Registry) -> None:
    node_id = registry.register()
    registry.ask("lookup", node_id=node_id)
    for _ in range(2):
        with pytest.raises(Refused):
            registry.ask("lookup", node_id=99)
    registry.signed(node_id, "deregister", node_id=node_id)
    with pytest.raises(Refused):
        registry.ask("lookup", node_id=node_id)  # it is remembered, and fails now
    assert tally(registry, "lookup").errors == {"refused": 3}
    with pytest.raises(Refused):
        registry.signed(node_id, "set_tags", node_id=node_id, tags=["gpu"])
    assert tally(registry, "set_tags").errors == {"refused": 1}


def test_what_cannot_be_read_is_counted_apart(registry: Registry) -> None:
    registry.send(b"{")
    registry.send(b'{"type": "nothing"}')
    assert registry.application.protocols.json.unreadable == 2
