"""Registration: the operation that spans the identity and the directory store."""

from collections.abc import Callable
from typing import Annotated, Any, ClassVar

from msgspec import Meta, Struct

from registry.directory import (
    LONGEST_VERSION,
    DirectoryStore,
    Node,
    check_lan_addrs,
    observed_endpoint,
)
from registry.dispatch.authentication import Caller
from registry.events import Transaction
from registry.identity import IdentityStore
from registry.wire import Address

PROTOCOL_VERSION = 1


class Register(Struct, frozen=True, kw_only=True, tag_field="type", tag="register"):
    """Become a node, or come back as one: the same key is always the same node."""

    access: ClassVar[tuple[str, ...]] = ("public_key signs register:{listen_addr}:{public_key}",)
    public_key: str
    listen_addr: str = ""
    owner: str = ""
    hostname: str = ""
    lan_addrs: list[str] | None = None
    version: Annotated[str, Meta(max_length=LONGEST_VERSION)] = ""
    relay_only: bool = False
    signature: str = ""
    admin_token: str = ""


class Registrar:
    """Answers ``register``: asks identity for the id of a key, then tells the directory."""

    def __init__(self, *, identity: IdentityStore, directory: DirectoryStore) -> None:
        self._identity = identity
        self._directory = directory

    def operations(self) -> dict[type, Callable[..., dict[str, Any]]]:
        """The requests that write, each with the method that answers it."""
        return {Register: self.register}

    def register(
        self, transaction: Transaction, request: Register, caller: Caller
    ) -> dict[str, Any]:
        """Register the node whose key signed the request.

        Raises:
            ValueError: A field is malformed.
            PermissionError: The key was rotated away.
        """
        endpoint = observed_endpoint(request.listen_addr, caller.address, caller.port)
        lan_addrs = check_lan_addrs(request.lan_addrs or ())
        node_id = self._identity.enroll(transaction, request.public_key, request.owner)
        registration = self._directory.register(
            transaction,
            Node(
                node_id=node_id,
                real_addr=endpoint,
                lan_addrs=lan_addrs,
                hostname=request.hostname,
                version=request.version,
                relay_only=request.relay_only,
            ),
        )
        answer: dict[str, Any] = {
            "node_id": node_id,
            "network_id": 0,
            "address": str(Address(0, node_id)),
            "public_key": request.public_key,
            "observed_addr": endpoint,
            "protocol_version": PROTOCOL_VERSION,
        }
        if registration.hostname:
            answer["hostname"] = registration.hostname
        if registration.hostname_error:
            answer["hostname_error"] = registration.hostname_error
        return answer
