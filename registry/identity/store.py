"""The operations of the identity store."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, select, update

from registry.events import Transaction
from registry.identity.events import KEY_ENROLLED, KEY_EXPIRY_CHANGED, KEY_ROTATED, OWNER_CHANGED
from registry.identity.keys import format_public_key, parse_public_key
from registry.identity.messages import RotateKey, SetKeyExpiry
from registry.identity.model import format_time
from registry.identity.ports import AddressOf, Caller, Clock
from registry.identity.tables import keys, retired_keys

LONGEST_OWNER = 256
"""Characters."""

LONGEST_EXPIRY = 10 * 365 * 24 * 3600
"""Seconds that a key's expiry may lie ahead, as in the public server."""

_ENROLL = insert(keys).returning(keys.c.node_id)
_BY_KEY = select(keys.c.node_id, keys.c.owner).where(keys.c.public_key == bindparam("key"))
_BY_NODE = select(keys.c.public_key, keys.c.rotate_count).where(keys.c.node_id == bindparam("node"))
_RETIRED = select(retired_keys.c.node_id).where(retired_keys.c.public_key == bindparam("key"))
_ROTATE = (
    update(keys)
    .where(keys.c.node_id == bindparam("node"))
    .values(
        public_key=bindparam("key"),
        rotated_at=bindparam("now"),
        rotate_count=bindparam("count"),
        expires_at=None,
    )
)
_SET_EXPIRY = (
    update(keys).where(keys.c.node_id == bindparam("node")).values(expires_at=bindparam("at"))
)
_SET_OWNER = update(keys).where(keys.c.node_id == bindparam("node")).values(owner=bindparam("name"))


class IdentityStore:
    """Binds keys to node ids, and moves an id to another key."""

    def __init__(self, *, clock: Clock, address_of: AddressOf) -> None:
        self._clock = clock
        self._address_of = address_of

    def operations(self) -> dict[type, Callable[..., Mapping[str, Any]]]:
        """The requests that write, each with the method that answers it."""
        return {RotateKey: self.rotate_key, SetKeyExpiry: self.set_key_expiry}

    def enroll(self, transaction: Transaction, public_key: str, owner: str) -> int:
        """The node of a key: the one it always was, or a new one.

        An owner that is given replaces the one that was known: the key was proved.

        Args:
            transaction: Where it happens.
            public_key: Base64; the caller proved to hold it.
            owner: Who runs the node, as it says; empty for no statement.

        Raises:
            ValueError: The key or the owner is malformed.
            PermissionError: The key was rotated away.
        """
        key = parse_public_key(public_key)
        if len(owner) > LONGEST_OWNER:
            raise ValueError(f"owner: longer than {LONGEST_OWNER} characters")
        known = transaction.execute(_BY_KEY, {"key": key}).one_or_none()
        if known is None:
            return self._enroll_new(transaction, key, owner)
        if owner and owner != known.owner:
            transaction.execute(_SET_OWNER, {"node": known.node_id, "name": owner})
            transaction.publish(OWNER_CHANGED(node_id=known.node_id, owner=owner))
        return int(known.node_id)

    def rotate_key(
        self, transaction: Transaction, request: RotateKey, caller: Caller
    ) -> dict[str, Any]:
        """Move a node to another key and retire the one it had.

        Raises:
            ValueError: The new key is malformed.
            LookupError: There is no such node.
            PermissionError: The new key is, or was, somebody's; or the key that signed
                has been rotated away since.
        """
        new_key = parse_public_key(request.new_public_key, "new_public_key")
        known = transaction.execute(_BY_NODE, {"node": request.node_id}).one_or_none()
        if known is None:
            raise LookupError(f"node {request.node_id}: node not found")
        if known.public_key != caller.public_key:  # it was good when the request came in
            raise PermissionError("signature: the key was rotated in the meantime")
        self._require_unused(transaction, new_key)
        now = int(self._clock())
        transaction.execute(
            insert(retired_keys),
            {"public_key": known.public_key, "node_id": request.node_id, "retired_at": now},
        )
        count = known.rotate_count + 1
        transaction.execute(
            _ROTATE, {"node": request.node_id, "key": new_key, "now": now, "count": count}
        )
        transaction.publish(
            KEY_ROTATED(
                node_id=request.node_id,
                old_public_key=format_public_key(known.public_key),
                public_key=format_public_key(new_key),
                rotated_at=now,
                rotate_count=count,
            )
        )
        return {
            "node_id": request.node_id,
            "address": self._address_of(0, request.node_id),
            "public_key": format_public_key(new_key),
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

    def _enroll_new(self, transaction: Transaction, key: bytes, owner: str) -> int:
        self._require_not_retired(transaction, key, "public_key")
        now = int(self._clock())
        node_id: int = transaction.execute(
            _ENROLL,
            {"public_key": key, "owner": owner, "created_at": now, "rotate_count": 0},
        ).scalar_one()
        transaction.publish(
            KEY_ENROLLED(
                node_id=node_id, public_key=format_public_key(key), owner=owner, created_at=now
            )
        )
        return node_id

    def _require_unused(self, transaction: Transaction, key: bytes) -> None:
        if transaction.execute(_BY_KEY, {"key": key}).one_or_none() is not None:
            raise PermissionError("new_public_key: is the key of a node already")
        self._require_not_retired(transaction, key, "new_public_key")

    def _require_not_retired(self, transaction: Transaction, key: bytes, field: str) -> None:
        if transaction.execute(_RETIRED, {"key": key}).one_or_none() is not None:
            raise PermissionError(f"{field}: was rotated away and cannot be used again")

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
