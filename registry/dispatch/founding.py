"""Making a network: the operation that spans the membership and the policy store."""

from collections.abc import Callable
from typing import Any

from registry.dispatch.authentication import Caller
from registry.events import Transaction
from registry.membership import CreateNetwork, MembershipStore
from registry.policy import PolicyStore, SetExprPolicy


class Founder:
    """Answers ``create_network``: has membership make it, then tells policy what it allows."""

    def __init__(self, *, membership: MembershipStore, policy: PolicyStore) -> None:
        self._membership = membership
        self._policy = policy

    def operations(self) -> dict[type, Callable[..., dict[str, Any]]]:
        """The requests that write, each with the method that answers it."""
        return {CreateNetwork: self.create_network}

    def create_network(
        self, transaction: Transaction, request: CreateNetwork, caller: Caller
    ) -> dict[str, Any]:
        """Make a network, with its expression policy if it is to have one.

        Raises:
            ValueError: The name is malformed or taken, a token is missing, or the rules or
                the expression policy cannot be followed.
            LookupError: The owner is not registered, or there are no more network ids.
        """
        answer = self._membership.create_network(transaction, request, caller)
        if request.expr_policy:
            policy = SetExprPolicy(network_id=answer["network_id"], expr_policy=request.expr_policy)
            self._policy.set_expr_policy(transaction, policy, caller)
        return answer
