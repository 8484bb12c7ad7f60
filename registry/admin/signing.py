"""How deliveries are signed, so that a receiver can tell that they are from this server."""

import hashlib
import hmac
import os
import secrets
from pathlib import Path

FILE = "webhook-secret"
"""The secret in a data folder, where no other was set."""

LEAST = 16
"""Characters of a secret."""


def signature(secret: bytes, timestamp: int, body: bytes) -> str:
    """What proves that whoever knows the secret sent a body at a time: ``v1=HEX``."""
    return "v1=" + hmac.digest(secret, b"%d.%b" % (timestamp, body), hashlib.sha256).hex()


def body_signature(secret: bytes, body: bytes) -> str:
    """What the public server sends: it says nothing of the time."""
    return hmac.digest(secret, body, hashlib.sha256).hex()


def read_secret(file: Path) -> bytes:
    """The secret in a file.

    Raises:
        ValueError: The file cannot be read, or the secret is too short.
    """
    try:
        secret = file.read_bytes().strip()
    except OSError as error:
        raise ValueError(f"cannot read {file}: {error.strerror}") from error
    if len(secret) < LEAST:
        raise ValueError(f"{file} has fewer than {LEAST} characters")
    return secret


def own_secret(folder: Path) -> bytes:
    """The secret of a data folder, made the first time that it is asked for.

    Raises:
        ValueError: It cannot be read or written.
    """
    file = folder / FILE
    if not file.exists():
        new = folder / f"{FILE}.new"
        try:
            handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "w") as stream:
                stream.write(f"{secrets.token_urlsafe(32)}\n")
                stream.flush()
                os.fsync(stream.fileno())
            new.replace(file)
        except OSError as error:
            raise ValueError(f"cannot write {file}: {error.strerror}") from error
    return read_secret(file)
