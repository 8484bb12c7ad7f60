"""What is let in before anybody is proved: proving costs more than refusing."""

from collections.abc import Callable
from typing import Any

from registry.dispatch.authentication import Caller
from registry.dispatch.breakers import Breakers
from registry.dispatch.operations import Operation
from registry.dispatch.rates import AddressRates
from registry.dispatch.registration import Register
from registry.membership import JoinNetwork


class RateLimited(PermissionError):
    """An address does too often what it does."""


class Gate:
    """Refuses what is switched off, and registrations that come too fast."""

    def __init__(
        self,
        breakers: Breakers,
        registrations: AddressRates,
        is_known: Callable[[str], bool],
        inquiries: AddressRates,
        join_tokens: AddressRates,
    ) -> None:
        """Make a gate.

        Args:
            breakers: What is switched off.
            registrations: How often an address may register a key that is not known.
            is_known: Whether a base64 key is a node's: it may always come back.
            inquiries: How often an address may have this server ask somebody outside.
            join_tokens: How often an address may come with a token into a network that does
                not take it.
        """
        self._breakers = breakers
        self._registrations = registrations
        self._is_known = is_known
        self._inquiries = inquiries
        self._join_tokens = join_tokens

    def admit(self, operation: Operation, request: Any, address: str) -> None:
        """Let a request pass.

        Raises:
            BreakerOpen: Its group of message types is switched off.
            RateLimited: Its address registers new keys too fast, or guesses tokens.
        """
        self._breakers.require_closed(operation.type)
        if _has_join_token(request) and self._join_tokens.is_empty(address):
            raise RateLimited(f"rate limited: too many wrong tokens from {address}")
        if not isinstance(request, Register) or self._is_known(request.public_key):
            return
        if not self._registrations.take(address):
            raise RateLimited(f"rate limited: too many registrations from {address}")

    def note_outcome(self, request: Any, address: str, error: Exception | None) -> None:
        """Note how a request ended that was let in."""
        if isinstance(error, PermissionError) and _has_join_token(request):
            self._join_tokens.charge(address)

    def admit_inquiry(self, caller: Caller) -> None:
        """Let a request pass for which somebody outside is asked.

        Raises:
            RateLimited: Its address has too much asked; administrators may.
        """
        if not caller.is_admin and not self._inquiries.take(caller.address):
            raise RateLimited(f"rate limited: too many identity tokens from {caller.address}")


def _has_join_token(request: Any) -> bool:
    return isinstance(request, JoinNetwork) and bool(request.token)
