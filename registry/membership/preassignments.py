"""Roles that wait for somebody: who is known elsewhere by an id gets one on joining a network."""

from collections.abc import Mapping

from sqlalchemy import BindParameter, and_, bindparam, delete, func, insert, select

from registry.events import Transaction
from registry.membership.events import ROLES_PREASSIGNED
from registry.membership.tables import preassigned_roles

_NETWORK: BindParameter[int] = bindparam("network")
_EXTERNAL: BindParameter[str] = bindparam("external")
_OF_NETWORK = preassigned_roles.c.network_id == _NETWORK
_THIS = and_(_OF_NETWORK, preassigned_roles.c.external_id == _EXTERNAL)
_ROLE = select(preassigned_roles.c.role).where(_THIS)
_COUNT = select(func.count()).select_from(preassigned_roles).where(_OF_NETWORK)
_ADD = insert(preassigned_roles)
_DROP = delete(preassigned_roles).where(_THIS)
_DROP_ALL = delete(preassigned_roles).where(_OF_NETWORK)


def role_for(transaction: Transaction, network_id: int, external_id: str) -> str:
    """The role that waits for somebody in a network; empty for none."""
    wanted = {"network": network_id, "external": external_id.lower()}
    return transaction.execute(_ROLE, wanted).scalar() or ""


def count(transaction: Transaction, network_id: int) -> int:
    """How many roles wait in a network."""
    number: int = transaction.execute(_COUNT, {"network": network_id}).scalar_one()
    return number


def replace(transaction: Transaction, network_id: int, roles: Mapping[str, str]) -> None:
    """Have these roles wait in a network, by external id, and no others."""
    transaction.execute(_DROP_ALL, {"network": network_id})
    by_id = {external_id.lower(): role for external_id, role in roles.items()}
    rows = [
        {"network_id": network_id, "external_id": external_id, "role": role}
        for external_id, role in by_id.items()
    ]
    if rows:
        transaction.execute_many(_ADD, rows)
    _tell(transaction, network_id)


def add(transaction: Transaction, network_id: int, external_id: str, role: str) -> None:
    """Have a role wait for somebody, unless one does already."""
    if role_for(transaction, network_id, external_id):
        return
    row = {"network_id": network_id, "external_id": external_id.lower(), "role": role}
    transaction.execute(_ADD, row)
    _tell(transaction, network_id)


def drop(transaction: Transaction, network_id: int, external_id: str) -> None:
    """Have no role wait for somebody."""
    wanted = {"network": network_id, "external": external_id.lower()}
    if transaction.execute(_DROP, wanted).rowcount:
        _tell(transaction, network_id)


def drop_of_network(transaction: Transaction, network_id: int) -> None:
    """Forget the roles that wait in a network that is about to go."""
    transaction.execute(_DROP_ALL, {"network": network_id})


def _tell(transaction: Transaction, network_id: int) -> None:
    waiting = count(transaction, network_id)
    transaction.publish(ROLES_PREASSIGNED(network_id=network_id, waiting=waiting))
