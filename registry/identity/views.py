"""The key index, as others read it."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from attrs import evolve
from sqlalchemy import Connection, select

from registry.events import Bus, Event, Projection, Snapshots
from registry.identity.keys import (
    LONGEST_PROOF,
    Proofs,
    format_public_key,
    parse_public_key,
    proof_of,
)
from registry.identity.messages import GetKeyInfo
from registry.identity.model import NodeKey, format_time
from registry.identity.ports import Caller, Clock
from registry.identity.tables import keys

_ALL = select(
    keys.c.node_id,
    keys.c.public_key,
    keys.c.owner,
    keys.c.created_at,
    keys.c.rotated_at,
    keys.c.rotate_count,
    keys.c.expires_at,
)
_KEY_EXPIRIES = select(keys.c.node_id, keys.c.expires_at).where(keys.c.expires_at.is_not(None))
_KEY_GENERATIONS = select(keys.c.node_id, keys.c.rotate_count).where(keys.c.rotate_count > 0)
_DAY = 24 * 3600

ROWS_AT_ONCE = 10_000
"""Rows that are fetched together where all are read."""


def key_expiries(connection: Connection) -> Iterable[tuple[int, int]]:
    """Every node whose key will expire, with when, for read models that start from there."""
    return ((node_id, expires_at) for node_id, expires_at in connection.execute(_KEY_EXPIRIES))


def key_generations(connection: Connection) -> Iterable[tuple[int, int]]:
    """Every node that ever had another key, with how often, for read models that start there."""
    rows = connection.execute(_KEY_GENERATIONS)
    return ((node_id, rotate_count) for node_id, rotate_count in rows)


class IdentityView:
    """Every node's key, and the index from key to node, in memory."""

    def __init__(self, *, bus: Bus, snapshots: Snapshots, clock: Clock) -> None:
        self._snapshots = snapshots
        self._clock = clock
        self._keys: dict[int, NodeKey] = {}
        self._node_of_key: dict[bytes, int] = {}
        self._shared_times: dict[int, int] = {}
        self._proofs = Proofs()
        self.projection = Projection(
            bus,
            ("key.*", "identity.owner_changed"),
            apply=self._apply,
            rebuild=self._rebuild,
        )

    def operations(self) -> dict[type, Callable[..., Mapping[str, Any]]]:
        """The requests that only read, each with the method that answers it."""
        return {GetKeyInfo: self.get_key_info}

    def key(self, node_id: int) -> NodeKey | None:
        """A node's key and its history; None for an id that was never given."""
        self.projection.catch_up()
        return self._keys.get(node_id)

    def node_of_key(self, public_key: bytes) -> int | None:
        """The node that has a key now."""
        self.projection.catch_up()
        return self._node_of_key.get(public_key)

    def is_bound(self, public_key: str) -> bool:
        """Whether a base64 key is a node's now; false for what is no key."""
        try:
            return self.node_of_key(parse_public_key(public_key)) is not None
        except ValueError:
            return False

    def public_key(self, node_id: int) -> str:
        """A node's key, base64; empty for an id that was never given."""
        known = self.key(node_id)
        return format_public_key(known.public_key) if known else ""

    def verify_node(self, node_id: int, message: bytes, signature: str) -> NodeKey:
        """Check a signature by a node.

        Returns:
            The node's key, which made it.

        Raises:
            LookupError: There is no such node.
            ValueError: The signature is malformed.
            PermissionError: The signature is not the node's, or its key has expired.
        """
        known = self._known(node_id)
        self._proofs.require(proof_of(known.public_key, message, signature))
        if known.expired(self._clock()):
            raise PermissionError(f"signature: the key of node {node_id} has expired")
        return known

    def verify_key(self, public_key: str, message: bytes, signature: str) -> bytes:
        """Check a signature by a base64 key.

        Returns:
            The key.

        Raises:
            ValueError: The key or the signature is malformed.
            PermissionError: The signature is not the key's.
        """
        key = parse_public_key(public_key)
        self._proofs.require(proof_of(key, message, signature))
        return key

    def unproved(self, signer: int | str, message: bytes, signature: str) -> bytes | None:
        """What has to be verified before a signature can be checked, if anything has.

        Args:
            signer: A node id, or a base64 key.
            message: What is signed.
            signature: Base64.

        Returns:
            A proof: key, signature and message in one piece. None where the signature is known
            to be good, where it will be refused unverified, and where the message is long.
        """
        try:
            proof = proof_of(self._key_of(signer), message, signature)
        except (LookupError, ValueError):
            return None
        return None if len(proof) > LONGEST_PROOF or proof in self._proofs else proof

    def note_good(self, proof: bytes) -> None:
        """Take it that a proof was verified, by who can be trusted to have done it."""
        self._proofs.note_good(proof)

    def get_key_info(self, request: GetKeyInfo, _caller: Caller) -> dict[str, Any]:
        """Answer with the age and expiry of a node's key.

        Raises:
            LookupError: There is no such node.
        """
        known = self._known(request.node_id)
        answer: dict[str, Any] = {
            "node_id": request.node_id,
            "created_at": format_time(known.created_at),
            "rotate_count": known.rotate_count,
            "key_age_days": max(0, int(self._clock()) - known.in_use_since) // _DAY,
        }
        if known.rotated_at is not None:
            answer["rotated_at"] = format_time(known.rotated_at)
        if known.expires_at is not None:
            answer["expires_at"] = format_time(known.expires_at)
        return answer

    def _known(self, node_id: int) -> NodeKey:
        known = self.key(node_id)
        if known is None:
            raise LookupError(f"node {node_id}: node not found")
        return known

    def _key_of(self, signer: int | str) -> bytes:
        if isinstance(signer, str):
            return parse_public_key(signer)
        return self._known(signer).public_key

    def _apply(self, event: Event) -> None:
        payload = event.payload
        node_id = payload["node_id"]
        match event.type:
            case "key.enrolled":
                key = parse_public_key(payload["public_key"])
                self._put(node_id, NodeKey(key, payload["owner"], payload["created_at"]))
            case "key.rotated":
                self._rotate(node_id, event)
            case "key.expiry_changed":
                known = self._keys[node_id]
                self._keys[node_id] = evolve(known, expires_at=payload["expires_at"])
            case "identity.owner_changed":
                self._keys[node_id] = evolve(self._keys[node_id], owner=payload["owner"])

    def _rotate(self, node_id: int, event: Event) -> None:
        known = self._keys[node_id]
        del self._node_of_key[known.public_key]
        self._keys[node_id] = evolve(
            known,
            public_key=parse_public_key(event.payload["public_key"]),
            rotated_at=event.payload["rotated_at"],
            rotate_count=event.payload["rotate_count"],
            expires_at=None,
        )
        self._node_of_key[self._keys[node_id].public_key] = node_id

    def _put(self, node_id: int, key: NodeKey) -> None:
        self._keys[node_id] = key
        self._node_of_key[key.public_key] = node_id

    def _rebuild(self) -> int:
        self._keys.clear()
        self._node_of_key.clear()
        with self._snapshots() as snapshot:
            for rows in snapshot.connection.execute(_ALL).partitions(ROWS_AT_ONCE):
                for node_id, public_key, owner, created_at, *history in rows:
                    known = NodeKey(public_key, owner, self._shared(created_at), *history)
                    self._put(node_id, known)
            self._shared_times.clear()
            return snapshot.number

    def _shared(self, time: int) -> int:
        """One object for each time that many nodes have in common."""
        return self._shared_times.setdefault(time, time)
