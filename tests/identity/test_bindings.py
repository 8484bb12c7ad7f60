"""Keys and nodes, bound many at a time as if one came after the other."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.identity import SCHEMA_STEPS
from registry.identity.bindings import Enrollment, Rotation, enroll, rotate
from registry.persistence import Committer
from tests.harness.stores import ground_in

NOW = 1_700_000_000


@pytest.fixture
def committer(tmp_path: Path) -> Iterator[Committer]:
    with open_committer(tmp_path) as committer:
        yield committer


@contextmanager
def open_committer(folder: Path) -> Iterator[Committer]:
    """A committer over a database of this store alone."""
    with ground_in(folder, "identity", SCHEMA_STEPS) as ground:
        yield ground.committer


def key(number: int) -> bytes:
    return bytes([number]) * 32


def enrolled(committer: Committer, *asked: tuple[int, str]) -> list[object]:
    enrollments = [Enrollment(key(number), owner) for number, owner in asked]
    ended = committer.run(lambda transaction: enroll(transaction, enrollments, NOW))
    return [each if isinstance(each, int) else type(each) for each in ended]


def rotated(committer: Committer, *asked: tuple[int, int, int]) -> list[object]:
    rotations = [Rotation(node, key(old), key(new)) for node, old, new in asked]
    ended = committer.run(lambda transaction: rotate(transaction, rotations, NOW))
    return [each if isinstance(each, int) else type(each) for each in ended]


class TestEnroll:
    def test_gives_new_keys_ids_in_order(self, committer: Committer) -> None:
        assert enrolled(committer, (7, ""), (5, ""), (6, "")) == [1, 2, 3]
        assert enrolled(committer, (4, ""), (6, "")) == [4, 3]

    def test_the_same_key_twice_is_one_node(self, committer: Committer) -> None:
        assert enrolled(committer, (7, "a"), (7, "b"), (8, "")) == [1, 1, 2]

    def test_a_key_that_was_proved_once_has_to_be_proved_ever_after(
        self, committer: Committer
    ) -> None:
        unproved, proved = (Enrollment(key(1), "", proved=proved) for proved in (False, True))

        def ask(*enrollments: Enrollment) -> list[object]:
            ended = committer.run(lambda transaction: enroll(transaction, enrollments, NOW))
            return [each if isinstance(each, int) else type(each) for each in ended]

        assert ask(unproved, unproved) == [1, 1]
        assert ask(unproved, proved, unproved) == [1, 1, PermissionError]
        assert ask(unproved, proved) == [PermissionError, 1]

    def test_a_key_that_was_rotated_away_is_refused_and_the_others_are_not(
        self, committer: Committer
    ) -> None:
        enrolled(committer, (1, ""))
        rotated(committer, (1, 1, 2))
        assert enrolled(committer, (3, ""), (1, ""), (2, "")) == [2, PermissionError, 1]


class TestRotate:
    def test_moves_every_node(self, committer: Committer) -> None:
        enrolled(committer, (1, ""), (2, ""))
        assert rotated(committer, (1, 1, 11), (2, 2, 12)) == [1, 2]
        assert enrolled(committer, (11, ""), (12, "")) == [1, 2]

    def test_two_nodes_never_get_the_same_key(self, committer: Committer) -> None:
        enrolled(committer, (1, ""), (2, ""))
        assert rotated(committer, (1, 1, 9), (2, 2, 9)) == [1, PermissionError]

    def test_a_node_that_asks_twice_with_one_key_moves_once(self, committer: Committer) -> None:
        enrolled(committer, (1, ""))
        assert rotated(committer, (1, 1, 8), (1, 1, 9)) == [1, PermissionError]
        assert enrolled(committer, (8, "")) == [1]

    def test_a_key_that_a_node_of_the_same_batch_leaves_is_not_free(
        self, committer: Committer
    ) -> None:
        enrolled(committer, (1, ""), (2, ""))
        assert rotated(committer, (1, 1, 9), (2, 2, 1)) == [1, PermissionError]

    def test_needs_a_node(self, committer: Committer) -> None:
        assert rotated(committer, (1, 1, 9)) == [LookupError]


steps = st.lists(
    st.tuples(st.just("enroll"), st.integers(1, 6), st.sampled_from(["", "a", "b"]))
    | st.tuples(st.just("rotate"), st.integers(1, 4), st.integers(1, 6), st.integers(1, 9)),
    min_size=1,
    max_size=8,
)


@given(steps)
def test_many_at_once_end_as_one_by_one(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int, str] | tuple[int, ...]]
) -> None:
    """Runs of the same kind in one call, against the same requests in a call each."""
    ends = []
    for at_once in (True, False):
        with open_committer(tmp_path_factory.mktemp("world")) as committer:
            ended: list[object] = []
            for kind, run in _runs(steps, at_once=at_once):
                ended += enrolled(committer, *run) if kind == "enroll" else rotated(committer, *run)
            ends.append(ended)
    assert ends[0] == ends[1]


def _runs(steps: Any, *, at_once: bool) -> list[tuple[str, list[Any]]]:
    runs: list[tuple[str, list[Any]]] = []
    for kind, *facts in steps:
        if at_once and runs and runs[-1][0] == kind:
            runs[-1][1].append(tuple(facts))
        else:
            runs.append((kind, [tuple(facts)]))
    return runs
