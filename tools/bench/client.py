"""One question at a time, where speed does not matter."""

import socket
from types import TracebackType
from typing import Any, Self

from tools.bench.generator import Address
from tools.bench.population import Population
from tools.bench.protocols import JSON, Protocol
from tools.bench.scenarios import publication, registration

_SECONDS = 60.0


class Refused(RuntimeError):
    """The server answered with an error."""


class Client:
    """A connection that waits for each answer."""

    def __init__(self, address: Address, protocol: Protocol = JSON) -> None:
        self._protocol = protocol
        self._socket = socket.create_connection(address, timeout=_SECONDS)
        self._socket.sendall(protocol.opening)
        self._stream = self._socket.makefile("rb")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stream.close()
        self._socket.close()

    def ask(self, request: dict[str, Any]) -> bytes:
        """The frame of the answer.

        Raises:
            Refused: It is an error.
        """
        self._socket.sendall(self._protocol.encode(request))
        header = self._stream.read(4)
        frame = header + self._stream.read(int.from_bytes(header, "big"))
        if len(frame) <= 4 or self._protocol.refused(frame):
            raise Refused(f"{request['type']}: {frame[4:].decode(errors='replace') or 'no answer'}")
        return frame


def register_all(address: Address, nodes: int, label: str) -> Population:
    """Fill a server over the wire: register so many public nodes.

    Raises:
        Refused: The server does not let them.
    """
    ids: list[int] = []
    population = Population(ids, nodes, label=label)
    with Client(address) as client:
        for number in range(nodes):
            key = population.key(number)
            answer = client.ask(registration(key, population.hostname(number)))
            ids.append(JSON.decode(answer)["node_id"])
            client.ask(publication(key, ids[number]))
    return population
