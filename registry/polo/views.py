"""Scores, ranking and history, as others read them."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from attrs import asdict
from sqlalchemy import Connection, bindparam, select

from registry.events import Bus, Event, Projection, Snapshots
from registry.polo.messages import GetPoloHistory, GetPoloScore, ListPoloScores
from registry.polo.model import ScoreChange
from registry.polo.ports import AddressOf, Caller, NodeKnown
from registry.polo.tables import changes
from registry.polo.tables import scores as score_rows

_ALL = select(score_rows.c.node_id, score_rows.c.score)
_RANKING = (
    select(score_rows.c.node_id, score_rows.c.score)
    .order_by(score_rows.c.score.desc(), score_rows.c.node_id.desc())
    .limit(bindparam("most"))
)
_HISTORY = (
    select(changes.c.at, changes.c.rater_id, changes.c.delta, changes.c.score)
    .where(changes.c.node_id == bindparam("node"))
    .order_by(changes.c.id.desc())
    .limit(bindparam("most"))
)


def scores(connection: Connection) -> Iterable[tuple[int, int]]:
    """Every rated node with its score, for read models that start from there."""
    return ((node_id, score) for node_id, score in connection.execute(_ALL))


class PoloView:
    """Scores from memory; ranking and history, which few ask for, from the database."""

    def __init__(
        self, *, bus: Bus, snapshots: Snapshots, address_of: AddressOf, node_known: NodeKnown
    ) -> None:
        self._snapshots = snapshots
        self._address_of = address_of
        self._node_known = node_known
        self._scores: dict[int, int] = {}
        self.projection = Projection(
            bus, ("polo.changed",), apply=self._apply, rebuild=self._rebuild
        )

    def operations(self) -> dict[type, Callable[..., Mapping[str, Any]]]:
        """The requests that only read, each with the method that answers it."""
        return {
            GetPoloScore: self.get_score,
            GetPoloHistory: self.get_history,
            ListPoloScores: self.list_scores,
        }

    def score(self, node_id: int) -> int:
        """A node's score; 0 for a node that was never rated."""
        self.projection.catch_up()
        return self._scores.get(node_id, 0)

    def get_score(self, request: GetPoloScore, _caller: Caller) -> dict[str, Any]:
        """Answer with a node's score; 0 for a node that was never rated.

        Raises:
            LookupError: There is no such node.
        """
        node_id = request.node_id
        if not self._node_known(node_id):
            raise LookupError(f"node {node_id} not found")
        return {
            "node_id": node_id,
            "address": self._address_of(0, node_id),
            "polo_score": self.score(node_id),
        }

    def get_history(self, request: GetPoloHistory, _caller: Caller) -> dict[str, Any]:
        """Answer with the newest changes of a node's score."""
        wanted = {"node": request.node_id, "most": request.limit}
        with self._snapshots() as snapshot:
            rows = snapshot.connection.execute(_HISTORY, wanted).all()
        return {
            "node_id": request.node_id,
            "changes": [asdict(ScoreChange(*row)) for row in rows],
        }

    def list_scores(self, request: ListPoloScores, _caller: Caller) -> dict[str, Any]:
        """Answer with the nodes of the highest scores."""
        ranking = self.ranking(request.limit)
        return {"scores": [{"node_id": node, "polo_score": score} for node, score in ranking]}

    def ranking(self, most: int) -> list[tuple[int, int]]:
        """The nodes of the highest scores with these, highest first; from the database."""
        with self._snapshots() as snapshot:
            rows = snapshot.connection.execute(_RANKING, {"most": most})
            return [(node_id, score) for node_id, score in rows]

    def _apply(self, event: Event) -> None:
        self._scores[event.payload["node_id"]] = event.payload["polo_score"]

    def _rebuild(self) -> int:
        with self._snapshots() as snapshot:
            self._scores = dict(scores(snapshot.connection))
            return snapshot.number
