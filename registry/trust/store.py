"""The operations of the trust store."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import (
    BindParameter,
    and_,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from registry.events import Event, Transaction
from registry.trust.events import (
    HANDSHAKE_ANSWERED,
    HANDSHAKE_REQUESTED,
    INBOX_EMPTIED,
    TRUST_LINKED,
    TRUST_REVOKED,
)
from registry.trust.messages import (
    PollHandshakes,
    ReportTrust,
    RequestHandshake,
    RespondHandshake,
    RevokeTrust,
)
from registry.trust.ports import Caller, Clock, NodeExists
from registry.trust.tables import answers, reports, requests

LARGEST_INBOX = 100
"""Handshake requests that can wait for one node."""

LONGEST_JUSTIFICATION = 1024
"""Bytes."""

_NODE: BindParameter[int] = bindparam("node")
_PEER: BindParameter[int] = bindparam("peer")
_REPORTED = select(reports.c.node_id).where(reports.c.node_id == _NODE, reports.c.peer_id == _PEER)
_UNREPORT = delete(reports).where(
    or_(
        and_(reports.c.node_id == _NODE, reports.c.peer_id == _PEER),
        and_(reports.c.node_id == _PEER, reports.c.peer_id == _NODE),
    )
)
_THIS_REQUEST = and_(requests.c.node_id == _NODE, requests.c.peer_id == _PEER)
_REQUEST = select(requests.c.fetched).where(_THIS_REQUEST)
_RENEW_REQUEST = (
    update(requests)
    .where(_THIS_REQUEST)
    .values(justification=bindparam("text"), at=bindparam("now"), fetched=False)
)
_DROP_REQUEST = delete(requests).where(_THIS_REQUEST)
_WAITING = and_(requests.c.node_id == _NODE, requests.c.fetched.is_(False))
_COUNT_WAITING = select(func.count()).select_from(requests).where(_WAITING)
_WAITING_REQUESTS = (
    select(requests.c.peer_id, requests.c.justification, requests.c.at)
    .where(_WAITING)
    .order_by(requests.c.at, requests.c.peer_id)
)
_FETCH_REQUESTS = update(requests).where(_WAITING).values(fetched=True)
_WAITING_ANSWERS = (
    select(answers.c.peer_id, answers.c.accept, answers.c.at)
    .where(answers.c.node_id == _NODE)
    .order_by(answers.c.at, answers.c.peer_id)
)
_FETCH_ANSWERS = delete(answers).where(answers.c.node_id == _NODE)
_DROP_ANSWER = delete(answers).where(answers.c.node_id == _NODE, answers.c.peer_id == _PEER)
_ANYTHING_WAITING = (
    select(requests.c.peer_id)
    .where(_WAITING)
    .union_all(select(answers.c.peer_id).where(answers.c.node_id == _NODE))
)
_INBOXES_WITH = (
    select(requests.c.node_id)
    .where(
        or_(requests.c.node_id == _NODE, requests.c.peer_id == _NODE),
        requests.c.fetched.is_(False),
    )
    .union(
        select(answers.c.node_id).where(or_(answers.c.node_id == _NODE, answers.c.peer_id == _NODE))
    )
)
"""For whom something waits that is to or from a node."""

_FORGET = (
    delete(requests).where(or_(requests.c.node_id == _NODE, requests.c.peer_id == _NODE)),
    delete(answers).where(or_(answers.c.node_id == _NODE, answers.c.peer_id == _NODE)),
)


class TrustStore:
    """Links nodes, and relays handshakes between them."""

    def __init__(self, *, clock: Clock, node_exists: NodeExists) -> None:
        self._clock = clock
        self._node_exists = node_exists

    def operations(self) -> dict[type, Callable[..., Mapping[str, Any]]]:
        """The requests that write, each with the method that answers it."""
        return {
            ReportTrust: self.report_trust,
            RevokeTrust: self.revoke_trust,
            RequestHandshake: self.request_handshake,
            PollHandshakes: self.poll_handshakes,
            RespondHandshake: self.respond_handshake,
        }

    def linked(self, transaction: Transaction, node_id: int, peer_id: int) -> bool:
        """Whether two nodes trust each other."""
        return self._reported(transaction, node_id, peer_id) and self._reported(
            transaction, peer_id, node_id
        )

    def report_trust(
        self, transaction: Transaction, request: ReportTrust, _caller: Caller
    ) -> dict[str, Any]:
        """Note that a node trusts a peer; links them if the peer said or asked so too.

        Raises:
            LookupError: One of the nodes is not registered.
            ValueError: A node cannot trust itself.
        """
        self._require_two_nodes(transaction, request.node_id, request.peer_id)
        self._report(transaction, request.node_id, request.peer_id)
        if self._request(transaction, request.node_id, request.peer_id) is not None:
            self._report(transaction, request.peer_id, request.node_id)
        return {}

    def revoke_trust(
        self, transaction: Transaction, request: RevokeTrust, _caller: Caller
    ) -> dict[str, Any]:
        """End the link between two nodes, and what either had said towards one.

        Raises:
            LookupError: There is nothing to end.
        """
        node_id, peer_id = request.node_id, request.peer_id
        was_linked = self.linked(transaction, node_id, peer_id)
        pair = {"node": node_id, "peer": peer_id}
        if not transaction.execute(_UNREPORT, pair).rowcount:
            raise LookupError(f"no trust pair between {node_id} and {peer_id}")
        self._drop_request(transaction, node_id, peer_id)
        self._drop_request(transaction, peer_id, node_id)
        if was_linked:
            transaction.publish(
                TRUST_REVOKED(node_id=min(node_id, peer_id), peer_id=max(node_id, peer_id))
            )
        return {}

    def request_handshake(
        self, transaction: Transaction, request: RequestHandshake, _caller: Caller
    ) -> dict[str, Any]:
        """Put a request into a node's inbox.

        Raises:
            LookupError: One of the nodes is not registered.
            ValueError: The justification is too long, or a node asks itself.
            PermissionError: The inbox is full, or the same request waits there already.
        """
        size = len(request.justification.encode())
        if size > LONGEST_JUSTIFICATION:
            raise ValueError(f"justification too large: {size} bytes (max {LONGEST_JUSTIFICATION})")
        node_id, peer_id = request.to_node_id, request.from_node_id
        self._require_two_nodes(transaction, peer_id, node_id)
        fetched = self._request(transaction, node_id, peer_id)
        if fetched is False:
            raise PermissionError(f"handshake request already pending from node {peer_id}")
        waiting: int = transaction.execute(_COUNT_WAITING, {"node": node_id}).scalar_one()
        if waiting >= LARGEST_INBOX:
            raise PermissionError(f"handshake inbox full for node {node_id}")
        self._put_request(transaction, request, renew=fetched is True)
        transaction.publish(HANDSHAKE_REQUESTED(node_id=node_id, peer_id=peer_id))
        return {"status": "delivered"}

    def poll_handshakes(
        self, transaction: Transaction, request: PollHandshakes, _caller: Caller
    ) -> dict[str, Any]:
        """Hand out what waits for a node; a request stays open until it is answered."""
        inbox = {"node": request.node_id}
        waiting_requests = transaction.execute(_WAITING_REQUESTS, inbox).all()
        waiting_answers = transaction.execute(_WAITING_ANSWERS, inbox).all()
        if waiting_requests:
            transaction.execute(_FETCH_REQUESTS, inbox)
        if waiting_answers:
            transaction.execute(_FETCH_ANSWERS, inbox)
        if waiting_requests or waiting_answers:
            transaction.publish(INBOX_EMPTIED(node_id=request.node_id))
        return {
            "requests": [
                {
                    "from_node_id": row.peer_id,
                    "justification": row.justification,
                    "timestamp": row.at,
                }
                for row in waiting_requests
            ],
            "responses": [
                {"from_node_id": row.peer_id, "accept": row.accept, "timestamp": row.at}
                for row in waiting_answers
            ],
        }

    def respond_handshake(
        self, transaction: Transaction, request: RespondHandshake, _caller: Caller
    ) -> dict[str, Any]:
        """Answer a request: link the two nodes, or drop it.

        Raises:
            LookupError: One of the nodes is not registered, or the peer asked for nothing.
        """
        node_id, peer_id = request.node_id, request.peer_id
        self._require_two_nodes(transaction, node_id, peer_id)
        asked = self._drop_request(transaction, node_id, peer_id)
        if request.accept and not asked:
            raise LookupError(f"no pending handshake request from node {peer_id}")
        if request.accept:
            self._report(transaction, node_id, peer_id)
            self._report(transaction, peer_id, node_id)
        if asked:
            self._put_answer(transaction, request)
            transaction.publish(
                HANDSHAKE_ANSWERED(node_id=node_id, peer_id=peer_id, accept=request.accept)
            )
        return {"accept": request.accept, "peer_id": peer_id}

    def on_node_deregistered(self, transaction: Transaction, event: Event) -> None:
        """Drop the handshakes of a node that left; its links wait for its return."""
        node = {"node": event.payload["node_id"]}
        inboxes = transaction.execute(_INBOXES_WITH, node).scalars().all()
        for forget in _FORGET:
            transaction.execute(forget, node)
        for node_id in inboxes:
            self._tell_if_emptied(transaction, node_id)

    def _require_two_nodes(self, transaction: Transaction, node_id: int, peer_id: int) -> None:
        if node_id == peer_id:
            raise ValueError("peer_id: a node has no trust link with itself")
        for each in (node_id, peer_id):
            if not self._node_exists(transaction, each):
                raise LookupError(f"node {each}: node not found")

    def _reported(self, transaction: Transaction, node_id: int, peer_id: int) -> bool:
        pair = {"node": node_id, "peer": peer_id}
        return transaction.execute(_REPORTED, pair).one_or_none() is not None

    def _report(self, transaction: Transaction, node_id: int, peer_id: int) -> None:
        if self._reported(transaction, node_id, peer_id):
            return
        transaction.execute(insert(reports), {"node_id": node_id, "peer_id": peer_id})
        if self._reported(transaction, peer_id, node_id):
            transaction.publish(
                TRUST_LINKED(node_id=min(node_id, peer_id), peer_id=max(node_id, peer_id))
            )

    def _request(self, transaction: Transaction, node_id: int, peer_id: int) -> bool | None:
        """Whether a peer's request was fetched; None where there is no request."""
        fetched: bool | None = transaction.execute(
            _REQUEST, {"node": node_id, "peer": peer_id}
        ).scalar()
        return fetched

    def _put_request(
        self, transaction: Transaction, request: RequestHandshake, *, renew: bool
    ) -> None:
        now = int(self._clock())
        pair = {"node": request.to_node_id, "peer": request.from_node_id}
        if renew:
            transaction.execute(_RENEW_REQUEST, {**pair, "text": request.justification, "now": now})
            return
        transaction.execute(
            insert(requests),
            {
                "node_id": request.to_node_id,
                "peer_id": request.from_node_id,
                "justification": request.justification,
                "at": now,
                "fetched": False,
            },
        )

    def _drop_request(self, transaction: Transaction, node_id: int, peer_id: int) -> bool:
        """Drop a peer's request, fetched or not; false where there is none."""
        fetched = self._request(transaction, node_id, peer_id)
        if fetched is None:
            return False
        transaction.execute(_DROP_REQUEST, {"node": node_id, "peer": peer_id})
        if not fetched:
            self._tell_if_emptied(transaction, node_id)
        return True

    def _tell_if_emptied(self, transaction: Transaction, node_id: int) -> None:
        """Say that an inbox is empty, if it is after something was taken out of it."""
        if transaction.execute(_ANYTHING_WAITING, {"node": node_id}).first() is None:
            transaction.publish(INBOX_EMPTIED(node_id=node_id))

    def _put_answer(self, transaction: Transaction, request: RespondHandshake) -> None:
        """Leave the newest answer for the node that had asked."""
        asker, answerer = request.peer_id, request.node_id
        transaction.execute(_DROP_ANSWER, {"node": asker, "peer": answerer})
        transaction.execute(
            insert(answers),
            {
                "node_id": asker,
                "peer_id": answerer,
                "accept": request.accept,
                "at": int(self._clock()),
            },
        )
