"""What the dispatcher checks in the transaction, for tests that call a store themselves."""

from typing import Any, Protocol

from registry import dispatch
from registry.dispatch import Authenticator, NetworkRoles, OperationTable, SigningKey
from registry.events import Transaction


class Proved(Protocol):
    """A caller as a test states it."""

    @property
    def node_id(self) -> int: ...

    @property
    def is_admin(self) -> bool: ...


class _NoSignatures:
    """Nobody signs here: the test says who the caller is."""

    def verify_node(self, node_id: int, message: bytes, signature: str) -> SigningKey:
        raise NotImplementedError

    def verify_key(self, public_key: str, message: bytes, signature: str) -> bytes:
        raise NotImplementedError

    def unproved(self, signer: int | str, message: bytes, signature: str) -> bytes | None:
        raise NotImplementedError

    def note_good(self, proof: bytes) -> None:
        raise NotImplementedError


def require_role(
    operations: OperationTable,
    roles: NetworkRoles,
    transaction: Transaction,
    request: Any,
    caller: Proved,
) -> None:
    """Refuse what the dispatcher would refuse for want of a role."""
    [operation] = [known for known in operations if known.message is type(request)]
    signed = next(iter(operation.access.signed), None)
    proved = dispatch.Caller(
        "127.0.0.1",
        4001,
        node_id=caller.node_id,
        is_admin=caller.is_admin,
        signed=None if caller.is_admin else signed,
    )
    Authenticator(_NoSignatures(), roles).require_role(operation, transaction, request, proved)
