"""Accepting connections."""

import asyncio
import ssl
from collections.abc import Callable
from contextlib import suppress
from functools import partial

import structlog

from registry.listener.connection import Connection
from registry.listener.guests import Guests
from registry.listener.limits import Limits
from registry.listener.protocols import Protocols
from registry.listener.tls_door import BACKLOG, TlsDoor

log = structlog.get_logger()

_SWEEP_SECONDS = 5.0

_GOODBYE_SECONDS = 5.0
"""How long clients have at the end to take the answers that are on their way."""


class Listener:
    """Accepts connections on its addresses and serves them until it is closed.

    Attributes:
        limits: What clients may ask for; may be replaced. What one connection may ask for is
            what the limits were when it was made.
        accepted: How many connections were served so far, those that are open included.
        turned_away: How many were not, because there were too many.
    """

    def __init__(
        self,
        protocols: Protocols,
        limits: Limits,
        *,
        take_turns: Callable[[Callable[[], object]], object] = lambda work: work(),
        share_port: bool = False,
    ) -> None:
        """Make a listener; `start` opens it.

        Args:
            protocols: What clients may speak.
            limits: What they may ask for.
            take_turns: Runs what takes its time, in turns, so that others are served between.
            share_port: Whether other processes may listen on the same address; the system then
                gives each new connection to one of them.
        """
        self._share_port = share_port
        self._protocols = protocols
        self.limits = limits
        self._take_turns = take_turns
        self.accepted = 0
        self.turned_away = 0
        self._connections: dict[Connection, float] = {}  # when it was last heard, about
        self._deserted = asyncio.Event()  # set when the last connection is gone
        self._guests = Guests(lambda: self.limits)
        self._servers: list[asyncio.Server] = []
        self._doors: list[TlsDoor] = []
        self._sweep: asyncio.TimerHandle | None = None

    async def start(
        self, host: str, port: int, tls: ssl.SSLContext | None = None
    ) -> tuple[str, int]:
        """Begin to accept on an address, which may be one of several.

        Args:
            host: A name or an IP address; empty for all addresses.
            port: 0 for any free one.
            tls: The certificate to show; None to speak in the clear.

        Returns:
            The address that clients can reach; of use where the port was 0.

        Raises:
            OSError: The address cannot be listened on.
        """
        if not (self._servers or self._doors):
            self._schedule_sweep()
        if tls is not None:
            door = TlsDoor(tls, self._patience, self._connection, self._guests)
            self._doors.append(door)
            return await door.open(host, port, share_port=self._share_port)
        server = await asyncio.get_running_loop().create_server(
            self._connection, host, port, backlog=BACKLOG, reuse_port=self._share_port or None
        )
        self._servers.append(server)
        bound = server.sockets[0].getsockname()
        return bound[0], bound[1]

    @property
    def connections(self) -> int:
        """How many connections are open."""
        return len(self._connections)

    def stop_accepting(self) -> None:
        """Take no new connections; those that are there are still served."""
        if self._sweep is not None:
            self._sweep.cancel()
        for server in self._servers:
            server.close()
        for door in self._doors:
            door.close()

    async def close(self) -> None:
        """Close every connection when what was answered has been sent, or soon anyway."""
        self.stop_accepting()
        for connection in list(self._connections):
            connection.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(_GOODBYE_SECONDS):
                while self._connections:
                    self._deserted.clear()
                    await self._deserted.wait()
        for connection in list(self._connections):
            connection.abort()

    def _patience(self) -> float:
        """A handshake is a request that has begun: who does not finish it is closed likewise."""
        return self.limits.request_seconds

    def _connection(self, before_opened: Callable[[], None] = lambda: None) -> Connection:
        return Connection(
            self._protocols,
            self.limits,
            take_turns=self._take_turns,
            opened=partial(self._opened, before_opened),
            closed=self._forget,
        )

    def _opened(self, before: Callable[[], None], connection: Connection) -> str:
        """Make room for a connection, or say why there is none."""
        before()
        refusal = self._guests.let_in(connection.address)
        if refusal:
            self.turned_away += 1
            return refusal
        self.accepted += 1
        self._connections[connection] = asyncio.get_running_loop().time()
        return ""

    def _forget(self, connection: Connection) -> None:
        if self._connections.pop(connection, None) is not None:
            self._guests.let_out(connection.address)
        if not self._connections:
            self._deserted.set()

    def _schedule_sweep(self) -> None:
        limits, loop = self.limits, asyncio.get_running_loop()
        shortest = min(limits.idle_seconds, limits.request_seconds, limits.answer_seconds)
        self._sweep = loop.call_later(min(_SWEEP_SECONDS, shortest / 4), self._close_overdue)

    def _close_overdue(self) -> None:
        """One timer for all connections, because a timer for each costs at every request."""
        now = asyncio.get_running_loop().time()
        for connection, heard_at in list(self._connections.items()):
            if connection.heard:
                connection.heard = False
                self._connections[connection] = now
            if _older(connection.unread_since, now - self.limits.answer_seconds):
                connection.abort()  # what it does not read cannot be sent
            elif connection.is_closing:
                connection.abort()  # it had a whole round to take the rest
            elif heard_at < now - self.limits.idle_seconds or _older(
                connection.unfinished_since, now - self.limits.request_seconds
            ):
                connection.close()
        self._schedule_sweep()


def _older(since: float | None, deadline: float) -> bool:
    return since is not None and since < deadline
