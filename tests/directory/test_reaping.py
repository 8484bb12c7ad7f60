"""Removing nodes that were silent for too long."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from registry.directory import SCHEMA_STEPS, DirectoryStore, Node
from registry.persistence import Committer
from tests.harness.stores import ground_in

NOW = 1_700_000_000
NODE = Node(node_id=1, real_addr="127.0.0.1:4001")


@pytest.fixture
def committer(tmp_path: Path) -> Iterator[Committer]:
    with ground_in(tmp_path, "directory", SCHEMA_STEPS) as ground:
        yield ground.committer


def reaped(committer: Committer, *, last_seen: int, silent_since: float) -> list[int]:
    """Which nodes are reaped where one registered `NOW`, and memory says when it was heard of."""
    store = DirectoryStore(clock=lambda: NOW, last_seen=lambda _node_id: last_seen)
    committer.run(lambda transaction: store.register(transaction, [NODE]))
    return committer.run(lambda transaction: store.reap(transaction, [1], silent_since))


def test_a_silent_node_goes(committer: Committer) -> None:
    assert reaped(committer, last_seen=NOW, silent_since=NOW + 0.5) == [1]


def test_a_node_that_was_heard_of_meanwhile_stays(committer: Committer) -> None:
    assert reaped(committer, last_seen=NOW + 1, silent_since=NOW + 0.5) == []


@pytest.mark.parametrize("silent_since", [NOW - 0.5, NOW])
def test_a_node_that_has_just_come_back_stays(committer: Committer, silent_since: float) -> None:
    """Memory does not know of it yet: the event is on its way."""
    assert reaped(committer, last_seen=0, silent_since=silent_since) == []
