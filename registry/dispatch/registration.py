"""Registration: the operation that spans the identity and the directory store."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any, ClassVar

from attrs import frozen
from msgspec import Meta, Struct

from registry.directory import (
    LONGEST_VERSION,
    DirectoryStore,
    Node,
    Registration,
    check_lan_addrs,
    observed_endpoint,
)
from registry.dispatch.authentication import Caller
from registry.events import Transaction
from registry.identity import Attestations, IdentityStore
from registry.wire import format_address

PROTOCOL_VERSION = 1

LONGEST_TOKEN = 16_384
"""Characters of an identity token; those of large providers have a few thousand."""


class Register(Struct, frozen=True, kw_only=True, tag_field="type", tag="register"):
    """Become a node, or come back as one: the same key is always the same node.

    On a lax server a key needs no signature as long as it was never registered with one.
    Where somebody vouches for the holders of identity tokens, the node of one who shows a
    token gets the id by which its holder is known there.
    """

    access: ClassVar[tuple[str, ...]] = (
        "public_key signs register:{listen_addr}:{public_key}",
        "lax: anyone",
    )
    public_key: str
    listen_addr: str = ""
    owner: str = ""
    hostname: str = ""
    lan_addrs: list[str] | None = None
    version: Annotated[str, Meta(max_length=LONGEST_VERSION)] = ""
    relay_only: bool = False
    identity_token: Annotated[str, Meta(max_length=LONGEST_TOKEN)] = ""
    signature: str = ""
    admin_token: str = ""


class Registrar:
    """Answers ``register``: asks identity for the id of a key, then tells the directory."""

    def __init__(
        self, *, identity: IdentityStore, directory: DirectoryStore, attestations: Attestations
    ) -> None:
        self._identity = identity
        self._directory = directory
        self._attestations = attestations

    def batches(self) -> dict[type, Callable[..., Sequence[dict[str, Any] | Exception]]]:
        """The requests that are run many at once, each with the method that answers them."""
        return {Register: self.register}

    def register(
        self, transaction: Transaction, requests: Sequence[tuple[Register, Caller]]
    ) -> list[dict[str, Any] | Exception]:
        """Register the nodes of the keys in the requests.

        Returns:
            For each an answer, or why it is refused: a ValueError for a malformed field,
            a PermissionError for a key that was rotated away or has to be proved.
        """
        arrivals = [_arrival(request, caller) for request, caller in requests]
        good = [arrival for arrival in arrivals if isinstance(arrival, _Arrival)]
        answers = iter(self._register(transaction, good) if good else ())
        return [
            arrival if isinstance(arrival, ValueError) else next(answers) for arrival in arrivals
        ]

    def _register(
        self, transaction: Transaction, arrivals: Sequence["_Arrival"]
    ) -> list[dict[str, Any] | Exception]:
        keys = [
            (arrival.request.public_key, arrival.request.owner, arrival.proved)
            for arrival in arrivals
        ]
        outcomes = self._identity.enroll(transaction, keys)
        for arrival, outcome in zip(arrivals, outcomes, strict=True):
            if arrival.external_id and isinstance(outcome, int):
                self._attestations.identify(transaction, outcome, arrival.external_id)
        nodes = [
            arrival.as_node(node_id)
            for arrival, node_id in zip(arrivals, outcomes, strict=True)
            if isinstance(node_id, int)
        ]
        registered = zip(nodes, self._directory.register(transaction, nodes), strict=True)
        return [
            outcome
            if isinstance(outcome, Exception)
            else _answer(arrival.request.public_key, *next(registered))
            for arrival, outcome in zip(arrivals, outcomes, strict=True)
        ]


@frozen
class _Arrival:
    """A node that announces itself, still without its id."""

    request: Register
    endpoint: str
    lan_addrs: tuple[str, ...]
    proved: bool
    external_id: str

    def as_node(self, node_id: int) -> Node:
        return Node(
            node_id=node_id,
            real_addr=self.endpoint,
            lan_addrs=self.lan_addrs,
            hostname=self.request.hostname,
            version=self.request.version,
            relay_only=self.request.relay_only,
        )


def _arrival(request: Register, caller: Caller) -> _Arrival | ValueError:
    try:
        endpoint = observed_endpoint(request.listen_addr, caller.address, caller.port)
        lan_addrs = check_lan_addrs(request.lan_addrs or ())
        return _Arrival(
            request,
            endpoint,
            lan_addrs,
            proved=bool(caller.public_key),
            external_id=caller.external_id,
        )
    except ValueError as error:
        return error


def _answer(public_key: str, node: Node, registration: Registration) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "node_id": node.node_id,
        "network_id": 0,
        "address": format_address(0, node.node_id),
        "public_key": public_key,
        "observed_addr": node.real_addr,
        "protocol_version": PROTOCOL_VERSION,
    }
    if registration.hostname:
        answer["hostname"] = registration.hostname
    if registration.hostname_error:
        answer["hostname_error"] = registration.hostname_error
    return answer
