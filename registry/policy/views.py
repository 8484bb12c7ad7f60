"""Policies, as others read them."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from attrs import evolve
from sqlalchemy import select

from registry.events import Bus, Event, Projection, Snapshots
from registry.policy.messages import GetExprPolicy, GetNetworkPolicy
from registry.policy.model import ANYTHING_GOES, Policy
from registry.policy.ports import Caller, NetworkKnown
from registry.policy.tables import policies

_ALL = select(
    policies.c.network_id,
    policies.c.max_members,
    policies.c.allowed_ports,
    policies.c.description,
    policies.c.expr_policy,
)


class PolicyView:
    """Every network's policy, in memory."""

    def __init__(self, *, bus: Bus, snapshots: Snapshots, network_known: NetworkKnown) -> None:
        self._snapshots = snapshots
        self._network_known = network_known
        self._policies: dict[int, Policy] = {}
        self.projection = Projection(bus, ("policy.*",), apply=self._apply, rebuild=self._rebuild)

    def operations(self) -> dict[type, Callable[..., Mapping[str, Any]]]:
        """The requests that only read, each with the method that answers it."""
        return {
            GetNetworkPolicy: self.get_network_policy,
            GetExprPolicy: self.get_expr_policy,
        }

    def policy(self, network_id: int) -> Policy:
        """What a network allows: anything, if nothing was said about it."""
        self.projection.catch_up()
        return self._policies.get(network_id, ANYTHING_GOES)

    def summary(self, network_id: int) -> dict[str, Any]:
        """What a list of networks says of a network's policy, where there is something."""
        policy = self.policy(network_id)
        summary: dict[str, Any] = {}
        if policy.max_members:
            summary["max_members"] = policy.max_members
        if policy.description:
            summary["description"] = policy.description
        return summary

    def has_expr_policy(self, network_id: int) -> bool:
        """Whether a network has an expression policy."""
        return bool(self.policy(network_id).expr_policy)

    def get_network_policy(self, request: GetNetworkPolicy, _caller: Caller) -> dict[str, Any]:
        """Answer with a network's policy.

        Raises:
            LookupError: There is no such network.
        """
        policy = self._known_policy(request.network_id)
        return {
            "network_id": request.network_id,
            "max_members": policy.max_members,
            "allowed_ports": policy.allowed_ports,
            "description": policy.description,
        }

    def get_expr_policy(self, request: GetExprPolicy, _caller: Caller) -> dict[str, Any]:
        """Answer with a network's expression policy, if it has one.

        Raises:
            LookupError: There is no such network.
        """
        policy = self._known_policy(request.network_id)
        if not policy.expr_policy:
            return {"network_id": request.network_id}
        return {"network_id": request.network_id, "expr_policy": msgspec.Raw(policy.expr_policy)}

    def _known_policy(self, network_id: int) -> Policy:
        if not self._network_known(network_id):
            raise LookupError(f"network {network_id}: network not found")
        return self.policy(network_id)

    def _apply(self, event: Event) -> None:
        facts = dict(event.payload)
        network_id = facts.pop("network_id")
        if event.type == "policy.removed":
            self._policies.pop(network_id, None)
        else:
            known = self._policies.get(network_id, ANYTHING_GOES)
            self._policies[network_id] = evolve(known, **facts)

    def _rebuild(self) -> int:
        with self._snapshots() as snapshot:
            rows = snapshot.connection.execute(_ALL)
            self._policies = {network_id: Policy(*facts) for network_id, *facts in rows}
            return snapshot.number
