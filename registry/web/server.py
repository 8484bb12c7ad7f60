"""The socket that HTTP is served on: uvicorn, in the loop that serves the registry's clients."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator

import structlog
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from registry.web.app import Site

log = structlog.get_logger()

MOST_CONNECTIONS = 256
"""Open at a time: they must not use up what the registry's own clients need."""

REQUEST_SECONDS = 10.0
"""How long a request may take to arrive whole, or a connection to begin with one."""

_LARGEST_HEAD = 16 * 1024


class HttpServer:
    """Serves a site on an address, until it is closed.

    It shares the thread of the registry's clients, so that what is shown can be read from
    the read models without locks.
    """

    def __init__(self, site: Site) -> None:
        self._site = site
        config = uvicorn.Config(
            site.app,
            http=_Connection,
            ws="none",
            lifespan="on",
            log_config=None,
            log_level="error",
            access_log=False,
            server_header=False,
            proxy_headers=False,  # whoever guesses tokens could say to come from elsewhere
            timeout_graceful_shutdown=1,
            h11_max_incomplete_event_size=_LARGEST_HEAD,
        )
        self._server = _Server(config)
        self._task: asyncio.Task[None] | None = None

    async def start(self, host: str, port: int) -> tuple[str, int]:
        """Begin to serve.

        Args:
            host: A name or an IP address; empty for all IPv4 addresses.
            port: 0 for any free one.

        Returns:
            The address that was taken.

        Raises:
            OSError: The address cannot be listened on.
        """
        bound = await asyncio.to_thread(_bind, host, port)
        bound.listen()  # at once: whoever is told the address may come before the task below runs
        self._task = asyncio.create_task(self._server.serve(sockets=[bound]))
        address = bound.getsockname()
        return address[0], address[1]

    async def close(self) -> None:
        """Finish what is being answered, or cut it off soon, and stop."""
        self._site.feed.close()
        self._server.should_exit = True
        if self._task is not None:
            await self._task


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the registry."""
        yield


class _Connection(H11Protocol):
    """One that is closed when there are too many, or when it does not come to the point."""

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to serve, if there is room."""
        super().connection_made(transport)
        if len(self.connections) > MOST_CONNECTIONS:
            log.warning("http.too_many_connections", most=MOST_CONNECTIONS)
            transport.abort()
            return
        self._expect_request()

    def data_received(self, data: bytes) -> None:
        """Take what has come; what is no whole request has to become one soon."""
        super().data_received(data)
        if self.cycle is None or self.cycle.response_complete:
            self._expect_request()
        else:
            self._stop_waiting()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the client."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _expect_request(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(REQUEST_SECONDS, self.transport.abort)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


def _bind(host: str, port: int) -> socket.socket:
    """A socket that is bound to an address; the first of those that a name has."""
    family, kind, protocol, _, address = socket.getaddrinfo(
        host or "0.0.0.0",  # noqa: S104 - the operator says so
        port,
        type=socket.SOCK_STREAM,
        flags=socket.AI_PASSIVE,
    )[0]
    bound = socket.socket(family, kind, protocol)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
        bound.setblocking(False)  # noqa: FBT003
    except OSError:
        bound.close()
        raise
    return bound
