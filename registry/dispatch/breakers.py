"""Switching groups of message types off while the server runs."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Literal

import structlog
from attrs import frozen
from msgspec import Struct

from registry.dispatch.authentication import Caller

log = structlog.get_logger()

BREAKERS: Mapping[str, frozenset[str]] = {
    "registry.register": frozenset({"register"}),
    "registry.heartbeat": frozenset({"heartbeat"}),
    "registry.resolve": frozenset(
        {"lookup", "resolve", "resolve_hostname", "list_networks", "list_nodes"}
    ),
    "registry.punch": frozenset({"punch"}),
    "registry.deregister": frozenset({"deregister"}),
    "registry.trust": frozenset({"report_trust", "revoke_trust", "check_trust"}),
    "registry.handshake": frozenset({"request_handshake", "poll_handshakes", "respond_handshake"}),
    "registry.invite": frozenset({"invite_to_network", "poll_invites", "respond_invite"}),
    "registry.network_admin": frozenset(
        {"create_network", "delete_network", "join_network", "leave_network", "rename_network"}
    ),
    "registry.beacon_register": frozenset({"beacon_register", "beacon_list"}),
}
"""The groups, named as the public server names them, and the message types of each."""

LONGEST_REASON = 200


class BreakerOpen(PermissionError):
    """What was asked for is switched off."""


@frozen
class Breaker:
    """A group that is switched off.

    Attributes:
        name: Its name.
        reason: Why, for those who are refused; may be empty.
    """

    name: str
    reason: str = ""


class SetBreaker(Struct, frozen=True, kw_only=True, tag_field="type", tag="set_breaker"):
    """Switch a group of message types off (``open``) or on again (``closed``)."""

    access: ClassVar[tuple[str, ...]] = ("admin",)
    name: str
    state: Literal["open", "closed"]
    reason: str = ""
    signature: str = ""
    admin_token: str = ""


class GetBreakers(Struct, frozen=True, kw_only=True, tag_field="type", tag="get_breakers"):
    """Which groups of message types there are, and which are switched off."""

    access: ClassVar[tuple[str, ...]] = ("admin",)
    signature: str = ""
    admin_token: str = ""


class Breakers:
    """Which groups are switched off. Soft state: a restart begins with the settings'."""

    def __init__(self, changed: Callable[[], object] = lambda: None) -> None:
        """Begin with every group on.

        Args:
            changed: Told after every change.
        """
        self.changed = changed
        self._open: dict[str, Breaker] = {}
        self._of_type: dict[str, Breaker] = {}

    def operations(self) -> dict[type, Callable[..., Mapping[str, Any]]]:
        """The requests that it answers, each with the method that does."""
        return {SetBreaker: self.set_breaker, GetBreakers: self.get_breakers}

    def open(self, name: str, reason: str = "") -> None:
        """Switch a group off.

        Raises:
            ValueError: There is no such group, or the reason is too long.
        """
        _require_known(name)
        if len(reason) > LONGEST_REASON:
            raise ValueError(f"reason: longer than {LONGEST_REASON} characters")
        self._open[name] = Breaker(name, reason)
        self._settle()

    def close(self, name: str) -> None:
        """Switch a group on again.

        Raises:
            ValueError: There is no such group.
        """
        _require_known(name)
        self._open.pop(name, None)
        self._settle()

    def require_closed(self, message_type: str) -> None:
        """Let a message type pass, unless its group is switched off.

        Raises:
            BreakerOpen: It is.
        """
        breaker = self._of_type.get(message_type)
        if breaker is not None:
            why = f" ({breaker.reason})" if breaker.reason else ""
            raise BreakerOpen(f'service unavailable: breaker "{breaker.name}" is open{why}')

    def set_breaker(self, request: SetBreaker, caller: Caller) -> dict[str, Any]:
        """Switch a group off or on.

        Raises:
            ValueError: There is no such group, or the reason is too long.
        """
        if request.state == "open":
            self.open(request.name, request.reason)
        else:
            self.close(request.name)
        log.warning(
            "breaker.set",
            breaker=request.name,
            state=request.state,
            reason=request.reason,
            address=caller.address,
        )
        return {"name": request.name, "state": request.state}

    def get_breakers(self, _request: GetBreakers, _caller: object) -> dict[str, Any]:
        """Answer with every group."""
        return {"breakers": [self._entry(name) for name in BREAKERS]}

    def _entry(self, name: str) -> dict[str, Any]:
        breaker = self._open.get(name)
        if breaker is None:
            return {"name": name, "state": "closed"}
        return {"name": name, "state": "open", "reason": breaker.reason}

    def _settle(self) -> None:
        self._of_type = {
            message_type: breaker
            for name, breaker in self._open.items()
            for message_type in BREAKERS[name]
        }
        self.changed()


def _require_known(name: str) -> None:
    if name not in BREAKERS:
        raise ValueError(f"name: no breaker {name[:64]!r}; there are {', '.join(BREAKERS)}")
