"""The webhook: a signed call for every entry of the audit log."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from registry.admin.courier import DeadLetter, Progress
from registry.admin.entries import Sealed
from registry.admin.formats import rfc3339
from registry.admin.outlets import Target
from registry.admin.signing import body_signature, signature
from registry.outside import Outside, OutsideUnavailable

MOST = 50
"""Calls until it is written down how far they went; so many may be made again after a crash."""

MOST_ATTEMPTS = 10
"""How often an entry is sent to a receiver that answers with an error of its own each time."""

OUTAGES = frozenset({408, 425, 429, 502, 503, 504})
"""Answers that say nothing about the entry: it is sent until there is another."""

PRIVATE = frozenset(
    {"real_addr", "lan_addrs", "owner", "external_id", "badge", "badge_sig", "actions"}
)
"""What is left out: where nodes are reached, and who runs them."""


class WebhookCarrier:
    """Sends one entry after the other; the next only when that before is dealt with."""

    def __init__(
        self, outside: Outside, secret: bytes, *, clock: Callable[[], float] = time.time
    ) -> None:
        """Make a carrier.

        Args:
            outside: Makes the calls.
            secret: What they are signed with.
            clock: Unix time in seconds.
        """
        self._outside = outside
        self._secret = secret
        self._clock = clock
        self._attempted = 0  # the entry that was refused last
        self._attempts = 0  # and how often
        self.most = MOST

    def carry(
        self, target: Target, batch: Sequence[Sealed], *, stopping: Callable[[], bool]
    ) -> Progress:
        """Send entries until one is not taken."""
        progress = Progress(batch[0].record.number - 1)
        for entry in batch:
            if stopping():
                break
            body = body_of(entry)
            try:
                answer = self._outside.post(target.url, body, headers=self._headers(entry, body))
            except OutsideUnavailable as error:
                progress.failure = str(error)
                break
            if 200 <= answer.status < 300:
                progress.delivered += 1
            elif self._is_to_be_tried_again(entry, answer.status):
                progress.failure = f"the receiver answered {answer.status}"
                break
            else:
                progress.dead.append(self._given_up(entry, answer.status, body))
            progress.position = entry.record.number
        return progress

    def _headers(self, entry: Sealed, body: bytes) -> dict[str, str]:
        now = int(self._clock())
        return {
            "content-type": "application/json",
            "x-pilot-event": entry.record.type,
            "x-pilot-delivery": delivery_id(entry),
            "x-pilot-timestamp": str(now),
            "x-pilot-signature": signature(self._secret, now, body),
            "x-pilot-signature-256": body_signature(self._secret, body),
        }

    def _is_to_be_tried_again(self, entry: Sealed, status: int) -> bool:
        if status in OUTAGES:
            return True
        number = entry.record.number
        self._attempts = self._attempts + 1 if self._attempted == number else 1
        self._attempted = number
        return status >= 500 and self._attempts < MOST_ATTEMPTS

    def _given_up(self, entry: Sealed, status: int, body: bytes) -> DeadLetter:
        reason = f"the receiver answered {status}"
        return DeadLetter(entry.record.number, self._attempts, reason, body.decode())


def body_of(entry: Sealed) -> bytes:
    """What is sent of an entry: the same each time."""
    record = entry.record
    event: dict[str, Any] = {
        "event_id": record.number,
        "action": record.type,
        "timestamp": rfc3339(entry),
        "actor": record.actor,
        "delivery_id": delivery_id(entry),
    }
    details = _public(msgspec.json.decode(record.payload))
    return msgspec.json.encode({**event, "details": details} if details else event)


def delivery_id(entry: Sealed) -> str:
    """What a receiver knows an entry by that it was sent before."""
    return entry.seal.hex()[:32]


def _public(payload: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in payload.items() if key not in PRIVATE}
