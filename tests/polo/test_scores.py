"""Scores: what an administrator does, what is asked, what is remembered."""

from typing import Any

import msgspec
import pytest

from registry.polo.messages import (
    GetPoloHistory,
    GetPoloScore,
    ListPoloScores,
    Request,
    SetPoloScore,
    UpdatePoloScore,
)
from registry.polo.store import HIGHEST, LOWEST
from tests.polo.helpers import START, Caller, World


class TestGet:
    def test_a_node_starts_at_nothing(self, world: World) -> None:
        answer = world.read(GetPoloScore(node_id=1), Caller())
        assert answer == {"node_id": 1, "address": "0/1", "polo_score": 0}

    def test_needs_a_registered_node(self, world: World) -> None:
        with pytest.raises(LookupError, match="node 77 not found"):
            world.score(77)


class TestSet:
    def test_is_answered_told_and_kept(self, world: World) -> None:
        answer = world.set_score(1, 42)
        assert answer == {"node_id": 1, "address": "0/1", "polo_score": 42}
        assert world.events() == [
            ("polo.changed", {"node_id": 1, "polo_score": 42, "delta": 42, "rater_id": 0})
        ]
        assert world.score(1) == world.view.score(1) == 42

    def test_replaces_what_was_there(self, world: World) -> None:
        world.set_score(1, 42)
        world.events()
        world.set_score(1, -8)
        assert world.events() == [
            ("polo.changed", {"node_id": 1, "polo_score": -8, "delta": -50, "rater_id": 0})
        ]
        assert world.score(1) == -8

    @pytest.mark.parametrize("score", [LOWEST, HIGHEST])
    def test_takes_any_score_of_32_bits(self, world: World, score: int) -> None:
        world.set_score(1, -score - 1)
        world.set_score(1, score)
        assert world.score(1) == score

    @pytest.mark.parametrize("score", [LOWEST - 1, HIGHEST + 1, 1.5, "1", None])
    def test_another_score_cannot_be_sent(self, score: Any) -> None:
        body = msgspec.json.encode({"type": "set_polo_score", "node_id": 1, "polo_score": score})
        with pytest.raises(msgspec.ValidationError, match="polo_score"):
            msgspec.json.decode(body, type=SetPoloScore)

    def test_needs_a_registered_node(self, world: World) -> None:
        with pytest.raises(LookupError, match="node 77 not found"):
            world.set_score(77, 1)
        assert world.stored() == {}


class TestUpdate:
    def test_moves_the_score(self, world: World) -> None:
        world.set_score(1, 5)
        answer = world.move(1, -7)
        assert answer == {"node_id": 1, "address": "0/1", "polo_score": -2}
        assert world.score(1) == -2

    def test_by_an_administrator_has_no_limit_but_the_range(self, world: World) -> None:
        world.move(1, HIGHEST)
        world.move(1, LOWEST)
        assert world.score(1) == -1

    @pytest.mark.parametrize(("start", "delta"), [(HIGHEST, 1), (LOWEST, -1), (HIGHEST, HIGHEST)])
    def test_beyond_the_range_is_refused_and_changes_nothing(
        self, world: World, start: int, delta: int
    ) -> None:
        world.set_score(1, start)
        world.events()
        with pytest.raises(ValueError, match=f"delta: the score would be {start + delta}"):
            world.move(1, delta)
        assert world.score(1) == start
        assert world.events() == []
        assert len(world.history(1)) == 1

    @pytest.mark.parametrize("delta", [LOWEST - 1, HIGHEST + 1, 10**30, 0.5, "1", None])
    def test_another_delta_cannot_be_sent(self, delta: Any) -> None:
        body = msgspec.json.encode({"type": "update_polo_score", "node_id": 1, "delta": delta})
        with pytest.raises(msgspec.ValidationError, match="delta"):
            msgspec.json.decode(body, type=UpdatePoloScore)

    def test_needs_a_registered_node(self, world: World) -> None:
        with pytest.raises(LookupError, match="node 77 not found"):
            world.move(77, 1)


class TestHistory:
    def test_tells_every_change_newest_first(self, world: World) -> None:
        world.set_score(1, 40)
        world.now += 60
        world.rate(2, 1, 3)
        world.now += 60
        world.move(1, -1)
        assert world.history(1) == [
            {"at": START + 120, "rater_id": 0, "delta": -1, "polo_score": 42},
            {"at": START + 60, "rater_id": 2, "delta": 3, "polo_score": 43},
            {"at": START, "rater_id": 0, "delta": 40, "polo_score": 40},
        ]

    def test_is_of_one_node(self, world: World) -> None:
        world.set_score(1, 40)
        assert world.history(2) == []
        answer = world.read(GetPoloHistory(node_id=2), Caller(node_id=2))
        assert answer == {"node_id": 2, "changes": []}

    def test_may_be_cut(self, world: World) -> None:
        for score in range(5):
            world.set_score(1, score)
        assert [change["polo_score"] for change in world.history(1, limit=2)] == [4, 3]

    def test_adds_up_to_the_score(self, world: World) -> None:
        for delta in (5, -9, 3):
            world.move(1, delta)
        world.set_score(1, 100)
        assert sum(change["delta"] for change in world.history(1)) == world.score(1)


class TestRanking:
    def test_is_highest_first(self, world: World) -> None:
        for node_id, score in {1: 5, 2: -3, 3: 70, 4: 0}.items():
            world.set_score(node_id, score)
        assert world.ranking() == [(3, 70), (1, 5), (4, 0), (2, -3)]
        assert world.ranking(limit=2) == [(3, 70), (1, 5)]

    def test_lists_who_was_rated(self, world: World) -> None:
        assert world.ranking() == []
        world.set_score(9, 0)
        assert world.ranking() == [(9, 0)]

    def test_orders_equal_scores_by_node(self, world: World) -> None:
        for node_id in (2, 9, 4):
            world.set_score(node_id, 5)
        assert world.ranking() == [(9, 5), (4, 5), (2, 5)]

    def test_follows_the_scores(self, world: World) -> None:
        world.set_score(1, 5)
        world.set_score(2, 6)
        world.move(1, 2)
        assert world.ranking() == [(1, 7), (2, 6)]


@pytest.mark.parametrize("message", [GetPoloHistory, ListPoloScores])
@pytest.mark.parametrize("limit", [0, 1001, -1])
def test_nobody_asks_for_more_than_a_thousand(message: type[Request], limit: int) -> None:
    tag = message.__struct_config__.tag
    body = msgspec.json.encode({"type": tag, "node_id": 1, "limit": limit})
    with pytest.raises(msgspec.ValidationError, match="limit"):
        msgspec.json.decode(body, type=message)
