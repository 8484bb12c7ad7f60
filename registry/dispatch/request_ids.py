"""Which request is being served, so that log lines can say so."""

import secrets
from collections.abc import Callable, MutableMapping
from contextvars import ContextVar
from typing import Any


class RequestId:
    """Names one request in log lines; made up only if it is written somewhere."""

    __slots__ = ("_text",)

    def __init__(self, text: str = "") -> None:
        """Make an id.

        Args:
            text: What it is; empty for one that nothing else has.
        """
        self._text = text

    def __str__(self) -> str:
        if not self._text:
            self._text = secrets.token_hex(8)
        return self._text


SERVED: ContextVar[RequestId | None] = ContextVar("served", default=None)
"""The request that what runs now is for, if it is for one."""


def on_behalf_of(request_id: RequestId | None, work: Callable[..., None]) -> Callable[..., None]:
    """The same work, done for a request; of use where it is done later."""

    def for_it(*arguments: Any) -> None:
        token = SERVED.set(request_id)
        try:
            work(*arguments)
        finally:
            SERVED.reset(token)

    return for_it


def add_request_id(
    _logger: Any, _method: str, line: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Say in a log line which request it is about (a processor of structlog)."""
    served = SERVED.get()
    if served is not None:
        line.setdefault("request_id", str(served))
    return line
