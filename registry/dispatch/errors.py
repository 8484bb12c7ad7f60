"""From an exception to what a client is told."""

import structlog

from registry.persistence import CommitterClosed, StorageUnavailable

log = structlog.get_logger()

LONGEST_TEXT = 500
"""Characters of an error's text at most: it may quote what the client sent."""

_TOLD = (ValueError, PermissionError, LookupError, CommitterClosed, StorageUnavailable)
_BUGS = (KeyError, IndexError, UnicodeError)
"""Subclasses of the above that nobody raises on purpose for a client to read."""


def error_text(error: Exception) -> str:
    """What to tell the client; anything unforeseen is logged and kept to ourselves."""
    if isinstance(error, _TOLD) and not isinstance(error, _BUGS):
        return str(error)[:LONGEST_TEXT]
    log.error("request.failed", exc_info=error)
    return "internal error: the request was not carried out"
