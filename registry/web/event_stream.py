"""Server-sent events: an answer that goes on until somebody goes away."""

import asyncio
from contextlib import suppress

from starlette.types import Receive, Scope, Send

from registry.web.feed import EventFeed, Reader

SILENCE_SECONDS = 15.0
"""After which something is sent although nothing happened, so that nobody in between hangs up."""

STUCK_SECONDS = 30.0
"""How long a reader may leave what is sent unread before it is cut off."""

_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),  # a proxy should not wait for the end
]


class EventStream:
    """Sends a reader what it is told; an ASGI application for one request."""

    def __init__(self, feed: EventFeed, reader: Reader) -> None:
        self._feed = feed
        self._reader = reader

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        """Send until the reader goes away, does not read, or the feed is closed."""
        gone = asyncio.create_task(_wait_until_gone(receive))
        try:
            await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
            await self._send(send, b": what happens from now on\n\n")
            while not (self._reader.ended or gone.done()):
                await self._send(send, await self._next(gone))
            await send({"type": "http.response.body", "body": b""})
        except TimeoutError:
            pass  # it does not read; without an end, the connection is closed
        finally:
            gone.cancel()
            self._feed.leave(self._reader)

    async def _next(self, gone: "asyncio.Task[None]") -> bytes:
        something = asyncio.create_task(self._reader.waiting.wait())
        await asyncio.wait(
            (something, gone), timeout=SILENCE_SECONDS, return_when=asyncio.FIRST_COMPLETED
        )
        something.cancel()
        return self._reader.take() or b": nothing happened\n\n"

    @staticmethod
    async def _send(send: Send, body: bytes) -> None:
        async with asyncio.timeout(STUCK_SECONDS):
            await send({"type": "http.response.body", "body": body, "more_body": True})


async def _wait_until_gone(receive: Receive) -> None:
    with suppress(asyncio.CancelledError):
        while (await receive())["type"] != "http.disconnect":
            pass
