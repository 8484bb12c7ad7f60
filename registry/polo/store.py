"""The operations of the polo store."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import bindparam, insert, select, update

from registry.events import Transaction
from registry.polo.events import POLO_CHANGED
from registry.polo.messages import SetPoloScore, UpdatePoloScore
from registry.polo.ports import AddressOf, Caller, Clock, NodeExists, Trusts
from registry.polo.tables import changes, scores

LARGEST_DELTA = 10
"""How far one rating by a node may move a score."""

RATING_INTERVAL = 3600
"""Seconds between two ratings of one node by the same rater."""

CLOCK_SKEW = 300
"""Seconds that a rater's clock may differ from the registry's."""

POLO_RULE = (
    "A score is set by an administrator, or moved by another node that has a trust link "
    f"with the rated one, by at most {LARGEST_DELTA} and at most once in {RATING_INTERVAL} "
    "seconds; a node never moves its own."
)

LOWEST, HIGHEST = -(2**31), 2**31 - 1

_SCORE = select(scores.c.score).where(scores.c.node_id == bindparam("node"))
_LAST_RATING = (
    select(changes.c.at)
    .where(changes.c.rater_id == bindparam("rater"), changes.c.node_id == bindparam("node"))
    .order_by(changes.c.at.desc())
    .limit(1)
)
_SET_SCORE = (
    update(scores).where(scores.c.node_id == bindparam("node")).values(score=bindparam("value"))
)


class PoloStore:
    """Sets and moves scores, and remembers every change."""

    def __init__(
        self, *, clock: Clock, address_of: AddressOf, node_exists: NodeExists, trusts: Trusts
    ) -> None:
        self._clock = clock
        self._address_of = address_of
        self._node_exists = node_exists
        self._trusts = trusts

    def operations(self) -> dict[type, Callable[..., Mapping[str, Any]]]:
        """The requests that write, each with the method that answers it."""
        return {SetPoloScore: self.set_score, UpdatePoloScore: self.update_score}

    def set_score(
        self, transaction: Transaction, request: SetPoloScore, _caller: Caller
    ) -> dict[str, Any]:
        """Set a node's score.

        Raises:
            LookupError: There is no such node.
        """
        self._require_node(transaction, request.node_id)
        delta = request.polo_score - self._score(transaction, request.node_id)
        score = self._change(transaction, request.node_id, delta, rater_id=0, at=int(self._clock()))
        return self._answer(request.node_id, score)

    def update_score(
        self, transaction: Transaction, request: UpdatePoloScore, caller: Caller
    ) -> dict[str, Any]:
        """Move a node's score, by the rule of `POLO_RULE`.

        Raises:
            LookupError: There is no such node, or no such rater.
            PermissionError: The rater may not rate this node, or not again so soon.
            ValueError: The delta is too large, or the timestamp is not of now.
        """
        self._require_node(transaction, request.node_id)
        at = int(self._clock())
        if not caller.is_admin:
            self._require_fair(transaction, request, now=at)
            at = request.timestamp
        score = self._change(
            transaction, request.node_id, request.delta, rater_id=caller.node_id, at=at
        )
        return self._answer(request.node_id, score)

    def _answer(self, node_id: int, score: int) -> dict[str, Any]:
        address = self._address_of(0, node_id)
        return {"node_id": node_id, "address": address, "polo_score": score}

    def _require_node(self, transaction: Transaction, node_id: int) -> None:
        if not self._node_exists(transaction, node_id):
            raise LookupError(f"node {node_id} not found")

    def _require_fair(
        self, transaction: Transaction, request: UpdatePoloScore, *, now: int
    ) -> None:
        if request.rater_id == request.node_id:
            raise PermissionError("rater_id: a node cannot rate itself")
        self._require_node(transaction, request.rater_id)
        if abs(request.delta) > LARGEST_DELTA:
            raise ValueError(f"delta: must be between {-LARGEST_DELTA} and {LARGEST_DELTA}")
        if abs(request.timestamp - now) > CLOCK_SKEW:
            raise ValueError(f"timestamp: must be within {CLOCK_SKEW} seconds of now")
        if not self._trusts(transaction, request.rater_id, request.node_id):
            raise PermissionError("rater_id: only a node with a trust link may rate")
        pair = {"rater": request.rater_id, "node": request.node_id}
        last = transaction.execute(_LAST_RATING, pair).scalar()
        if last is not None and request.timestamp < last + RATING_INTERVAL:
            raise PermissionError(
                f"rater_id: node {request.node_id} was rated less than "
                f"{RATING_INTERVAL} seconds ago"
            )

    def _score(self, transaction: Transaction, node_id: int) -> int:
        return transaction.execute(_SCORE, {"node": node_id}).scalar() or 0

    def _change(
        self, transaction: Transaction, node_id: int, delta: int, *, rater_id: int, at: int
    ) -> int:
        score = self._score(transaction, node_id) + delta
        if not LOWEST <= score <= HIGHEST:
            raise ValueError(f"delta: the score would be {score}, out of range")
        moved = transaction.execute(_SET_SCORE, {"node": node_id, "value": score})
        if not moved.rowcount:
            transaction.execute(insert(scores), {"node_id": node_id, "score": score})
        transaction.execute(
            insert(changes),
            {"node_id": node_id, "rater_id": rater_id, "at": at, "delta": delta, "score": score},
        )
        transaction.publish(
            POLO_CHANGED(node_id=node_id, polo_score=score, delta=delta, rater_id=rater_id)
        )
        return score
