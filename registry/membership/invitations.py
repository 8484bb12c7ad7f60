"""Invites that wait for an answer: every change of a row, together with its event."""

from collections.abc import Mapping

from sqlalchemy import BindParameter, Executable, bindparam, delete, insert, or_, select

from registry.events import Transaction
from registry.membership.events import INVITE_ANSWERED, INVITE_DROPPED, INVITED
from registry.membership.model import Invite
from registry.membership.tables import invites

INVITE_LIFETIME = 30 * 24 * 3600
"""Seconds that an invite is good for."""

LARGEST_INBOX = 100
"""Invites that can wait for one node."""

_NETWORK: BindParameter[int] = bindparam("network")
_NODE: BindParameter[int] = bindparam("node")
_INBOX = select(invites.c.network_id, invites.c.inviter_id, invites.c.at).where(
    invites.c.node_id == _NODE
)
_TAKE = delete(invites).where(invites.c.node_id == _NODE, invites.c.network_id == _NETWORK)
_DROPPED = (invites.c.node_id, invites.c.network_id)
_DROP_BETWEEN = (
    delete(invites)
    .where(
        invites.c.network_id == _NETWORK,
        or_(invites.c.node_id == _NODE, invites.c.inviter_id == _NODE),
    )
    .returning(*_DROPPED)
)
_DROP_OF_NETWORK = delete(invites).where(invites.c.network_id == _NETWORK).returning(*_DROPPED)
_DROP_OF_NODE = (
    delete(invites)
    .where(or_(invites.c.node_id == _NODE, invites.c.inviter_id == _NODE))
    .returning(*_DROPPED)
)
_DROP_EXPIRED = (
    delete(invites)
    .where(invites.c.node_id == _NODE, invites.c.at < bindparam("good_since"))
    .returning(*_DROPPED)
)


def expired(invite: Invite, now: float) -> bool:
    """Whether an invite is no longer good."""
    return invite.at < now - INVITE_LIFETIME


def inbox(transaction: Transaction, node_id: int) -> dict[int, Invite]:
    """The invites of a node by network, also those that are no longer good."""
    rows = transaction.execute(_INBOX, {"node": node_id})
    return {row.network_id: Invite(row.inviter_id, row.at) for row in rows}


def put(transaction: Transaction, network_id: int, node_id: int, invite: Invite) -> None:
    """Add an invite to a node's inbox, and throw out what expired there."""
    good_since = {"node": node_id, "good_since": invite.at - INVITE_LIFETIME}
    _drop(transaction, _DROP_EXPIRED, good_since)
    facts = {
        "node_id": node_id,
        "network_id": network_id,
        "inviter_id": invite.inviter_id,
        "at": invite.at,
    }
    transaction.execute(insert(invites), facts)
    transaction.publish(INVITED(**facts))


def take(transaction: Transaction, network_id: int, node_id: int, *, accept: bool) -> None:
    """Take an invite out of a node's inbox because the node answered it."""
    transaction.execute(_TAKE, {"network": network_id, "node": node_id})
    transaction.publish(INVITE_ANSWERED(node_id=node_id, network_id=network_id, accept=accept))


def drop_between(transaction: Transaction, network_id: int, node_id: int) -> None:
    """Drop the invites into one network that a node got or made."""
    _drop(transaction, _DROP_BETWEEN, {"network": network_id, "node": node_id})


def drop_of_network(transaction: Transaction, network_id: int) -> None:
    """Drop every invite into a network."""
    _drop(transaction, _DROP_OF_NETWORK, {"network": network_id})


def drop_of_node(transaction: Transaction, node_id: int) -> None:
    """Drop every invite that a node got or made."""
    _drop(transaction, _DROP_OF_NODE, {"node": node_id})


def _drop(transaction: Transaction, statement: Executable, wanted: Mapping[str, int]) -> None:
    for row in transaction.execute(statement, wanted).all():
        transaction.publish(INVITE_DROPPED(node_id=row.node_id, network_id=row.network_id))
