"""Statements that an issuer signs about a node: badges, enrollments and recoveries.

Each is one line of text with fields between colons, and is signed as it stands. The formats
and the texts of what is wrong with one are the public ecosystem's: other programs verify
the same statements.
"""

import base64
import binascii
from collections.abc import Mapping

from attrs import frozen

from registry.identity.keys import BadSignature, verify

BADGE_KEYS = "bdg-v1=Y2jjSAS+J6LVXAguY4P51vMGhHl7qgy5qBJZGS0Cmms="
"""The public ecosystem's issuer of badges and enrollments, as ``kid=base64 key``."""

RECOVERY_KEYS = "rec-v1=EGQ7F/NGzCIPekBo1jx+eUQUfOBFQU/hyhiZd3xumTY="
"""Its issuer of recoveries: another key, kept offline."""

LONGEST_STATEMENT = 2048
"""Characters."""

Keyring = Mapping[str, bytes]
"""The issuers' keys by their ``kid``, 32 bytes each."""


def read_keyring(text: str) -> Keyring:
    """Read ``kid=base64,kid=base64``.

    Raises:
        ValueError: A part has another form, or a key is not 32 bytes.
    """
    keyring = {}
    for part in filter(None, map(str.strip, text.split(","))):
        kid, equals, encoded = part.partition("=")
        try:
            key = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError):
            key = b""
        if not (kid and equals and len(key) == 32 and any(key)):
            raise ValueError(f"{part[:64]!r} is not KID=KEY with a base64 key of 32 bytes")
        keyring[kid] = key
    return keyring


@frozen
class Badge:
    """That a node's holder was verified by somebody.

    Attributes:
        node_id: The node.
        provider: Who verified, for instance ``github``.
        expires_at: Until when, in unix seconds; 0 for ever.
    """

    node_id: int
    provider: str
    expires_at: int


@frozen
class Enrollment:
    """That a node can be recovered by who holds an account elsewhere.

    Attributes:
        node_id: The node.
        provider: Where the account is.
        commitment: Stands for the account; means something to the issuer only.
    """

    node_id: int
    provider: str
    commitment: str


@frozen
class Recovery:
    """That a node is to have another key.

    Attributes:
        node_id: The node.
        new_public_key: The key, base64.
        commitment: That of the enrollment.
        expires_at: Until when the statement is good, in unix seconds.
        nonce: Makes it good for once.
    """

    node_id: int
    new_public_key: str
    commitment: str
    expires_at: int
    nonce: str


def read_badge(text: str, signature: str, keyring: Keyring) -> Badge:
    """Read and verify ``pilotbadge:v1:NODE:PROVIDER:VERIFIED_AT:EXP:KID:SUBJECT``.

    Raises:
        ValueError: It is no badge.
        BadSignature: The issuer is not known, or did not sign it.
    """
    fields = _fields(text, "pilotbadge", 8, "badge")
    _, _, node_id, provider, verified_at, expires_at, kid, _ = fields
    _require(fields, {"provider": provider, "kid": kid})
    _number("verified_at", verified_at)
    badge = Badge(_number("node_id", node_id), provider, _number("exp", expires_at))
    _verify(text, signature, kid, keyring)
    return badge


def read_enrollment(text: str, signature: str, keyring: Keyring) -> Enrollment:
    """Read and verify ``pilotenroll:v1:NODE:PROVIDER:COMMITMENT:ISSUED_AT:KID``.

    Raises:
        ValueError: It is no enrollment.
        BadSignature: The issuer is not known, or did not sign it.
    """
    fields = _fields(text, "pilotenroll", 7, "enrollment")
    _, _, node_id, provider, commitment, issued_at, kid = fields
    _require(fields, {"provider": provider, "commitment": commitment, "kid": kid})
    _number("issued_at", issued_at)
    enrollment = Enrollment(_number("node_id", node_id), provider, commitment)
    _verify(text, signature, kid, keyring)
    return enrollment


def read_recovery(text: str, signature: str, keyring: Keyring) -> Recovery:
    """Read and verify ``pilotrecover:v1:NODE:NEW_KEY:COMMITMENT:EXP:NONCE:KID``.

    Raises:
        ValueError: It is no recovery.
        BadSignature: The issuer is not known, or did not sign it.
    """
    fields = _fields(text, "pilotrecover", 8, "recovery")
    _, _, node_id, new_key, commitment, expires_at, nonce, kid = fields
    _require(fields, {"new_pubkey": new_key, "commitment": commitment, "nonce": nonce, "kid": kid})
    recovery = Recovery(
        _number("node_id", node_id), new_key, commitment, _number("exp", expires_at), nonce
    )
    _verify(text, signature, kid, keyring)
    return recovery


def _fields(text: str, prefix: str, count: int, name: str) -> list[str]:
    if len(text) > LONGEST_STATEMENT:
        raise ValueError(f"badgeverify: malformed badge: longer than {LONGEST_STATEMENT}")
    fields = text.split(":")
    if fields[0] != prefix:
        raise ValueError(f'badgeverify: malformed badge: bad prefix "{fields[0][:32]}"')
    if len(fields) != count:
        raise ValueError(
            f"badgeverify: malformed badge: {name} wants {count} fields, got {len(fields)}"
        )
    return fields


def _require(fields: list[str], named: Mapping[str, str]) -> None:
    if fields[1] != "v1":
        raise ValueError(f'badgeverify: malformed badge: unsupported version "{fields[1][:32]}"')
    for name, value in named.items():
        if not value:
            raise ValueError(f"badgeverify: malformed badge: {name} is required")


def _number(name: str, text: str) -> int:
    """A number as only one text writes it."""
    if not (text.isascii() and text.isdigit() and len(text) < 20 and str(int(text)) == text):
        raise ValueError(
            f'badgeverify: malformed badge: {name} is not canonical decimal: "{text[:32]}"'
        )
    return int(text)


def _verify(text: str, signature: str, kid: str, keyring: Keyring) -> None:
    key = keyring.get(kid)
    if key is None:
        raise BadSignature(f'badgeverify: no pinned issuer key for badge kid: kid="{kid[:32]}"')
    try:
        verify(key, text.encode(), signature)
    except (ValueError, BadSignature) as error:
        raise BadSignature(f"badgeverify: badge signature verification failed: {error}") from None
