"""What others vouch for: badges, recovery, and ids by which holders are known elsewhere."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from attrs import frozen
from sqlalchemy import Connection, bindparam, delete, insert, select, update

from registry.events import Transaction
from registry.identity import bindings
from registry.identity.bindings import Rotation
from registry.identity.events import (
    BADGE_CHANGED,
    EXTERNAL_ID_CHANGED,
    NODE_RECOVERED,
    RECOVERY_ENROLLED,
)
from registry.identity.keys import BadSignature, parse_public_key
from registry.identity.messages import (
    EnrollRecovery,
    GetIdentity,
    RecoverIdentity,
    SetExternalId,
    SubmitBadge,
)
from registry.identity.ports import AddressOf, Caller, Clock
from registry.identity.statements import (
    Keyring,
    Recovery,
    read_badge,
    read_enrollment,
    read_recovery,
)
from registry.identity.tables import (
    badges,
    external_ids,
    keys,
    recovery_enrollments,
    used_nonces,
)

RECOVERY_WINDOW = 30 * 60
"""Seconds that a recovery may be good for."""

_OWNER = select(keys.c.owner).where(keys.c.node_id == bindparam("node"))
_KEY = select(keys.c.public_key).where(keys.c.node_id == bindparam("node"))
_EXTERNAL_ID = select(external_ids.c.external_id).where(external_ids.c.node_id == bindparam("node"))
_ALL_EXTERNAL_IDS = select(external_ids.c.node_id, external_ids.c.external_id)
_SET_EXTERNAL_ID = (
    update(external_ids)
    .where(external_ids.c.node_id == bindparam("node"))
    .values(external_id=bindparam("value"))
)
_DROP_EXTERNAL_ID = delete(external_ids).where(external_ids.c.node_id == bindparam("node"))
_ALL_BADGES = select(
    badges.c.node_id, badges.c.badge, badges.c.badge_sig, badges.c.provider, badges.c.verified_at
)
_DROP_BADGE = delete(badges).where(badges.c.node_id == bindparam("node"))
_ENROLLED = select(recovery_enrollments.c.provider, recovery_enrollments.c.commitment).where(
    recovery_enrollments.c.node_id == bindparam("node")
)
_UNENROLL = delete(recovery_enrollments).where(recovery_enrollments.c.node_id == bindparam("node"))
_USED = select(used_nonces.c.nonce).where(used_nonces.c.nonce == bindparam("wanted"))
_FORGET_NONCES = delete(used_nonces).where(used_nonces.c.expires_at < bindparam("now"))


@frozen
class ShownBadge:
    """A badge as others are shown it.

    Attributes:
        badge: The issuer's statement.
        badge_sig: Its signature, base64.
        provider: Who verified the node's holder.
        verified_at: When the badge was handed in, in unix seconds.
    """

    badge: str
    badge_sig: str
    provider: str
    verified_at: int


def external_ids_of(connection: Connection) -> Iterable[tuple[int, str]]:
    """Every node with the id by which its holder is known elsewhere."""
    return ((row.node_id, row.external_id) for row in connection.execute(_ALL_EXTERNAL_IDS))


def badges_of(connection: Connection) -> Iterable[tuple[int, ShownBadge]]:
    """Every node that has a badge, with it."""
    return ((node_id, ShownBadge(*badge)) for node_id, *badge in connection.execute(_ALL_BADGES))


class Attestations:
    """Keeps what others vouch for about nodes."""

    def __init__(
        self, *, clock: Clock, address_of: AddressOf, badge_keys: Keyring, recovery_keys: Keyring
    ) -> None:
        """Make it.

        Args:
            clock: Unix time in seconds.
            address_of: Writes a node's address.
            badge_keys: The issuers of badges and enrollments.
            recovery_keys: The issuers of recoveries.
        """
        self._clock = clock
        self._address_of = address_of
        self._badge_keys = badge_keys
        self._recovery_keys = recovery_keys

    def operations(self) -> dict[type, Callable[..., Mapping[str, Any]]]:
        """The requests that write, each with the method that answers it."""
        return {
            SubmitBadge: self.submit_badge,
            EnrollRecovery: self.enroll_recovery,
            RecoverIdentity: self.recover_identity,
            SetExternalId: self.set_external_id,
            GetIdentity: self.get_identity,
        }

    def external_id_of(self, transaction: Transaction, node_id: int) -> str:
        """By which id a node's holder is known elsewhere; empty for none."""
        return transaction.execute(_EXTERNAL_ID, {"node": node_id}).scalar() or ""

    def set_external_id(
        self, transaction: Transaction, request: SetExternalId, _caller: Caller
    ) -> dict[str, Any]:
        """Say by which id a node's holder is known elsewhere.

        Raises:
            LookupError: There is no such node.
        """
        self._owner(transaction, request.node_id)
        self.identify(transaction, request.node_id, request.external_id)
        return {"node_id": request.node_id, "external_id": request.external_id}

    def identify(self, transaction: Transaction, node_id: int, external_id: str) -> None:
        """Keep by which id the holder of a node, which is there, is known elsewhere."""
        if external_id != self.external_id_of(transaction, node_id):
            self._save_external_id(transaction, node_id, external_id)
            transaction.publish(EXTERNAL_ID_CHANGED(node_id=node_id, external_id=external_id))

    def get_identity(
        self, transaction: Transaction, request: GetIdentity, _caller: Caller
    ) -> dict[str, Any]:
        """Answer with the external id and the owner of a node.

        Raises:
            LookupError: There is no such node.
        """
        return {
            "node_id": request.node_id,
            "owner": self._owner(transaction, request.node_id),
            "external_id": self.external_id_of(transaction, request.node_id),
        }

    def submit_badge(
        self, transaction: Transaction, request: SubmitBadge, _caller: Caller
    ) -> dict[str, Any]:
        """Keep a node's badge, in place of the one it had.

        Raises:
            ValueError: The badge is malformed, has expired, or is another node's.
            PermissionError: No known issuer signed it.
        """
        now = int(self._clock())
        with _named("badge", "badge verification failed"):
            badge = read_badge(request.badge, request.badge_sig, self._badge_keys)
            if badge.expires_at and now > badge.expires_at:
                raise ValueError(f"badgeverify: badge expired: exp={badge.expires_at} now={now}")
            if badge.node_id != request.node_id:
                raise ValueError(
                    "badgeverify: badge node_id does not match peer: "
                    f"badge={badge.node_id} peer={request.node_id}"
                )
        facts = {
            "node_id": request.node_id,
            "badge": request.badge,
            "badge_sig": request.badge_sig,
            "provider": badge.provider,
            "verified_at": now,
        }
        transaction.execute(_DROP_BADGE, {"node": request.node_id})
        transaction.execute(insert(badges), facts)
        transaction.publish(BADGE_CHANGED(**facts))
        return {"node_id": request.node_id, "provider": badge.provider}

    def enroll_recovery(
        self, transaction: Transaction, request: EnrollRecovery, _caller: Caller
    ) -> dict[str, Any]:
        """Keep how a node can be recovered, in place of what was known.

        Raises:
            ValueError: The enrollment is malformed, or another node's.
            PermissionError: No known issuer signed it.
        """
        with _named("enrollment", "enrollment verification failed"):
            enrollment = read_enrollment(
                request.enrollment, request.enrollment_sig, self._badge_keys
            )
        if enrollment.node_id != request.node_id:
            raise ValueError(
                f"enrollment: node_id mismatch: statement={enrollment.node_id} "
                f"request={request.node_id}"
            )
        transaction.execute(_UNENROLL, {"node": request.node_id})
        transaction.execute(
            insert(recovery_enrollments),
            {
                "node_id": request.node_id,
                "provider": enrollment.provider,
                "commitment": enrollment.commitment,
            },
        )
        transaction.publish(
            RECOVERY_ENROLLED(node_id=request.node_id, provider=enrollment.provider)
        )
        return {"node_id": request.node_id}

    def recover_identity(
        self, transaction: Transaction, request: RecoverIdentity, _caller: Caller
    ) -> dict[str, Any]:
        """Move a node to another key because an issuer says so, and drop its badge.

        Raises:
            ValueError: The recovery or the key is malformed, they do not belong together,
                or the recovery is not of now.
            LookupError: There is no such node.
            PermissionError: No known issuer signed it, it was used, the node is not enrolled
                with that account, or the new key is, or was, somebody's.
        """
        now = int(self._clock())
        new_key = parse_public_key(request.new_public_key, "new_public_key")
        with _named("recovery", "recovery verification failed"):
            recovery = read_recovery(request.recovery, request.recovery_sig, self._recovery_keys)
        self._require_fitting(request, recovery, now)
        provider = self._require_enrolled(transaction, request.node_id, recovery)
        old_key = transaction.execute(_KEY, {"node": request.node_id}).scalar_one()
        [outcome] = bindings.rotate(transaction, [Rotation(request.node_id, old_key, new_key)], now)
        if isinstance(outcome, Exception):
            raise outcome
        transaction.execute(_FORGET_NONCES, {"now": now})
        transaction.execute(
            insert(used_nonces), {"nonce": recovery.nonce, "expires_at": recovery.expires_at}
        )
        self._drop_badge(transaction, request.node_id)
        transaction.publish(NODE_RECOVERED(node_id=request.node_id, provider=provider))
        return {
            "node_id": request.node_id,
            "address": self._address_of(0, request.node_id),
            "public_key": request.new_public_key,
        }

    def _owner(self, transaction: Transaction, node_id: int) -> str:
        owner: str | None = transaction.execute(_OWNER, {"node": node_id}).scalar()
        if owner is None:
            raise LookupError(f"node {node_id}: node not found")
        return owner

    def _save_external_id(self, transaction: Transaction, node_id: int, external_id: str) -> None:
        if not external_id:
            transaction.execute(_DROP_EXTERNAL_ID, {"node": node_id})
            return
        moved = transaction.execute(_SET_EXTERNAL_ID, {"node": node_id, "value": external_id})
        if not moved.rowcount:
            transaction.execute(
                insert(external_ids), {"node_id": node_id, "external_id": external_id}
            )

    @staticmethod
    def _require_fitting(request: RecoverIdentity, recovery: Recovery, now: int) -> None:
        if recovery.node_id != request.node_id:
            raise ValueError("recovery: node_id mismatch")
        if recovery.new_public_key != request.new_public_key:
            raise ValueError("recovery: is not bound to this new key")
        if now > recovery.expires_at:
            raise ValueError("recovery: has expired")
        if recovery.expires_at > now + RECOVERY_WINDOW:
            raise ValueError("recovery: expiry too far in the future (max 30m0s)")

    @staticmethod
    def _require_enrolled(transaction: Transaction, node_id: int, recovery: Recovery) -> str:
        enrolled = transaction.execute(_ENROLLED, {"node": node_id}).one_or_none()
        if enrolled is None:
            raise PermissionError(f"node_id: node {node_id} is not enrolled for recovery")
        if enrolled.commitment != recovery.commitment:
            raise PermissionError("recovery: identity does not match the enrolled identity")
        if transaction.execute(_USED, {"wanted": recovery.nonce}).one_or_none() is not None:
            raise PermissionError("recovery: authorization already used")
        return str(enrolled.provider)

    @staticmethod
    def _drop_badge(transaction: Transaction, node_id: int) -> None:
        if transaction.execute(_DROP_BADGE, {"node": node_id}).rowcount:
            transaction.publish(
                BADGE_CHANGED(node_id=node_id, badge="", badge_sig="", provider="", verified_at=0)
            )


@contextmanager
def _named(field: str, text: str) -> Iterator[None]:
    """Say of what is wrong within in which field it is."""
    try:
        yield
    except BadSignature as error:
        raise BadSignature(f"{field}: {text}: {error}") from None
    except ValueError as error:
        raise ValueError(f"{field}: {text}: {error}") from None
