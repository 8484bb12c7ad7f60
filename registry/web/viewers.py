"""Who looks: a stranger, or somebody who shows the admin token."""

from starlette.exceptions import HTTPException
from starlette.requests import Request

from registry.dispatch import Authenticator, Caller

STRANGER = Caller("", 0)
"""Is shown what the protocol tells anyone."""

ADMIN = Caller("", 0, is_admin=True)

_CHALLENGE = {"www-authenticate": "Bearer"}


def viewer_of(request: Request, authenticator: Authenticator) -> Caller:
    """Who sent a request; a stranger if it carries no token.

    Raises:
        HTTPException: 401, the token is wrong; 429, too many wrong ones came from there.
    """
    header = request.headers.get("authorization")
    if header is None:
        return STRANGER
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise HTTPException(401, "authorization: must be Bearer and the admin token", _CHALLENGE)
    address = request.client.host if request.client else ""
    if authenticator.is_slowed(address):
        raise HTTPException(
            429,
            "authorization: too many wrong tokens from here: wait a minute",
            {"retry-after": "60"},
        )
    try:
        authenticator.require_admin(token, address)
    except PermissionError as error:
        text = str(error).replace("admin_token", "authorization", 1)
        raise HTTPException(401, text, _CHALLENGE) from error
    return ADMIN


def require_admin(request: Request, authenticator: Authenticator) -> None:
    """Let only administrators pass.

    Raises:
        HTTPException: As of `viewer_of`, and 401 for who carries no token.
    """
    if viewer_of(request, authenticator) is not ADMIN:
        raise HTTPException(401, "authorization: needs the admin token", _CHALLENGE)
