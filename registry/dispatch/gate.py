"""What is let in before anybody is proved: proving costs more than refusing."""

from collections.abc import Callable
from typing import Any

from registry.dispatch.authentication import Caller
from registry.dispatch.breakers import Breakers
from registry.dispatch.operations import Operation
from registry.dispatch.rates import AddressRates
from registry.dispatch.registration import Register


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
    ) -> None:
        """Make a gate.

        Args:
            breakers: What is switched off.
            registrations: How often an address may register a key that is not known.
            is_known: Whether a base64 key is a node's: it may always come back.
            inquiries: How often an address may have this server ask somebody outside.
        """
        self._breakers = breakers
        self._registrations = registrations
        self._is_known = is_known
        self._inquiries = inquiries

    def admit(self, operation: Operation, request: Any, address: str) -> None:
        """Let a request pass.

        Raises:
            BreakerOpen: Its group of message types is switched off.
            RateLimited: Its address registers new keys too fast.
        """
        self._breakers.require_closed(operation.type)
        if not isinstance(request, Register) or self._is_known(request.public_key):
            return
        if not self._registrations.take(address):
            raise RateLimited(f"rate limited: too many registrations from {address}")

    def admit_inquiry(self, caller: Caller) -> None:
        """Let a request pass for which somebody outside is asked.

        Raises:
            RateLimited: Its address has too much asked; administrators may.
        """
        if not caller.is_admin and not self._inquiries.take(caller.address):
            raise RateLimited(f"rate limited: too many identity tokens from {caller.address}")
