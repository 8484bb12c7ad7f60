"""The verifying process, as the thread that serves clients sees it."""

import asyncio
import sys
from collections import deque
from collections.abc import Callable
from contextvars import Context
from functools import partial
from typing import cast

import structlog

from registry.verifier.proofs import GOOD, encode_batch

log = structlog.get_logger()

FEW = 4
"""Fewer proofs than this at once are not worth the way to another process."""

PATIENCE_SECONDS = 2.0
"""How long the process may answer nothing while it has something to answer."""

AGAIN_AFTER_SECONDS = 1.0
"""How long after one process ended the next is started; twice as long for each in a row that
has not answered anything."""

MOST_DOUBLINGS = 6
"""So that in the end one is started every minute."""

Then = Callable[[bool], object]


class Verifier:
    """Has proofs verified that come in together, and leaves the others to who has them.

    Only for the thread of the loop. Nothing depends on the process: where it is not there,
    dies, or does not answer, proofs come back as not known to be good.
    """

    def __init__(
        self,
        *,
        take_turns: Callable[[Callable[[], object]], object] = lambda work: work(),
        few: int = FEW,
        patience: float = PATIENCE_SECONDS,
        again_after: float = AGAIN_AFTER_SECONDS,
    ) -> None:
        """Make one; `start` starts the process.

        Args:
            take_turns: Runs what is to be done with a proof that comes back.
            few: How many proofs at once are worth it.
            patience: Seconds for which the process may answer nothing.
            again_after: Seconds between the end of a process that was of use and the start of
                the next.
        """
        self._take_turns = take_turns
        self._few = few
        self._patience = patience
        self._again_after = again_after
        self._loop: asyncio.AbstractEventLoop | None = None
        self._process: _Process | None = None
        self._starting: asyncio.Task[None] | None = None
        self._gathered: list[tuple[bytes, Then]] = []
        self._context = Context()  # what is sent together is for no request in particular
        self._useless = 0  # processes in a row that ended without having answered anything

    async def start(self) -> None:
        """Start the process. Where that fails, it is tried again, and all goes on without."""
        self._loop = asyncio.get_running_loop()
        await self._start_process()

    async def stop(self) -> None:
        """End the process, and start no other. Safe to call again."""
        if self._starting is not None:
            self._starting.cancel()
        self._loop = None
        if self._process is not None:
            await self._process.end()

    @property
    def pid(self) -> int | None:
        """The process that verifies now; None while there is none."""
        return None if self._process is None else self._process.pid

    def take(self, proof: bytes, then: Then) -> bool:
        """Have a proof verified together with all that come in the same round of the loop.

        Args:
            proof: A public key, a signature and a message.
            then: Told, later, whether it is known to be good: if not, it may be bad, or nobody
                has looked. Must not raise.

        Returns:
            False where there is no process: `then` will not be called.
        """
        if self._process is None or self._loop is None:
            return False
        self._gathered.append((proof, then))
        if len(self._gathered) == 1:
            self._loop.call_soon(self._send, context=self._context)
        return True

    def _send(self) -> None:
        gathered, self._gathered = self._gathered, []
        process = self._process
        if process is None or len(gathered) < self._few:
            self._give_back([then for _, then in gathered])
        else:
            process.verify([proof for proof, _ in gathered], [then for _, then in gathered])

    def _give_back(self, thens: list[Then]) -> None:
        unknown = False
        for then in thens:
            self._take_turns(partial(then, unknown))

    async def _start_process(self) -> None:
        loop = asyncio.get_running_loop()
        process = _Process(self._take_turns, self._patience, self._ended)
        try:
            await loop.subprocess_exec(
                lambda: process, sys.executable, "-m", "registry.verifier", stderr=None
            )
        except OSError as error:
            self._useless += 1
            log.warning("verifier.not_started", reason=str(error), again_after=self._pause)
            self._start_again()
            return
        if not process.has_ended:
            self._process = process

    def _ended(self, process: "_Process", unanswered: list[Then]) -> None:
        """The process is gone: do without, and start another."""
        if self._process is process:
            self._process = None
        self._useless = 0 if process.has_answered else self._useless + 1
        self._give_back(unanswered)
        if self._loop is not None:
            log.warning("verifier.ended", pid=process.pid, again_after=self._pause)
            self._start_again()

    @property
    def _pause(self) -> float:
        return self._again_after * 2.0 ** min(self._useless, MOST_DOUBLINGS)

    def _start_again(self) -> None:
        async def start() -> None:
            await asyncio.sleep(self._pause)
            await self._start_process()

        if self._loop is not None:
            self._starting = self._loop.create_task(start())


class _Process(asyncio.SubprocessProtocol):
    """One process: what it was asked and has not answered, oldest first."""

    def __init__(
        self,
        take_turns: Callable[[Callable[[], object]], object],
        patience: float,
        ended: Callable[["_Process", list[Then]], None],
    ) -> None:
        self._take_turns = take_turns
        self._patience = patience
        self._ended = ended
        self._unanswered: deque[Then] = deque()
        self._answered = 0
        self._watch: asyncio.TimerHandle | None = None
        self._gone = asyncio.Event()
        self.pid = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Not an isinstance check: uvloop's transport is one by its methods only.
        self._transport = cast("asyncio.SubprocessTransport", transport)
        self.pid = self._transport.get_pid()
        self._pipe = cast("asyncio.WriteTransport", self._transport.get_pipe_transport(0))

    @property
    def has_answered(self) -> bool:
        return self._answered > 0

    @property
    def has_ended(self) -> bool:
        return self._gone.is_set()

    def verify(self, proofs: list[bytes], thens: list[Then]) -> None:
        self._unanswered.extend(thens)
        self._pipe.write(encode_batch(proofs))
        if self._watch is None:
            self._keep_watch()

    def pipe_data_received(self, fd: int, data: bytes) -> None:  # noqa: ARG002 - there is one
        self._answered += len(data)
        for verdict in data:
            self._take_turns(partial(self._unanswered.popleft(), verdict == GOOD))

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        """It has ended, and what it answered before has all come."""
        if self._watch is not None:
            self._watch.cancel()
        self._gone.set()
        unanswered = list(self._unanswered)
        self._unanswered.clear()
        self._ended(self, unanswered)

    async def end(self) -> None:
        """Have it answer what it was asked, and wait until it is gone."""
        self._pipe.close()
        try:
            await asyncio.wait_for(self._gone.wait(), self._patience)
        except TimeoutError:
            self._transport.kill()
            await self._gone.wait()

    def _keep_watch(self) -> None:
        loop = asyncio.get_running_loop()
        self._watch = loop.call_later(self._patience, self._look_after, self._answered)

    def _look_after(self, answered: int) -> None:
        """Kill it if it has not answered anything since it was last looked after."""
        self._watch = None
        if not self._unanswered:
            return
        if self._answered == answered:
            log.warning("verifier.stuck", pid=self.pid, waited_seconds=self._patience)
            self._transport.kill()
            return
        self._keep_watch()
