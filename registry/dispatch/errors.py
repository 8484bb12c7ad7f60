"""From an exception to what a client is told."""

import structlog

from registry.dispatch.request_ids import SERVED, RequestId
from registry.outside import OutsideUnavailable
from registry.persistence import CommitterClosed, StorageUnavailable

log = structlog.get_logger()

LONGEST_TEXT = 500
"""Characters of an error's text at most: it may quote what the client sent."""

_UNAVAILABLE = (CommitterClosed, StorageUnavailable, OutsideUnavailable)
_TOLD = (ValueError, PermissionError, LookupError, *_UNAVAILABLE)
_BUGS = (KeyError, IndexError, UnicodeError)
"""Subclasses of the above that nobody raises on purpose for a client to read."""


def error_kind(error: Exception) -> str:
    """What went wrong: ``refused``, ``unavailable`` or ``internal``.

    Refused is what the client can do something about; unavailable is what may work later.
    """
    if isinstance(error, _UNAVAILABLE):
        return "unavailable"
    return "refused" if isinstance(error, _TOLD) and not isinstance(error, _BUGS) else "internal"


def error_text(error: Exception) -> str:
    """What to tell the client; anything unforeseen is logged and kept to ourselves.

    The client is told the id of the request that stands in the log line, to ask about it.
    """
    if error_kind(error) != "internal":
        return str(error)[:LONGEST_TEXT]
    request_id = str(SERVED.get() or RequestId())
    log.error("request.failed", request_id=request_id, exc_info=error)
    return f"internal error: the request was not carried out (request {request_id})"
