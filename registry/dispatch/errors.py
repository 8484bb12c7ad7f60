"""From an exception to what a client is told."""

import structlog

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
    """What to tell the client; anything unforeseen is logged and kept to ourselves."""
    if error_kind(error) != "internal":
        return str(error)[:LONGEST_TEXT]
    log.error("request.failed", exc_info=error)
    return "internal error: the request was not carried out"
