"""The written rule: who may move whose score, how far and how often."""

import pytest

from registry.polo import POLO_RULE
from registry.polo.store import CLOCK_SKEW, LARGEST_DELTA, RATING_INTERVAL
from tests.polo.helpers import START, World


def test_is_written_with_its_numbers() -> None:
    assert POLO_RULE == (
        "A score is set by an administrator, or moved by another node that has a trust link "
        "with the rated one, by at most 10 and at most once in 3600 seconds; a node never "
        "moves its own."
    )


class TestRating:
    @pytest.mark.parametrize("delta", [LARGEST_DELTA, -LARGEST_DELTA, 0])
    def test_by_a_node_with_a_trust_link_counts(self, world: World, delta: int) -> None:
        answer = world.rate(2, 1, delta)
        assert answer == {"node_id": 1, "address": "0/1", "polo_score": delta}
        assert world.events() == [
            (
                "polo.changed",
                {"node_id": 1, "polo_score": delta, "delta": delta, "rater_id": 2},
            )
        ]
        assert world.score(1) == delta

    @pytest.mark.parametrize("delta", [1, -1, 10])
    def test_of_oneself_does_not(self, world: World, delta: int) -> None:
        world.links.add((1, 1))
        with pytest.raises(PermissionError, match="rater_id: a node cannot rate itself"):
            world.rate(1, 1, delta)
        assert world.stored() == {}

    def test_by_a_stranger_does_not(self, world: World) -> None:
        with pytest.raises(PermissionError, match="only a node with a trust link may rate"):
            world.rate(4, 1)
        assert world.stored() == {}

    def test_by_a_node_whose_link_was_revoked_does_not(self, world: World) -> None:
        world.rate(2, 1)
        world.links.clear()
        world.now += RATING_INTERVAL
        with pytest.raises(PermissionError, match="only a node with a trust link may rate"):
            world.rate(2, 1)

    def test_by_a_node_that_is_not_registered_does_not(self, world: World) -> None:
        world.nodes.discard(2)
        with pytest.raises(LookupError, match="node 2 not found"):
            world.rate(2, 1)

    def test_of_a_node_that_is_not_registered_does_not(self, world: World) -> None:
        world.nodes.discard(1)
        with pytest.raises(LookupError, match="node 1 not found"):
            world.rate(2, 1)

    @pytest.mark.parametrize("delta", [LARGEST_DELTA + 1, -LARGEST_DELTA - 1])
    def test_by_too_much_does_not(self, world: World, delta: int) -> None:
        with pytest.raises(ValueError, match="delta: must be between -10 and 10"):
            world.rate(2, 1, delta)


class TestHowOften:
    @pytest.mark.parametrize("later", [0, 1, RATING_INTERVAL - 1])
    def test_not_again_within_the_interval(self, world: World, later: int) -> None:
        world.rate(2, 1)
        world.now += later
        with pytest.raises(
            PermissionError, match="rater_id: node 1 was rated less than 3600 seconds ago"
        ):
            world.rate(2, 1, -1)
        assert world.score(1) == 1

    def test_again_after_it(self, world: World) -> None:
        world.rate(2, 1)
        world.now += RATING_INTERVAL
        world.rate(2, 1)
        assert world.score(1) == 2

    def test_other_raters_and_other_nodes_have_their_own(self, world: World) -> None:
        world.rate(2, 1)
        world.rate(3, 1)
        world.rate(2, 3)
        assert world.stored() == {1: 2, 3: 1}

    def test_an_administrator_may_at_any_time(self, world: World) -> None:
        world.rate(2, 1)
        world.move(1, 5)
        world.move(1, 5)
        assert world.score(1) == 11
        with pytest.raises(PermissionError, match="was rated less than"):
            world.rate(2, 1)

    def test_a_refused_rating_does_not_count(self, world: World) -> None:
        with pytest.raises(ValueError, match="delta"):
            world.rate(2, 1, 99)
        world.rate(2, 1)


class TestReplay:
    def test_the_same_request_counts_once(self, world: World) -> None:
        world.rate(2, 1, at=START)
        for later in (0, CLOCK_SKEW, RATING_INTERVAL, 10 * RATING_INTERVAL):
            world.now = START + later
            with pytest.raises((PermissionError, ValueError)):
                world.rate(2, 1, at=START)
        assert world.score(1) == 1

    @pytest.mark.parametrize("skew", [-CLOCK_SKEW, CLOCK_SKEW])
    def test_a_clock_may_differ_a_little(self, world: World, skew: int) -> None:
        world.rate(2, 1, at=START + skew)
        assert world.history(1)[0]["at"] == START + skew

    @pytest.mark.parametrize("skew", [-CLOCK_SKEW - 1, CLOCK_SKEW + 1, -START, 10**30])
    def test_and_no_more(self, world: World, skew: int) -> None:
        with pytest.raises(ValueError, match="timestamp: must be within 300 seconds of now"):
            world.rate(2, 1, at=START + skew)

    def test_a_clock_that_runs_ahead_wins_no_ratings(self, world: World) -> None:
        world.rate(2, 1, at=START + CLOCK_SKEW)
        world.now += RATING_INTERVAL
        with pytest.raises(PermissionError, match="was rated less than"):
            world.rate(2, 1)

    def test_an_older_one_is_no_way_around_the_last(self, world: World) -> None:
        world.rate(2, 1, at=START)
        with pytest.raises(PermissionError, match="was rated less than"):
            world.rate(2, 1, at=START - CLOCK_SKEW)
