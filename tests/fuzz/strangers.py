"""Targets: any bytes from a stranger, who is answered clearly, and changes nothing."""

import asyncio
import json
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from registry.dispatch import Caller, Dispatcher
from registry.listener import Limits, Protocols
from registry.listener.connection import Connection
from registry.wire import (
    BINARY_MAGIC,
    HEADER_BYTES,
    FrameDecoder,
    decode_answer,
    encode_frame,
)
from registry.wire.messages import ErrorAnswer, JsonMessage
from tests.fuzz.world import (
    UNLIMITED,
    Target,
    require_clear,
    require_clear_text,
    watched,
    world,
)
from tests.harness.waiting import PATIENCE
from tests.system.registry import SENDER, registry_with
from tests.system.society import society_in

PAUSE = 0x80
"""In the first byte of a stream: the client reads nothing while it sends."""


@contextmanager
def bodies() -> Iterator[Target]:
    """One request, in JSON and in JSON within the binary protocol: both answer the same."""
    with world() as made:

        def run(body: bytes) -> None:
            before = made.written
            protocols = made.registry.application.protocols
            plain = json.loads(_ask(protocols.json, body))
            wrapped = decode_answer(_ask(protocols.binary, b"\0" + body))
            require_clear(plain)
            if isinstance(wrapped, JsonMessage):
                assert json.loads(wrapped.body) == plain
            else:
                assert wrapped == ErrorAnswer(plain["error"])
            assert made.written == before, "a stranger wrote"

        yield run


@contextmanager
def streams() -> Iterator[Target]:
    """Everything that a connection brings; the first byte says how it is cut."""
    with (
        closing(asyncio.new_event_loop()) as loop,
        tempfile.TemporaryDirectory(prefix="fuzz-") as name,
    ):
        folder = Path(name)
        with society_in(folder, **UNLIMITED):
            pass  # people come, and the server stops: this one answers on its own thread
        with (
            registry_with(UNLIMITED, folder, deliver=loop.call_soon_threadsafe) as registry,
            watched(registry) as made,
        ):
            protocols = registry.application.protocols

            def run(data: bytes) -> None:
                before = made.written
                size, stream = (data[0], data[1:]) if data else (0, data)
                sent = loop.run_until_complete(_converse(protocols, size, stream))
                require_answers(stream, sent)
                assert made.written == before, "a stranger wrote"

            yield run


def require_answers(stream: bytes, sent: bytes) -> None:
    """Every frame has its answer, in the protocol that the first bytes chose."""
    is_binary = stream.startswith(BINARY_MAGIC)
    if not is_binary and BINARY_MAGIC.startswith(stream):
        assert sent == b""
        return
    asked = _count(stream[len(BINARY_MAGIC) :] if is_binary else stream)
    answers = _answers(sent)
    assert len(answers) == asked, (answers, asked)
    for answer in answers:
        if is_binary:
            _require_clear_binary(answer)
        else:
            require_clear(json.loads(answer))


def _count(stream: bytes) -> int:
    """How many answers a stream of frames gets: one more for a frame that is too large."""
    count, at = 0, 0
    while len(stream) - at >= HEADER_BYTES:
        length = int.from_bytes(stream[at : at + HEADER_BYTES], "big")
        if length > Limits().stranger_frame_bytes:
            return count + 1
        at += HEADER_BYTES + length
        if at > len(stream):
            break
        count += 1
    return count


def _answers(sent: bytes) -> list[bytes]:
    decoder = FrameDecoder()
    decoder.feed(sent)
    answers = list(decoder.frames())
    assert decoder.buffered == 0
    return answers


def _require_clear_binary(answer: bytes) -> None:
    message = decode_answer(answer)
    if isinstance(message, JsonMessage):
        require_clear(json.loads(message.body))
    elif isinstance(message, ErrorAnswer):
        require_clear_text(message.text)


def _ask(dispatcher: Dispatcher, body: bytes) -> bytes:
    """Ask as a connection does; the answer without its length."""
    frame = encode_frame(body)
    answer = dispatcher.recall(frame)
    if answer is None:
        future: Future[bytes] = Future()
        dispatcher.dispatch(frame, body, Caller(*SENDER), future.set_result)
        answer = future.result(PATIENCE)
    return answer[HEADER_BYTES:]


class _Wire(asyncio.Transport):
    """What a connection writes to, and that says when it will take more."""

    def __init__(self) -> None:
        super().__init__({"peername": SENDER})
        self.sent = bytearray()
        self.taking = asyncio.Event()
        self.taking.set()
        self.closed = asyncio.Event()

    def write(self, data: Any) -> None:
        assert not self.closed.is_set()
        self.sent += data

    def is_closing(self) -> bool:
        return self.closed.is_set()

    def close(self) -> None:
        self.closed.set()
        self.taking.set()

    def abort(self) -> None:
        self.close()

    def pause_reading(self) -> None:
        self.taking.clear()

    def resume_reading(self) -> None:
        self.taking.set()


async def _converse(protocols: Protocols, size: int, stream: bytes) -> bytes:
    """Send a stream in pieces over a connection, end it, and wait for all answers."""
    wire = _Wire()
    connection = Connection(
        protocols,
        Limits(),
        take_turns=_at_once,
        opened=lambda _connection: "",
        closed=lambda _connection: None,
    )
    async with asyncio.timeout(PATIENCE):
        connection.connection_made(wire)
        step = (size & ~PAUSE) + 1
        for at in range(0, len(stream), step):
            await wire.taking.wait()
            if wire.is_closing():
                break
            if size & PAUSE:
                connection.pause_writing()
            connection.data_received(stream[at : at + step])
            if size & PAUSE:
                connection.resume_writing()
        await wire.taking.wait()
        if not wire.is_closing() and not connection.eof_received():
            wire.close()
        await wire.closed.wait()
    connection.connection_lost(None)
    return bytes(wire.sent)


def _at_once(work: Callable[[], object]) -> object:
    return work()
