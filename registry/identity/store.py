"""The operations of the identity store."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, update

from registry.events import Transaction
from registry.identity import bindings
from registry.identity.bindings import Enrollment, Rotation
from registry.identity.events import KEY_EXPIRY_CHANGED
from registry.identity.keys import format_public_key, parse_public_key
from registry.identity.messages import RotateKey, SetKeyExpiry
from registry.identity.model import format_time
from registry.identity.ports import AddressOf, Caller, Clock
from registry.identity.tables import keys

LONGEST_OWNER = 256
"""Characters."""

LONGEST_EXPIRY = 10 * 365 * 24 * 3600
"""Seconds that a key's expiry may lie ahead, as in the public server."""

_SET_EXPIRY = (
    update(keys).where(keys.c.node_id == bindparam("node")).values(expires_at=bindparam("at"))
)


class IdentityStore:
    """Binds keys to node ids, and moves an id to another key."""

    def __init__(self, *, clock: Clock, address_of: AddressOf) -> None:
        self._clock = clock
        self._address_of = address_of

    def operations(self) -> dict[type, Callable[..., Mapping[str, Any]]]:
        """The requests that write, each with the method that answers it."""
        return {SetKeyExpiry: self.set_key_expiry}

    def batches(self) -> dict[type, Callable[..., Sequence[Mapping[str, Any] | Exception]]]:
        """The requests that are run many at once, each with the method that answers them."""
        return {RotateKey: self.rotate_keys}

    def enroll(
        self, transaction: Transaction, enrollments: Sequence[tuple[str, str, bool]]
    ) -> list[int | Exception]:
        """The node of each key: the one it always was, or a new one.

        An owner that is given replaces the one that was known. A key that was proved once
        has to be proved ever after.

        Args:
            transaction: Where it happens.
            enrollments: Base64 keys, each with who runs the node, as it says, empty for no
                statement; and whether the caller proved to hold the key.

        Returns:
            For each a node id, or why it is refused: a ValueError for a malformed key or
            owner, a PermissionError for a key that was rotated away or has to be proved.
        """
        read = [_read_enrollment(*enrollment) for enrollment in enrollments]
        good = [enrollment for enrollment in read if isinstance(enrollment, Enrollment)]
        node_ids = iter(bindings.enroll(transaction, good, int(self._clock())) if good else ())
        return [each if isinstance(each, ValueError) else next(node_ids) for each in read]

    def rotate_keys(
        self, transaction: Transaction, requests: Sequence[tuple[RotateKey, Caller]]
    ) -> list[dict[str, Any] | Exception]:
        """Move each node to another key and retire the one it had.

        Returns:
            For each an answer, or why it is refused: a ValueError for a malformed key, a
            LookupError for a node that is not there, a PermissionError where the new key
            is, or was, somebody's, or the key that signed has been rotated away since.
        """
        read = [_read_rotation(request, caller) for request, caller in requests]
        good = [rotation for rotation in read if isinstance(rotation, Rotation)]
        outcomes = iter(bindings.rotate(transaction, good, int(self._clock())) if good else ())
        return [
            each if isinstance(each, ValueError) else self._rotated(each, next(outcomes))
            for each in read
        ]

    def _rotated(self, rotation: Rotation, outcome: int | Exception) -> dict[str, Any] | Exception:
        if isinstance(outcome, Exception):
            return outcome
        return {
            "node_id": rotation.node_id,
            "address": self._address_of(0, rotation.node_id),
            "public_key": format_public_key(rotation.new_key),
        }

    def set_key_expiry(
        self, transaction: Transaction, request: SetKeyExpiry, _caller: Caller
    ) -> dict[str, Any]:
        """Set or clear until when a node's key is good.

        Raises:
            ValueError: The time is malformed, past, or too far ahead.
            LookupError: There is no such node.
        """
        expires_at = self._parse_expiry(request.expires_at)
        changed = transaction.execute(_SET_EXPIRY, {"node": request.node_id, "at": expires_at})
        if not changed.rowcount:
            raise LookupError(f"node {request.node_id}: node not found")
        transaction.publish(KEY_EXPIRY_CHANGED(node_id=request.node_id, expires_at=expires_at))
        if expires_at is None:
            return {"node_id": request.node_id}
        return {"node_id": request.node_id, "expires_at": format_time(expires_at)}

    def _parse_expiry(self, text: str) -> int | None:
        if text in ("", "never"):
            return None
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            moment = None
        if moment is None or moment.tzinfo is None:
            raise ValueError(f"expires_at: {text!r} is not an RFC 3339 time with a zone")
        at, now = int(moment.timestamp()), self._clock()
        if at <= now:
            raise ValueError("expires_at: must be in the future")
        if at > now + LONGEST_EXPIRY:
            raise ValueError("expires_at: cannot be more than 10 years ahead")
        return at


def _read_enrollment(
    public_key: str,
    owner: str,
    proved: bool,  # noqa: FBT001 - unpacked
) -> Enrollment | ValueError:
    if len(owner) > LONGEST_OWNER:
        return ValueError(f"owner: longer than {LONGEST_OWNER} characters")
    try:
        return Enrollment(parse_public_key(public_key), owner, proved)
    except ValueError as error:
        return error


def _read_rotation(request: RotateKey, caller: Caller) -> Rotation | ValueError:
    try:
        new_key = parse_public_key(request.new_public_key, "new_public_key")
    except ValueError as error:
        return error
    return Rotation(request.node_id, caller.public_key, new_key)
