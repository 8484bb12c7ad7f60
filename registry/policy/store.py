"""The operations of the policy store."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from attrs import asdict, evolve
from sqlalchemy import bindparam, delete, insert, select, update

from registry.events import Event, Transaction
from registry.policy.events import EXPR_POLICY_CHANGED, POLICY_CHANGED, POLICY_REMOVED
from registry.policy.messages import SetExprPolicy, SetNetworkPolicy
from registry.policy.model import ANYTHING_GOES, Policy, read_expr_policy
from registry.policy.ports import Caller, MemberCount, NetworkExists
from registry.policy.tables import policies

_THIS = policies.c.network_id == bindparam("network")
_POLICY = select(
    policies.c.max_members,
    policies.c.allowed_ports,
    policies.c.description,
    policies.c.expr_policy,
).where(_THIS)
_MEMBER_LIMIT = select(policies.c.max_members).where(_THIS)
_EXPR_POLICY = select(policies.c.expr_policy).where(_THIS)
_UPDATE = (
    update(policies)
    .where(_THIS)
    .values(
        max_members=bindparam("new_max_members"),
        allowed_ports=bindparam("new_allowed_ports"),
        description=bindparam("new_description"),
        expr_policy=bindparam("new_expr_policy"),
    )
)
_DELETE = delete(policies).where(_THIS)


class PolicyStore:
    """Says what networks allow."""

    def __init__(self, *, network_exists: NetworkExists, member_count: MemberCount) -> None:
        self._network_exists = network_exists
        self._member_count = member_count

    def operations(self) -> dict[type, Callable[..., Mapping[str, Any]]]:
        """The requests that write, each with the method that answers it."""
        return {
            SetNetworkPolicy: self.set_network_policy,
            SetExprPolicy: self.set_expr_policy,
        }

    @staticmethod
    def member_limit(transaction: Transaction, network_id: int) -> int:
        """How many members a network may have; 0 for any number."""
        return transaction.execute(_MEMBER_LIMIT, {"network": network_id}).scalar() or 0

    @staticmethod
    def terms(transaction: Transaction, network_id: int) -> dict[str, Any]:
        """What a node is told that joins a network: its expression policy, if it has one."""
        text = transaction.execute(_EXPR_POLICY, {"network": network_id}).scalar()
        return {"expr_policy": msgspec.Raw(text)} if text else {}

    def set_network_policy(
        self, transaction: Transaction, request: SetNetworkPolicy, _caller: Caller
    ) -> dict[str, Any]:
        """Change those fields of a network's policy that are given.

        Raises:
            LookupError: There is no such network.
            ValueError: It is the backbone, or it has more members than it should.
        """
        if request.network_id == 0:
            raise ValueError("network_id: cannot set a policy on the backbone network")
        known = self._known_policy(transaction, request.network_id)
        given: dict[str, Any] = {
            "max_members": request.max_members,
            "allowed_ports": _unique(request.allowed_ports),
            "description": request.description,
        }
        policy = evolve(
            known or ANYTHING_GOES,
            **{name: value for name, value in given.items() if value is not None},
        )
        if request.max_members:
            self._require_no_more_members(transaction, request.network_id, request.max_members)
        answer = {
            "network_id": request.network_id,
            "max_members": policy.max_members,
            "allowed_ports": policy.allowed_ports,
            "description": policy.description,
        }
        if policy != (known or ANYTHING_GOES):
            _save(transaction, request.network_id, policy, is_new=known is None)
            transaction.publish(POLICY_CHANGED(**answer))
        return answer

    def set_expr_policy(
        self, transaction: Transaction, request: SetExprPolicy, _caller: Caller
    ) -> dict[str, Any]:
        """Replace a network's expression policy, or take it away.

        Only an administrator may do so for the backbone, where nobody has a role.

        Raises:
            LookupError: There is no such network.
            ValueError: The text is too large, or not an expression policy.
        """
        known = self._known_policy(transaction, request.network_id)
        text = read_expr_policy(request.expr_policy)
        policy = evolve(known or ANYTHING_GOES, expr_policy=text)
        if policy != (known or ANYTHING_GOES):
            _save(transaction, request.network_id, policy, is_new=known is None)
            transaction.publish(
                EXPR_POLICY_CHANGED(network_id=request.network_id, expr_policy=text)
            )
        answer: dict[str, Any] = {"network_id": request.network_id}
        return answer if text else {**answer, "cleared": True}

    def on_network_deleted(self, transaction: Transaction, event: Event) -> None:
        """Forget what was said about a network that is gone."""
        network_id = event.payload["network_id"]
        if transaction.execute(_DELETE, {"network": network_id}).rowcount:
            transaction.publish(POLICY_REMOVED(network_id=network_id))

    def _known_policy(self, transaction: Transaction, network_id: int) -> Policy | None:
        """The policy of a network; None if nothing was said yet."""
        if not self._network_exists(transaction, network_id):
            raise LookupError(f"network {network_id}: network not found")
        row = transaction.execute(_POLICY, {"network": network_id}).mappings().one_or_none()
        return None if row is None else Policy(**row)

    def _require_no_more_members(
        self, transaction: Transaction, network_id: int, limit: int
    ) -> None:
        members = self._member_count(transaction, network_id)
        if members > limit:
            raise ValueError(
                f"max_members: cannot set max_members to {limit}: "
                f"network already has {members} members"
            )


def _unique(ports: list[int] | None) -> tuple[int, ...] | None:
    return None if ports is None else tuple(dict.fromkeys(ports))


def _save(transaction: Transaction, network_id: int, policy: Policy, *, is_new: bool) -> None:
    fields = asdict(policy)
    if is_new:
        transaction.execute(insert(policies), {"network_id": network_id, **fields})
        return
    changed = {f"new_{name}": value for name, value in fields.items()}
    transaction.execute(_UPDATE, {"network": network_id, **changed})
