"""What clients and a server say to each other, kept on the way."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from attrs import frozen

from registry.wire import FrameDecoder, encode_frame
from tests.harness.namespace import Namespace


@frozen
class Exchange:
    """A request and its answer, as JSON objects."""

    request: dict[str, Any]
    response: dict[str, Any]


class Recorder:
    """A server that has every request answered by another one, and keeps both.

    It speaks JSON frames without TLS. It lets go of a client when the server does so,
    though not before the client's next request.
    """

    def __init__(self, namespace: Namespace, *, listen: str, server: tuple[str, int]) -> None:
        """Begin to record.

        Args:
            namespace: The network of all three.
            listen: HOST:PORT for clients.
            server: Where requests are answered.
        """
        self._namespace = namespace
        self._server = server
        self._exchanges: list[Exchange] = []
        host, _, port = listen.rpartition(":")
        self._listener = namespace.listen(host, int(port))
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)  # so that accept() ends as well
        self._listener.close()

    def exchanges(self, message_type: str = "") -> list[Exchange]:
        """What was said so far, in the order of the answers; of one type only, if one is named."""
        said = list(self._exchanges)
        return [one for one in said if message_type in ("", one.request["type"])]

    def _accept(self) -> None:
        with suppress(OSError):  # the listener was closed
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with suppress(OSError), client, self._namespace.connect(*self._server) as server:
            answers = _frames(server)
            for request in _frames(client):
                server.sendall(encode_frame(request))
                response = next(answers, None)
                if response is None:
                    return
                self._exchanges.append(Exchange(json.loads(request), json.loads(response)))
                client.sendall(encode_frame(response))


def _frames(connection: socket.socket) -> Iterator[bytes]:
    """The frames that come in, until the connection ends."""
    decoder = FrameDecoder()
    while data := connection.recv(65536):
        decoder.feed(data)
        yield from decoder.frames()
