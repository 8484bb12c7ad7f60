"""An HTTP server that answers as a test says, and keeps what it was asked."""

import queue
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from attrs import define, field, frozen

from tests.harness.waiting import PATIENCE


@frozen
class Received:
    """A request as it arrived."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@frozen
class Reply:
    """What to answer."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(factory=dict)


@define(eq=False)
class Receiver:
    """What a test sees of the server.

    Attributes:
        url: Where it is, without a path.
        answer: Makes the answer to each request; may block.
        received: What it was asked, in order.
    """

    url: str
    answer: Callable[[Received], Reply] = lambda _: Reply()
    received: list[Received] = field(factory=list)
    _arrivals: "queue.SimpleQueue[Received]" = field(factory=queue.SimpleQueue)

    def take(self) -> Received:
        """Wait for the next request that nobody took."""
        return self._arrivals.get(timeout=PATIENCE)

    def note(self, received: Received) -> Reply:
        """Keep a request, and answer it."""
        self.received.append(received)
        self._arrivals.put(received)
        return self.answer(received)


@contextmanager
def receiver(port: int = 0) -> Iterator[Receiver]:
    """A server on loopback, on any free port if no other is asked for."""
    noted: list[Receiver] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            headers = {name.lower(): value for name, value in self.headers.items()}
            received = Received(self.command, self.path, headers, self.rfile.read(length))
            reply = noted[0].note(received)
            self.send_response(reply.status)
            for name, value in {"content-length": str(len(reply.body)), **reply.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(reply.body)

        do_POST = do_GET  # noqa: N815 - named by the library

        def log_message(self, *_arguments: Any) -> None:
            """Say nothing."""

        def handle(self) -> None:
            with suppress(ConnectionError):  # who asked may go away
                super().handle()

    with ThreadingHTTPServer(("127.0.0.1", port), Handler) as server:
        server.daemon_threads = True
        noted.append(Receiver(f"http://127.0.0.1:{server.server_address[1]}"))
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield noted[0]
        finally:
            server.shutdown()
            thread.join()
