"""``python -m tools.bench.bare_server``: the least that a Python server can do.

It answers a fixed frame to whatever arrives, without looking at it. What it reaches is
the ceiling of any server of one Python process on this machine.
"""

import asyncio
from typing import cast

import click
import uvloop

from tools.bench.protocols import BINARY


class Bare(asyncio.Protocol):
    """Answers without reading."""

    def __init__(self, answer: bytes) -> None:
        self._answer = answer
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep where to answer."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's has another base

    def data_received(self, data: bytes) -> None:  # noqa: ARG002
        """Answer."""
        assert self._transport is not None
        self._transport.write(self._answer)


class Opened(asyncio.Protocol):
    """Waits for the opening of a protocol, then hands over to `Bare`."""

    def __init__(self, answer: bytes) -> None:
        self._bare = Bare(answer)
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep what is handed over."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's has another base

    def data_received(self, data: bytes) -> None:
        """The opening has come, perhaps together with a request."""
        assert self._transport is not None
        self._bare.connection_made(self._transport)
        self._transport.set_protocol(self._bare)
        if len(data) > len(BINARY.opening):
            self._bare.data_received(data)


async def _serve(answer: bytes, protocol: type[Bare | Opened]) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: protocol(answer), "127.0.0.1", 0, backlog=1024)
    host, port = server.sockets[0].getsockname()
    click.echo(f"listening on {host}:{port}")
    await server.serve_forever()


@click.command()
@click.argument("answer", metavar="HEX")
@click.option("--opening", is_flag=True, help="Do not answer the first bytes of a connection.")
def main(answer: str, opening: bool) -> None:  # noqa: FBT001
    """Answer every request with the same frame, on a free port."""
    uvloop.run(_serve(bytes.fromhex(answer), Opened if opening else Bare))


if __name__ == "__main__":
    main()
