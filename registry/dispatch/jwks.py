"""The keys that an identity provider publishes (RFC 7517), fetched when they are needed."""

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from attrs import frozen
from joserfc import jwk
from joserfc.errors import JoseError

from registry.outside import Outside, OutsideUnavailable

FRESH_SECONDS = 300.0
"""How long keys that were fetched are used without asking again, as in the public server."""

AGAIN_AFTER_SECONDS = 30.0
"""How soon they may be fetched again for a key that was not among them."""

ALGORITHMS = {"RSA": "RS256", "EC": "ES256", "oct": "HS256"}
"""What a kind of key signs with.

The key decides, never the token: else who knows a public key could pass it off as a secret.
"""

Key = jwk.Key


@frozen
class SigningKey:
    """A key of a provider.

    Attributes:
        key: The key.
        algorithm: What it signs with.
    """

    key: Key
    algorithm: str


class UnknownKey(LookupError):
    """The provider has no such key."""


@frozen
class _Fetched:
    url: str
    at: float
    keys: tuple[SigningKey, ...]


class ProviderKeys:
    """The keys of the provider that was asked last. Safe across threads."""

    def __init__(self, outside: Outside, clock: Callable[[], float] = time.monotonic) -> None:
        self._outside = outside
        self._clock = clock
        self._lock = threading.Lock()  # held while fetching: who waits finds it done
        self._fetched = _Fetched("", 0.0, ())

    def find(self, url: str, kid: str | None) -> SigningKey:
        """A key of a provider.

        Args:
            url: Where its keys are.
            kid: The key's id; None for the only key there is.

        Raises:
            UnknownKey: There is no such key, or there are several.
            OutsideUnavailable: They cannot be fetched.
        """
        with self._lock:
            age = self._clock() - self._fetched.at
            if self._fetched.url != url or age >= FRESH_SECONDS:
                self._fetch(url)
            elif age >= AGAIN_AFTER_SECONDS and not _has(self._fetched, kid):
                self._fetch(url)  # the provider may have another key by now
            return _choose(self._fetched.keys, kid)

    def _fetch(self, url: str) -> None:
        try:
            answer = self._outside.get(url, headers={"accept": "application/json"})
        except OutsideUnavailable as error:
            raise OutsideUnavailable(f"JWKS: {error}") from error
        if answer.status != 200:
            raise OutsideUnavailable(f"JWKS: endpoint returned status {answer.status}")
        self._fetched = _Fetched(url, self._clock(), _read(answer.body))


def _read(body: bytes) -> tuple[SigningKey, ...]:
    """The keys of a key set that can be used here; others may be meant for others."""
    try:
        found = msgspec.json.decode(body, type=dict[str, Any]).get("keys")
    except msgspec.DecodeError as error:
        raise OutsideUnavailable(f"JWKS: is no JSON: {error}") from error
    if not isinstance(found, list):
        raise OutsideUnavailable("JWKS: has no keys")
    return tuple(key for entry in found if (key := _usable(entry)) is not None)


def _usable(entry: Any) -> SigningKey | None:
    if not isinstance(entry, Mapping):
        return None
    algorithm = ALGORITHMS.get(str(entry.get("kty")))
    if algorithm is None or entry.get("use", "sig") != "sig":
        return None
    if entry.get("alg", algorithm) != algorithm:
        return None
    try:
        return SigningKey(jwk.import_key(dict(entry)), algorithm)
    except (JoseError, ValueError, TypeError):
        return None


def _has(fetched: _Fetched, kid: str | None) -> bool:
    return any(known.key.kid == kid for known in fetched.keys) or kid is None


def _choose(keys: tuple[SigningKey, ...], kid: str | None) -> SigningKey:
    if kid is None:
        if len(keys) != 1:
            raise UnknownKey(f"JWKS: the token names no key, and there are {len(keys)}")
        return keys[0]
    for known in keys:
        if known.key.kid == kid:
            return known
    raise UnknownKey(f"JWKS: key {kid[:64]!r} not found")
