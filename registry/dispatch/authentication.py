"""Finding out who sent a request, by the access rules of its operation."""

import hmac
from typing import Any, Protocol

from attrs import frozen

from registry.dispatch.access import Signed
from registry.dispatch.operations import Operation


class Signatures(Protocol):
    """What the identity store offers for checking signatures.

    Both methods answer with the key that signed. They raise PermissionError when the
    signature does not fit, ValueError when something is malformed and LookupError when
    there is no such node; the text names the field that is wrong.
    """

    def verify_node(self, node_id: int, message: bytes, signature: str) -> bytes:
        """Check a signature against the key of a node."""

    def verify_key(self, public_key: str, message: bytes, signature: str) -> bytes:
        """Check a signature against a base64 key."""


@frozen
class Caller:
    """Who asks, as far as it was proved.

    Attributes:
        address: The IP address the request came from.
        port: The port it came from.
        node_id: The node that signed the request; 0 if none did.
        public_key: The key that verified the signature; empty if none did.
        is_admin: Whether the request carried the admin token.
    """

    address: str
    port: int
    node_id: int = 0
    public_key: bytes = b""
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

    def authenticate(self, operation: Operation, request: Any, sender: tuple[str, int]) -> Caller:
        """Prove the caller.

        Args:
            operation: What is asked for.
            request: Its request.
            sender: The IP address and port it came from.

        Raises:
            PermissionError: The proof is missing or wrong; the text names the field.
            ValueError: The proof is malformed.
            LookupError: The node that should have signed does not exist.
        """
        access = operation.access
        if request.admin_token and (access.admin or access.anyone):
            self._require_admin_token(request.admin_token)
            return Caller(*sender, is_admin=True)
        if access.anyone:
            return Caller(*sender)
        if access.signed is None:
            raise PermissionError(f"admin_token: {operation.type} needs the admin token")
        return self._require_signature(operation.type, access.signed, request, sender)

    def _require_signature(
        self, message_type: str, rule: Signed, request: Any, sender: tuple[str, int]
    ) -> Caller:
        if not request.signature:
            raise PermissionError(f"signature: {message_type} needs one by {rule.signer}")
        who, message = rule.who(request), rule.message(request)
        if isinstance(who, str):
            key = self._signatures.verify_key(who, message, request.signature)
            return Caller(*sender, public_key=key)
        key = self._signatures.verify_node(who, message, request.signature)
        return Caller(*sender, node_id=who, public_key=key)

    def _require_admin_token(self, token: str) -> None:
        if not self._admin_token:
            raise PermissionError("admin_token: this registry has no admin token")
        if not hmac.compare_digest(token.encode(), self._admin_token):
            raise PermissionError("admin_token: not the registry's")
