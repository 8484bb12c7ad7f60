"""Servers that answer as a test needs it."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

OK = b'\x00\x00\x00\x14{"type":"lookup_ok"}'
ERROR = b'\x00\x00\x00\x10{"type":"error"}'

Serve = Callable[[socket.socket], None]


@contextmanager
def serving(serve: Serve) -> Iterator[tuple[str, int]]:
    """Run a function for each connection, in a thread; it ends when the client hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def accept() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                threading.Thread(target=_run, args=(serve, connection), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield listening.getsockname()
        listening.shutdown(socket.SHUT_RDWR)


def _run(serve: Serve, connection: socket.socket) -> None:
    with connection:
        try:
            serve(connection)
        except OSError:
            return


def requests_from(connection: socket.socket) -> Iterator[bytes]:
    """The bodies of the requests that come, until the client hangs up."""
    with connection.makefile("rb") as stream:
        while header := stream.read(4):
            yield stream.read(int.from_bytes(header, "big"))


def answer_ok(connection: socket.socket) -> None:
    for _ in requests_from(connection):
        connection.sendall(OK)
