"""Accepting connections."""

import asyncio
from contextlib import suppress

import structlog

from registry.listener.connection import Connection
from registry.listener.limits import Limits
from registry.listener.protocols import Protocols

log = structlog.get_logger()

_SWEEP_SECONDS = 5.0

_GOODBYE_SECONDS = 5.0
"""How long clients have at the end to take the answers that are on their way."""


class Listener:
    """Accepts connections on one address and serves them until it is closed."""

    def __init__(self, protocols: Protocols, limits: Limits) -> None:
        self._protocols = protocols
        self._limits = limits
        self._connections: dict[Connection, float] = {}  # when it was last heard, about
        self._deserted = asyncio.Event()  # set when the last connection is gone
        self._server: asyncio.Server | None = None
        self._sweep: asyncio.TimerHandle | None = None

    async def start(self, host: str, port: int) -> tuple[str, int]:
        """Begin to accept.

        Returns:
            The address that clients can reach; of use where the port was 0.

        Raises:
            OSError: The address cannot be listened on.
        """
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._connection, host, port, backlog=1024)
        self._schedule_sweep()
        bound = self._server.sockets[0].getsockname()
        return bound[0], bound[1]

    def stop_accepting(self) -> None:
        """Take no new connections; those that are there are still served."""
        if self._sweep is not None:
            self._sweep.cancel()
        if self._server is not None:
            self._server.close()

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

    def _connection(self) -> Connection:
        return Connection(self._protocols, self._limits, opened=self._opened, closed=self._forget)

    def _opened(self, connection: Connection) -> bool:
        if len(self._connections) >= self._limits.connections:
            return False
        self._connections[connection] = asyncio.get_running_loop().time()
        return True

    def _forget(self, connection: Connection) -> None:
        self._connections.pop(connection, None)
        if not self._connections:
            self._deserted.set()

    def _schedule_sweep(self) -> None:
        loop = asyncio.get_running_loop()
        self._sweep = loop.call_later(_SWEEP_SECONDS, self._close_idle)

    def _close_idle(self) -> None:
        """One timer for all connections, because a timer for each costs at every request."""
        now = asyncio.get_running_loop().time()
        for connection, heard_at in list(self._connections.items()):
            if connection.heard:
                connection.heard = False
                self._connections[connection] = now
            elif heard_at < now - self._limits.idle_seconds:
                connection.close()
        self._schedule_sweep()
