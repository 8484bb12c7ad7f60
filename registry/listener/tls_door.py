"""Accepting connections that speak TLS.

Here, and not in the event loop's own server: that one tells nobody of a connection before its
handshake is done, so connections without one would be held uncounted.
"""

import asyncio
import socket
import ssl
from collections.abc import Callable, Coroutine
from typing import Any

import structlog
from attrs import define

from registry.listener.guests import Guests

log = structlog.get_logger()

BACKLOG = 1024
"""Connections that wait to be accepted."""

_PAUSE_SECONDS = 0.1
"""How long nothing is accepted after that failed, for want of descriptors as a rule."""


class TlsDoor:
    """Lets connections in that finish their handshake in time.

    While it lasts, a handshake has a place among the guests; then the connection has its own.
    """

    def __init__(
        self,
        context: ssl.SSLContext,
        patience: Callable[[], float],
        connection: Callable[[Callable[[], None]], asyncio.Protocol],
        guests: Guests,
    ) -> None:
        """Make a door; `open` opens it.

        Args:
            context: The certificate to show.
            patience: Seconds that a handshake may take, asked for at each.
            connection: Makes what serves a client, and calls what it is given right before
                it takes a place among the guests itself.
            guests: Who is there.
        """
        self._context = context
        self._patience = patience
        self._connection = connection
        self._guests = guests
        self._sockets: list[socket.socket] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self, host: str, port: int, *, share_port: bool = False) -> tuple[str, int]:
        """Begin to accept; returns the first address that clients can reach.

        Args:
            host: A name or an IP address; empty for all addresses.
            port: 0 for any free one.
            share_port: Whether other processes may listen there too.

        Raises:
            OSError: The address cannot be listened on.
        """
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        try:
            for family, *_, where in dict.fromkeys(found):
                self._sockets.append(_listen(family, where, share_port=share_port))
        except OSError:
            self.close()
            raise
        for listening in self._sockets:
            self._begin(self._accept(listening))
        bound = self._sockets[0].getsockname()
        return bound[0], bound[1]

    def close(self) -> None:
        """Accept nobody any more, and give up on handshakes. Safe to call again."""
        for task in self._tasks:
            task.cancel()
        for listening in self._sockets:
            listening.close()

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _accept(self, listening: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                client, peer = await loop.sock_accept(listening)
            except OSError as error:
                log.warning("connection.not_accepted", reason=str(error))
                await asyncio.sleep(_PAUSE_SECONDS)
                continue
            if self._guests.let_in(peer[0]):
                client.close()  # there is no way to say why before the handshake
            else:
                self._begin(self._shake_hands(client, peer[0]))

    async def _shake_hands(self, client: socket.socket, address: str) -> None:
        loop = asyncio.get_running_loop()
        patience = self._patience()
        place = _Place(self._guests, address)
        connection = self._connection(place.leave)
        try:
            await loop.connect_accepted_socket(
                lambda: connection,
                client,
                ssl=self._context,
                ssl_handshake_timeout=patience,
                ssl_shutdown_timeout=patience,
            )
        except OSError:  # an SSLError and a TimeoutError are
            client.close()
        finally:
            place.leave()


@define
class _Place:
    """A place among the guests, left once."""

    _guests: Guests
    _address: str
    _is_left: bool = False

    def leave(self) -> None:
        if not self._is_left:
            self._is_left = True
            self._guests.let_out(self._address)


def _listen(family: int, where: Any, *, share_port: bool) -> socket.socket:
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if share_port:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if family == socket.AF_INET6:  # IPv4 has a socket of its own
            listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listening.settimeout(0)
        listening.bind(where)
        listening.listen(BACKLOG)
    except OSError:
        listening.close()
        raise
    return listening
