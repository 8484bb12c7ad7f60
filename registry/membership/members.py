"""The members of networks: every change of a row, together with the event that tells it."""

from collections.abc import Iterable

from sqlalchemy import (
    BindParameter,
    Connection,
    and_,
    bindparam,
    delete,
    func,
    insert,
    literal_column,
    select,
    update,
)

from registry.events import Transaction
from registry.membership.events import (
    MEMBER_JOINED,
    MEMBER_LEFT,
    MEMBER_TAGS_CHANGED,
    ROLE_CHANGED,
)
from registry.membership.tables import members

_NETWORK: BindParameter[int] = bindparam("network")
_NODE: BindParameter[int] = bindparam("node")
_THIS = and_(members.c.network_id == _NETWORK, members.c.node_id == _NODE)

_ALL = select(members.c.node_id, members.c.network_id)
_ROLE = select(members.c.role).where(_THIS)
_ROLES = select(members.c.node_id, members.c.role).where(members.c.network_id == _NETWORK)
_OWNER = select(members.c.node_id).where(
    members.c.network_id == _NETWORK,
    members.c.role == literal_column("'owner'"),  # a literal: the partial index answers it
)
_COUNT = select(func.count()).select_from(members).where(members.c.network_id == _NETWORK)
_SET_ROLE = update(members).where(_THIS).values(role=bindparam("value"))
_SET_TAGS = update(members).where(_THIS).values(tags=bindparam("value"))
_REMOVE = delete(members).where(_THIS)
_REMOVE_FROM_NETWORK = (
    delete(members).where(members.c.network_id == _NETWORK).returning(members.c.node_id)
)
_REMOVE_NODE = delete(members).where(members.c.node_id == _NODE).returning(members.c.network_id)


def memberships(connection: Connection) -> Iterable[tuple[int, int]]:
    """Every node with each network it is in, without the backbone."""
    return ((node_id, network_id) for node_id, network_id in connection.execute(_ALL))


def role_of(transaction: Transaction, network_id: int, node_id: int) -> str:
    """A node's role in a network; empty if it is not a member."""
    place = {"network": network_id, "node": node_id}
    return transaction.execute(_ROLE, place).scalar() or ""


def roles(transaction: Transaction, network_id: int) -> dict[int, str]:
    """The members of a network, each with its role."""
    rows = transaction.execute(_ROLES, {"network": network_id})
    return {row.node_id: row.role for row in rows}


def owner_of(transaction: Transaction, network_id: int) -> int:
    """The node that owns a network; 0 if none does."""
    return transaction.execute(_OWNER, {"network": network_id}).scalar() or 0


def count(transaction: Transaction, network_id: int) -> int:
    """How many members a network has."""
    number: int = transaction.execute(_COUNT, {"network": network_id}).scalar_one()
    return number


def add(transaction: Transaction, network_id: int, node_id: int, *, role: str, now: int) -> None:
    """Put a node into a network that it is not in."""
    place = {"network_id": network_id, "node_id": node_id, "role": role}
    transaction.execute(insert(members), {**place, "tags": (), "joined_at": now})
    transaction.publish(MEMBER_JOINED(**place))


def set_role(transaction: Transaction, network_id: int, node_id: int, role: str) -> None:
    """Give a member another role; an owner must be taken the role before another gets it."""
    old_role = role_of(transaction, network_id, node_id)
    transaction.execute(_SET_ROLE, {"network": network_id, "node": node_id, "value": role})
    transaction.publish(
        ROLE_CHANGED(node_id=node_id, network_id=network_id, role=role, old_role=old_role)
    )


def set_tags(
    transaction: Transaction, network_id: int, node_id: int, tags: tuple[str, ...]
) -> None:
    """Replace a member's tags."""
    transaction.execute(_SET_TAGS, {"network": network_id, "node": node_id, "value": tags})
    transaction.publish(MEMBER_TAGS_CHANGED(node_id=node_id, network_id=network_id, tags=tags))


def remove(transaction: Transaction, network_id: int, node_id: int, reason: str) -> None:
    """Take a member out of a network."""
    transaction.execute(_REMOVE, {"network": network_id, "node": node_id})
    transaction.publish(MEMBER_LEFT(node_id=node_id, network_id=network_id, reason=reason))


def remove_all(transaction: Transaction, network_id: int, reason: str) -> None:
    """Take every member out of a network."""
    gone = transaction.execute(_REMOVE_FROM_NETWORK, {"network": network_id}).scalars().all()
    for node_id in sorted(gone):
        transaction.publish(MEMBER_LEFT(node_id=node_id, network_id=network_id, reason=reason))


def remove_from_all(transaction: Transaction, node_id: int, reason: str) -> None:
    """Take a node out of every network."""
    left = transaction.execute(_REMOVE_NODE, {"node": node_id}).scalars().all()
    for network_id in sorted(left):
        transaction.publish(MEMBER_LEFT(node_id=node_id, network_id=network_id, reason=reason))
