"""Taking over the trust that another server kept."""

from collections.abc import Iterable, Sequence

from attrs import frozen
from sqlalchemy import insert

from registry.events import Transaction
from registry.trust.events import HANDSHAKE_ANSWERED, HANDSHAKE_REQUESTED, TRUST_LINKED
from registry.trust.tables import answers, reports, requests

_ADD_REPORT = insert(reports)
_ADD_REQUEST = insert(requests)
_ADD_ANSWER = insert(answers)


@frozen
class AdoptedRequest:
    """A handshake that waits for an answer.

    Attributes:
        node_id: Who is asked.
        peer_id: Who asks.
        justification: Why.
        at: When, in unix seconds.
    """

    node_id: int
    peer_id: int
    justification: str
    at: int


@frozen
class AdoptedAnswer:
    """An answer that waits for who had asked.

    Attributes:
        node_id: Who had asked.
        peer_id: Who answered.
        accept: Whether that was a yes.
        at: When, in unix seconds.
    """

    node_id: int
    peer_id: int
    accept: bool
    at: int


def adopt_links(transaction: Transaction, pairs: Iterable[tuple[int, int]]) -> None:
    """Link nodes that were linked on another server, each pair once and the lower id first."""
    pairs = list(pairs)
    transaction.execute_many(
        _ADD_REPORT,
        [{"node_id": one, "peer_id": other} for pair in pairs for one, other in (pair, pair[::-1])],
    )
    for node_id, peer_id in pairs:
        transaction.publish(TRUST_LINKED(node_id=node_id, peer_id=peer_id))


def adopt_handshakes(
    transaction: Transaction, asked: Sequence[AdoptedRequest], given: Sequence[AdoptedAnswer]
) -> None:
    """Have requests and answers wait that waited on another server, one of each for a pair."""
    transaction.execute_many(
        _ADD_REQUEST,
        [
            {
                "node_id": request.node_id,
                "peer_id": request.peer_id,
                "justification": request.justification,
                "at": request.at,
                "fetched": False,
            }
            for request in asked
        ],
    )
    for request in asked:
        transaction.publish(HANDSHAKE_REQUESTED(node_id=request.node_id, peer_id=request.peer_id))
    transaction.execute_many(
        _ADD_ANSWER,
        [
            {
                "node_id": answer.node_id,
                "peer_id": answer.peer_id,
                "accept": answer.accept,
                "at": answer.at,
            }
            for answer in given
        ],
    )
    for answer in given:
        transaction.publish(
            HANDSHAKE_ANSWERED(node_id=answer.peer_id, peer_id=answer.node_id, accept=answer.accept)
        )
