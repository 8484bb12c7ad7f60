"""What the page of the protocol's coverage says."""

import pytest

from registry.dispatch import Operation
from tools.notes.authorisation import described_operations
from tools.notes.coverage import coverage, folders_that_test, missing
from tools.notes.effects import published_by
from tools.notes.public_protocol import NOT_SERVED, PUBLIC

OPERATIONS = {operation.type: operation for operation in described_operations()}


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=list(OPERATIONS))
def test_every_message_type_is_tested_by_name(operation: Operation) -> None:
    assert folders_that_test(operation)


def test_every_public_message_type_is_served_or_said_not_to_be() -> None:
    assert missing(set(OPERATIONS)) == []
    assert missing(set(OPERATIONS) - {"lookup"}) == ["lookup"]
    assert NOT_SERVED.keys() <= PUBLIC
    assert not NOT_SERVED.keys() & OPERATIONS.keys()


@pytest.mark.parametrize(
    ("message_type", "events"),
    [
        ("lookup", []),
        ("set_tags", ["node.tags_changed"]),
        ("set_member_tags", ["membership.tags_changed"]),
        (
            "register",  # over several stores, and many at once
            [
                "identity.external_id_changed",
                "identity.owner_changed",
                "key.enrolled",
                "node.registered",
            ],
        ),
        ("rotate_key", ["key.rotated"]),
        ("set_identity_webhook", ["identity.webhook_changed"]),
        ("set_audit_export", ["audit_export.configured"]),  # made by a function of its own
    ],
)
def test_events_are_found_by_following_the_code(message_type: str, events: list[str]) -> None:
    assert published_by(OPERATIONS[message_type]) == events


def test_a_row_says_it_all() -> None:
    [row] = [line for line in coverage().splitlines() if line.startswith("| `rotate_key`")]
    assert row.startswith("| `rotate_key` | yes | identity | a signer | `key.rotated` | access, ")
