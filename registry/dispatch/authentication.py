"""Finding out who sent a request, by the access rules of its operation."""

import hmac
from typing import Any, Protocol

from attrs import frozen

from registry.dispatch.operations import Operation


class Signatures(Protocol):
    """What the identity store offers for checking signatures.

    Both methods raise PermissionError when the signature does not fit and LookupError
    when there is no such key; the text names the field that is wrong.
    """

    def verify_node(self, node_id: int, message: bytes, signature: str) -> None:
        """Check a signature against the key of a node."""

    def verify_key(self, public_key: str, message: bytes, signature: str) -> None:
        """Check a signature against a base64 key."""


@frozen
class Caller:
    """Who asks, as far as it was proved.

    Attributes:
        address: The IP address the request came from.
        node_id: The node that signed the request; 0 if none did.
        is_admin: Whether the request carried the admin token.
    """

    address: str
    node_id: int = 0
    is_admin: bool = False


class Authenticator:
    """Decides who a caller is, and whether that is enough."""

    def __init__(self, signatures: Signatures, admin_token: str = "") -> None:
        """Make an authenticator.

        Args:
            signatures: Where keys are known.
            admin_token: The registry's admin token; without one there is no administrator.
        """
        self._signatures = signatures
        self._admin_token = admin_token.encode()

    def authenticate(self, operation: Operation, request: Any, address: str) -> Caller:
        """Prove the caller.

        Raises:
            PermissionError: The proof is missing or wrong; the text names the field.
            LookupError: The node that should have signed does not exist.
        """
        access = operation.access
        if access.anyone and not request.admin_token:
            return Caller(address)
        if request.admin_token and (access.admin or access.anyone):
            self._require_admin_token(request.admin_token)
            return Caller(address, is_admin=True)
        if access.signed is None:
            raise PermissionError(f"admin_token: {operation.type} needs the admin token")
        if not request.signature:
            raise PermissionError(
                f"signature: {operation.type} needs one by {access.signed.signer}"
            )
        who = access.signed.who(request)
        message = access.signed.message(request)
        if isinstance(who, str):
            self._signatures.verify_key(who, message, request.signature)
            return Caller(address)
        self._signatures.verify_node(who, message, request.signature)
        return Caller(address, node_id=who)

    def _require_admin_token(self, token: str) -> None:
        if not self._admin_token:
            raise PermissionError("admin_token: this registry has no admin token")
        if not hmac.compare_digest(token.encode(), self._admin_token):
            raise PermissionError("admin_token: not the registry's")
