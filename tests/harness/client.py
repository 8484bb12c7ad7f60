"""A client of the JSON protocol, for what no real daemon can be made to do."""

import base64
import json
import socket
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from nacl.signing import SigningKey

from registry.wire import FrameDecoder, encode_frame
from tests.harness.waiting import PATIENCE

Message = dict[str, Any]


class Refused(Exception):
    """The server answered with an error frame."""


class ConnectionLost(Exception):
    """The server went away before it answered."""


class Key:
    """A node's key pair.

    Attributes:
        raw: The public half, 32 bytes.
        public: The public half, as it goes over the wire.
    """

    def __init__(self, seed: bytes = b"") -> None:
        """Make a new key, or the one of a seed of 32 bytes."""
        self._key = SigningKey(seed) if seed else SigningKey.generate()
        self.raw = bytes(self._key.verify_key)
        self.public = base64.b64encode(self.raw).decode()

    def sign(self, text: str) -> str:
        """The signature of a text, as it goes over the wire."""
        return base64.b64encode(self._key.sign(text.encode()).signature).decode()


class Client:
    """One connection, on which one request follows the other."""

    def __init__(self, connection: socket.socket, patience: float = PATIENCE) -> None:
        self._connection = connection
        self._connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._connection.settimeout(patience)
        self._decoder = FrameDecoder()

    @classmethod
    def to(cls, endpoint: tuple[str, int], *, patience: float = PATIENCE) -> Self:
        """Connect to a server in the test's own network.

        Args:
            endpoint: Where it listens.
            patience: Seconds to wait for each answer.
        """
        return cls(socket.create_connection(endpoint, PATIENCE), patience)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        with suppress(OSError):
            self._connection.close()

    def leave(self) -> None:
        """Close the connection, and return when the server has noticed."""
        self._connection.shutdown(socket.SHUT_WR)
        while self._connection.recv(65536):
            pass
        self.close()

    def ask(self, message_type: str, **fields: Any) -> Message:
        """Send a request and wait for its answer.

        Raises:
            Refused: The answer is an error.
            ConnectionLost: There is no answer.
        """
        body = json.dumps({"type": message_type, **fields}).encode()
        try:
            self._connection.sendall(encode_frame(body))
            answer: Message = json.loads(self._receive())
        except OSError as error:
            raise ConnectionLost(str(error)) from error
        if answer["type"] != f"{message_type}_ok":
            raise Refused(f"{message_type}: {answer.get('error', answer)}")
        return answer

    def _receive(self) -> bytes:
        while True:
            for body in self._decoder.frames():
                return body
            data = self._connection.recv(65536)
            if not data:
                raise ConnectionLost("the server closed the connection")
            self._decoder.feed(data)
