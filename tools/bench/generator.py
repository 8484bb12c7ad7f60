"""The load generator proper: one thread, many connections, no codec.

Requests are frames that were made before the run, and of an answer only its length and
its kind are looked at, so that a request costs little more than its two system calls.

Two ways of asking:

- `ClosedLoop`: the next request leaves when an answer has come. It finds the throughput.
  Its latencies are those of a queue that the load itself keeps filled.
- `Paced`: requests are due at fixed times whether or not answers have come, and a latency
  counts from the time at which its request was due. A server that stalls is charged for
  every request that should have been sent meanwhile (no coordinated omission).
"""

import gc
import select
import socket
import time
from abc import ABC, abstractmethod
from array import array
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import cycle

from attrs import frozen

from tools.bench.histogram import Histogram
from tools.bench.protocols import Protocol

MOST_PIPELINED = 64
"""Open requests on one connection at most: they must fit the socket's buffer."""

_RECEIVE_BYTES = 256 * 1024
_HEADER = 4
_SECOND = 1_000_000_000
_CONNECT_SECONDS = 30.0
_IDLE_SECONDS = 0.1
_NEVER = 2**63

_clock = time.perf_counter_ns

Address = tuple[str, int]


class GeneratorError(RuntimeError):
    """The load could not be made as asked for."""


@frozen
class Outcome:
    """What came of one stream of requests.

    Attributes:
        answers: How many answers came.
        refused: How many of them were errors.
        refusal: The first of those, as its frame; empty if there was none.
        seconds: How long was asked; where the requests were used up, until the last answer.
        latencies: In nanoseconds, of every answer; of a paced stream also of the requests
            still without one at the end, with what they had waited.
    """

    answers: int
    refused: int
    refusal: bytes
    seconds: float
    latencies: Histogram

    @property
    def per_second(self) -> float:
        """Answers per second."""
        return self.answers / self.seconds if self.seconds else 0.0


class Stream(ABC):
    """Requests of one kind, over connections of its own."""

    def __init__(
        self,
        address: Address,
        protocol: Protocol,
        frames: Sequence[bytes],
        *,
        connections: int,
        repeats: bool,
    ) -> None:
        """Connect.

        Args:
            address: Where the server listens.
            protocol: What it is spoken to in.
            frames: The requests.
            connections: How many.
            repeats: Whether to begin again when the requests are used up.

        Raises:
            OSError: The server cannot be reached.
        """
        self._refused_frame = protocol.refused
        self._frames = cycle(frames) if repeats else iter(frames)
        self._latencies = array("q")
        self._refused = 0
        self._refusal = b""
        self._began = self._last_answer = 0
        self.used_up = False
        self.connections = [_Connection(self, address) for _ in range(connections)]
        for connection in self.connections:
            connection.send(protocol.opening)

    def begin(self) -> None:
        """Count from here on; what was counted so far was warming up."""
        self._latencies = array("q")
        self._refused = 0
        self._refusal = b""
        self._began = _clock()

    @abstractmethod
    def ask(self, now: int) -> None:
        """Send what is due."""

    def answered(self, connection: "_Connection", frame: bytes, since: int, now: int) -> None:
        """Count an answer, and go on."""
        self._latencies.append(now - since)
        if self._refused_frame(frame):
            self._refused += 1
            self._refusal = self._refusal or frame
        self._last_answer = now
        self._freed(connection, now)

    @property
    def next_due(self) -> int:
        """When to ask again at the latest, by the clock; an answer may make it sooner."""
        return _NEVER

    @abstractmethod
    def _freed(self, connection: "_Connection", now: int) -> None:
        """A connection may carry one more request."""

    def _next_frame(self) -> bytes | None:
        frame = next(self._frames, None)
        self.used_up = frame is None
        return frame

    def outcome(self, now: int) -> Outcome:
        """What came of it until now."""
        end = self._last_answer if self.used_up else now
        return Outcome(
            len(self._latencies),
            self._refused,
            self._refusal,
            (end - self._began) / _SECOND,
            Histogram.of(self._latencies) + Histogram.of(self._still_waiting(now)),
        )

    def _still_waiting(self, now: int) -> Iterator[int]:  # noqa: ARG002
        """How long the requests have waited that have no answer, where that counts."""
        return iter(())

    @property
    def waiting(self) -> bool:
        """Whether an answer is still to come."""
        return any(connection.waiting_since for connection in self.connections)

    def close(self) -> None:
        """Hang up."""
        for connection in self.connections:
            connection.close()


class ClosedLoop(Stream):
    """Asks again when an answer has come."""

    def __init__(
        self,
        address: Address,
        protocol: Protocol,
        frames: Sequence[bytes],
        *,
        connections: int,
        repeats: bool,
        pipelined: int = 1,
    ) -> None:
        """Connect; ``pipelined`` is how many requests each connection has open.

        Raises:
            ValueError: They are more than `MOST_PIPELINED`, or none.
            OSError: The server cannot be reached.
        """
        if not 1 <= pipelined <= MOST_PIPELINED:
            raise ValueError(f"pipelined: {pipelined} is not between 1 and {MOST_PIPELINED}")
        super().__init__(address, protocol, frames, connections=connections, repeats=repeats)
        self._to_start = self.connections * pipelined

    def ask(self, now: int) -> None:
        """Send the first requests; later ones follow the answers."""
        for connection in self._to_start:
            self._freed(connection, now)
        self._to_start = []

    def _freed(self, connection: "_Connection", now: int) -> None:
        frame = self._next_frame()
        if frame is not None:
            connection.ask(frame, now)


class Paced(Stream):
    """Asks at fixed times, each time over a connection that has nothing open."""

    def __init__(
        self,
        address: Address,
        protocol: Protocol,
        frames: Sequence[bytes],
        *,
        connections: int,
        repeats: bool,
        per_second: float,
    ) -> None:
        """Connect; ``per_second`` is how many requests are due."""
        super().__init__(address, protocol, frames, connections=connections, repeats=repeats)
        self._interval = int(_SECOND / per_second)
        self._due = 0
        self._free = deque(self.connections)

    def ask(self, now: int) -> None:
        """Send what is due, as far as connections are free."""
        if not self._due:
            self._due = now
        while self._due <= now and self._free:
            frame = self._next_frame()
            if frame is None:
                return
            self._free.popleft().ask(frame, self._due)
            self._due += self._interval

    @property
    def next_due(self) -> int:
        """When the next request is due; where no connection is free, an answer frees one."""
        return self._due if self._free and not self.used_up else _NEVER

    def _freed(self, connection: "_Connection", now: int) -> None:  # noqa: ARG002
        self._free.append(connection)

    def _still_waiting(self, now: int) -> Iterator[int]:
        for connection in self.connections:
            yield from (now - since for since in connection.waiting_since)
        if not self.used_up:
            yield from (now - due for due in range(self._due, now, self._interval))


class _Connection:
    """One connection, with the times from which its open requests count."""

    __slots__ = ("_partial", "_receive", "_socket", "_stream", "send", "waiting_since")

    def __init__(self, stream: Stream, address: Address) -> None:
        self._stream = stream
        self._socket = socket.create_connection(address, timeout=_CONNECT_SECONDS)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.settimeout(0.0)
        self._receive = self._socket.recv
        self._partial = b""
        self.send = self._socket.send
        self.waiting_since: deque[int] = deque()

    def fileno(self) -> int:
        return self._socket.fileno()

    def close(self) -> None:
        self._socket.close()

    def ask(self, frame: bytes, since: int) -> None:
        self.waiting_since.append(since)
        if self.send(frame) != len(frame):
            raise GeneratorError("the server does not read: ask with less pipelining")

    def read(self) -> None:
        """Take the answers that have arrived."""
        data = self._receive(_RECEIVE_BYTES)
        now = _clock()
        if not data:
            raise GeneratorError("the server closed a connection")
        if self._partial:
            data = self._partial + data
            self._partial = b""
        if int.from_bytes(data[:_HEADER], "big") + _HEADER == len(data):  # nearly always
            self._stream.answered(self, data, self.waiting_since.popleft(), now)
            return
        for frame in self._cut(data):
            self._stream.answered(self, frame, self.waiting_since.popleft(), now)

    def _cut(self, data: bytes) -> list[bytes]:
        """The whole frames; what is left over waits for more."""
        frames = []
        start = 0
        while len(data) - start >= _HEADER:
            end = start + _HEADER + int.from_bytes(data[start : start + _HEADER], "big")
            if end > len(data):
                break
            frames.append(data[start:end])
            start = end
        self._partial = data[start:]
        return frames


def run(stream: Stream, *, seconds: float, warm_up: float = 0.0) -> Outcome:
    """Ask for some time.

    Args:
        stream: What is asked for.
        seconds: How long to count.
        warm_up: How long to ask before that without counting.

    Raises:
        GeneratorError: The server hung up, or does not read what it is sent.
    """
    with _no_collector(), select.epoll() as poll:
        connections = {connection.fileno(): connection for connection in stream.connections}
        for number in connections:
            poll.register(number, select.EPOLLIN)
        for length in (warm_up, seconds):
            stream.begin()
            _ask_until(_clock() + int(length * _SECOND), stream, poll, connections)
        now = _clock()
    return stream.outcome(now)


def _ask_until(
    end: int, stream: Stream, poll: select.epoll, connections: dict[int, _Connection]
) -> None:
    while (now := _clock()) < end:
        stream.ask(now)
        # epoll waits whole milliseconds: too long for what is due before.
        wait = (stream.next_due - _clock()) / _SECOND
        select.select([poll], [], [], max(0.0, min(wait, _IDLE_SECONDS)))
        for number, _ in poll.poll(0):
            connections[number].read()
        if stream.used_up and not stream.waiting:
            return


@contextmanager
def _no_collector() -> Iterator[None]:
    """Keep the garbage collector from adding pauses of its own."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
