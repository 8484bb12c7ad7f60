"""One client's connection: frames in, answers out, in order."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import cast

from registry.dispatch import Caller, Dispatcher
from registry.listener.limits import Limits
from registry.listener.protocols import Protocols
from registry.wire import HEADER_BYTES, FrameDecoder, FrameTooLarge, encode_frame


class Connection(asyncio.Protocol):
    """Serves one request after the other, as they arrive or pipelined.

    While an answer is awaited, or the client does not read, nothing more is taken
    from it: a client can make the server hold no more than one answer and one frame.

    Attributes:
        heard: Whether anything came since somebody last set this to false.
        address: The client's IP address.
        unfinished_since: When the request began that has not come whole, by the loop's
            clock; None if there is no such.
        unread_since: Since when the client leaves its answers unread; None if it reads.
    """

    def __init__(
        self,
        protocols: Protocols,
        limits: Limits,
        *,
        take_turns: Callable[[Callable[[], object]], object],
        opened: Callable[["Connection"], str],
        closed: Callable[["Connection"], None],
    ) -> None:
        """Serve a connection that is about to be made.

        Args:
            protocols: What clients may speak; the first bytes decide.
            limits: What the client may ask for.
            take_turns: Runs what takes its time when it is this client's turn.
            opened: Told when the connection is there; says why it cannot be served, if so.
            closed: Told when it is gone.
        """
        self._protocols = protocols
        self._take_turns = take_turns
        self._opened = opened
        self._closed = closed
        self._limits = limits
        self._decoder = FrameDecoder(limits.stranger_frame_bytes)
        self._dispatcher: Dispatcher = protocols.json
        self._opening: bytes | None = b""  # what came before the protocol was clear
        self._transport: asyncio.Transport | None = None
        self._awaiting_answer = False
        self._client_reads = True
        self._serving = False
        self._at_rest = False  # nothing is underway: what comes next begins a request
        self._eof = False
        self._stranger = Caller("", 0)
        self.heard = True
        self.address = ""
        self.unfinished_since: float | None = None
        self.unread_since: float | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to serve, or turn the client away when the server is full."""
        # Not an isinstance check: uvloop's transport is one by its methods only.
        self._transport = cast("asyncio.Transport", transport)
        peer = transport.get_extra_info("peername")
        if peer is None:  # it was reset before it was served
            self.abort()
            return
        self._stranger = Caller(*peer[:2])
        self.address = self._stranger.address
        refusal = self._opened(self)
        if refusal:
            self._refuse(refusal)

    def data_received(self, data: bytes) -> None:
        """Serve what has arrived."""
        self.heard = True
        if self._at_rest and self._transport is not None:
            answer = self._dispatcher.recall(data)  # mostly, it is a request seen before
            if answer is not None:
                self._transport.write(answer)
                return
            self._at_rest = False
            if self._decoder.is_frame(data):  # or else one that came alone
                self._dispatch(data, data[HEADER_BYTES:])
                self._serve()
                return
        self._take(data)

    def eof_received(self) -> bool:
        """Half-close: what was asked before it is still answered."""
        self._eof = True
        return self._blocked

    def pause_writing(self) -> None:
        """The client does not read its answers: take nothing more from it."""
        self._client_reads = False
        self._at_rest = False
        self.unread_since = _now()

    def resume_writing(self) -> None:
        """The client reads again."""
        self._client_reads = True
        self.unread_since = None
        self._serve()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        """Forget the client."""
        self._transport = None
        self._closed(self)

    def close(self) -> None:
        """Close when what was answered has been sent."""
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """Close at once, whatever was still to be sent."""
        if self._transport is not None:
            self._transport.abort()

    @property
    def is_closing(self) -> bool:
        """Whether it was closed, and is there only for what is still to be sent."""
        return self._transport is not None and self._transport.is_closing()

    @property
    def _blocked(self) -> bool:
        return self._awaiting_answer or not self._client_reads

    def _take(self, data: bytes) -> None:
        if self._opening is not None:
            data = self._opening + data
            choice = self._protocols.choose(data)
            if choice is None:
                self._opening = data
                self._note_unfinished()
                return
            self._opening = None
            self._dispatcher, data = choice
        self._decoder.feed(data)
        if self._blocked and self._transport is not None:
            self._transport.pause_reading()
        self._serve()

    def _serve(self) -> None:
        """Run the requests that are there until one must be waited for."""
        if self._serving or self._blocked:  # an answer that comes at once leads back here
            return
        self._serving = True
        try:
            for body in self._decoder.frames():
                self.unfinished_since = None  # what follows has begun only now
                frame = encode_frame(body)
                answer = self._dispatcher.recall(frame)
                if answer is None:
                    self._dispatch(frame, body)
                else:
                    self._send(answer)
                if self._blocked or self._transport is None:
                    return
        except FrameTooLarge as error:
            self._refuse(str(error))
            return
        finally:
            self._serving = False
        self._rest()

    def _dispatch(self, frame: bytes, body: bytes) -> None:
        self._awaiting_answer = True
        self._take_turns(partial(self._run, frame, body))

    def _run(self, frame: bytes, body: bytes) -> None:
        self._dispatcher.dispatch(frame, body, self._stranger, self._answer, self._trust)

    def _trust(self) -> None:
        """It was proved who asks: take larger frames."""
        self._decoder.limit = self._limits.frame_bytes

    def _rest(self) -> None:
        """Everything that is whole was served: wait for more, if more can come."""
        if self._eof:
            self.close()
        elif self._transport is not None:
            self._transport.resume_reading()
            if self._decoder.buffered:
                self._note_unfinished()
            else:
                self.unfinished_since = None
                self._at_rest = self._opening is None

    def _note_unfinished(self) -> None:
        if self.unfinished_since is None:
            self.unfinished_since = _now()

    def _answer(self, frame: bytes) -> None:
        self._awaiting_answer = False
        self._send(frame)
        self._serve()

    def _refuse(self, text: str) -> None:
        """Say why, and close: nothing after this can be understood or served."""
        self._send(self._dispatcher.refuse(text))
        self.close()

    def _send(self, frame: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(frame)


def _now() -> float:
    return asyncio.get_running_loop().time()
