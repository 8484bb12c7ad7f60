"""Naming the requests that come over HTTP."""

import re

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from registry.dispatch import SERVED, RequestId

HEADER = "x-request-id"

_WELL_FORMED = re.compile(r"[A-Za-z0-9._-]{1,64}")


class RequestIds:
    """Gives each request an id, for its log lines and its answer.

    A proxy may have given it one already, in ``X-Request-ID``: that is kept, if it is of at most
    64 letters, digits, dots, dashes and underscores.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get(HEADER, "")
        request_id = RequestId(given if _WELL_FORMED.fullmatch(given) else "")

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[HEADER] = str(request_id)
            await send(message)

        served = SERVED.set(request_id)
        try:
            await self._app(scope, receive, send_with_id)
        finally:
            SERVED.reset(served)
