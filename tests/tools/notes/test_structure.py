"""What the pages about events and layers say."""

import pytest

from tools.notes.events import events
from tools.notes.layers import layers


@pytest.fixture(scope="module")
def rows() -> dict[str, list[str]]:
    """The cells of the events page by event type."""
    lines = [line for line in events().splitlines() if line.startswith("| `")]
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]
    return {row[0].strip("` "): row for row in cells}


def test_every_declared_type_has_a_row(rows: dict[str, list[str]]) -> None:
    assert {"node.registered", "key.rotated", "membership.joined", "trust.linked"} <= rows.keys()
    assert {"polo.changed", "policy.changed", "beacon.registered"} <= rows.keys()


def test_a_row_says_who_publishes_and_who_follows_and_how(rows: dict[str, list[str]]) -> None:
    _, source, _, payload, publishers, subscribers = rows["key.rotated"]
    assert source == "identity"
    assert "`node_id`: the node" in payload
    assert "`registry.identity.bindings`" in publishers.split("<br>")
    assert "directory: read model `DirectoryView`" in subscribers
    assert "identity: read model `IdentityView`" in subscribers


def test_reactions_are_told_by_their_name(rows: dict[str, list[str]]) -> None:
    subscribers = rows["node.deregistered"][-1]
    assert "membership: reaction `membership.leave`" in subscribers
    assert "trust: reaction `trust.forget`" in subscribers


def test_the_layers_show_stores_that_know_only_events() -> None:
    page = layers()
    assert "| R5 | directory, identity, membership, policy, polo, routing, trust | events |" in page
    assert "    polo[polo] --> events[events]" in page
    assert "    polo[polo] --> trust[trust]" not in page
