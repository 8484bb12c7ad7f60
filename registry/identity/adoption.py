"""Taking over the keys that another server kept, under the ids they had there."""

from collections.abc import Sequence

from attrs import field, frozen
from sqlalchemy import bindparam, insert, update

from registry.events import Transaction
from registry.identity.attestations import ShownBadge
from registry.identity.events import (
    BADGE_CHANGED,
    EXTERNAL_ID_CHANGED,
    KEY_ENROLLED,
    KEY_EXPIRY_CHANGED,
    KEY_ROTATED,
    RECOVERY_ENROLLED,
)
from registry.identity.keys import format_public_key
from registry.identity.tables import (
    badges,
    external_ids,
    keys,
    last_node_id,
    recovery_enrollments,
)

_ADD_KEY = insert(keys)
_ADD_EXTERNAL_ID = insert(external_ids)
_ADD_BADGE = insert(badges)
_ADD_ENROLLMENT = insert(recovery_enrollments)
_SET_LAST_ID = update(last_node_id).values(node_id=bindparam("last"))


@frozen(kw_only=True)
class AdoptedKey:
    """A node's key and what is known of its holder.

    Attributes:
        node_id: The node.
        public_key: 32 bytes.
        owner: Who runs it, as it says; empty for no statement.
        created_at: When it was bound to the node, in unix seconds.
        rotated_at: When the node last changed its key; None for never.
        rotate_count: How often it did.
        expires_at: Until when the key is good; None for ever.
        external_id: By which id the holder is known elsewhere; empty for none.
        badge: None for none.
        recovery: Where an account is that recovers the node, and the commitment to it.
    """

    node_id: int
    public_key: bytes
    owner: str = ""
    created_at: int
    rotated_at: int | None = None
    rotate_count: int = 0
    expires_at: int | None = None
    external_id: str = ""
    badge: ShownBadge | None = None
    recovery: tuple[str, str] | None = field(default=None)


def adopt_keys(transaction: Transaction, adopted: Sequence[AdoptedKey], last_id: int) -> None:
    """Bind keys to the nodes that they had on another server.

    Whether they were ever proved there is not known, so they need not be on a lax server.

    Args:
        transaction: Where it happens; no key may be bound yet.
        adopted: Each with another id and another key.
        last_id: The highest id that was ever given there.
    """
    transaction.execute_many(_ADD_KEY, [_row(key) for key in adopted])
    for key in adopted:
        _tell(transaction, key)
    transaction.execute_many(
        _ADD_EXTERNAL_ID,
        [{"node_id": k.node_id, "external_id": k.external_id} for k in adopted if k.external_id],
    )
    transaction.execute_many(
        _ADD_BADGE, [_badge_row(key.node_id, key.badge) for key in adopted if key.badge]
    )
    transaction.execute_many(
        _ADD_ENROLLMENT,
        [
            {"node_id": key.node_id, "provider": key.recovery[0], "commitment": key.recovery[1]}
            for key in adopted
            if key.recovery
        ],
    )
    transaction.execute(_SET_LAST_ID, {"last": last_id})


def _row(key: AdoptedKey) -> dict[str, object]:
    return {
        "node_id": key.node_id,
        "public_key": key.public_key,
        "owner": key.owner,
        "proved": False,
        "created_at": key.created_at,
        "rotated_at": key.rotated_at,
        "rotate_count": key.rotate_count,
        "expires_at": key.expires_at,
    }


def _badge_row(node_id: int, badge: ShownBadge) -> dict[str, object]:
    return {
        "node_id": node_id,
        "badge": badge.badge,
        "badge_sig": badge.badge_sig,
        "provider": badge.provider,
        "verified_at": badge.verified_at,
    }


def _tell(transaction: Transaction, key: AdoptedKey) -> None:
    """Tell what would have been told had it happened here; the keys before are not known."""
    text = format_public_key(key.public_key)
    transaction.publish(
        KEY_ENROLLED(
            node_id=key.node_id, public_key=text, owner=key.owner, created_at=key.created_at
        )
    )
    if key.rotate_count:
        transaction.publish(
            KEY_ROTATED(
                node_id=key.node_id,
                old_public_key=text,
                public_key=text,
                rotated_at=key.rotated_at,
                rotate_count=key.rotate_count,
            )
        )
    if key.expires_at is not None:
        transaction.publish(KEY_EXPIRY_CHANGED(node_id=key.node_id, expires_at=key.expires_at))
    if key.external_id:
        transaction.publish(EXTERNAL_ID_CHANGED(node_id=key.node_id, external_id=key.external_id))
    if key.badge:
        transaction.publish(BADGE_CHANGED(**_badge_row(key.node_id, key.badge)))
    if key.recovery:
        transaction.publish(RECOVERY_ENROLLED(node_id=key.node_id, provider=key.recovery[0]))
