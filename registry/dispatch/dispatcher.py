"""From a request's bytes to the bytes of its answer."""

from collections.abc import Callable
from contextvars import copy_context
from functools import partial
from time import perf_counter
from typing import Any

from registry.dispatch.authentication import Authenticator, Caller
from registry.dispatch.dialects import Dialect, Reading, Refusal
from registry.dispatch.errors import error_text
from registry.dispatch.gate import Gate, RateLimited
from registry.dispatch.inquiries import Inquiries
from registry.dispatch.operations import Answer, Handler, Operation
from registry.dispatch.recall import Recall, Remembered
from registry.dispatch.request_ids import SERVED, RequestId, on_behalf_of
from registry.dispatch.tallies import SAMPLE_EVERY
from registry.events import Bus, Projection
from registry.persistence import Committer, CommitterClosed, Outcome, UnitOfWork

Reply = Callable[[bytes], None]

_UNTIMED = SAMPLE_EVERY - 1


class Dispatcher:
    """Reads, proves and runs requests of one protocol; knows nothing of sockets.

    What is answered from memory is answered before `dispatch` returns. Writes are
    answered when they are durable, wherever the committer delivers its acknowledgements.

    Attributes:
        unreadable: How many requests could not be read. All others are in the tallies of
            their operations.
    """

    def __init__(
        self,
        dialect: Dialect,
        *,
        gate: Gate,
        authenticator: Authenticator,
        committer: Committer,
        inquiries: Inquiries,
        bus: Bus,
    ) -> None:
        self._dialect = dialect
        self._gate = gate
        self._authenticator = authenticator
        self._committer = committer
        self._freshness = committer.freshness
        self._inquiries = inquiries
        self._recall = Recall(bus)
        self.unreadable = 0

    @property
    def remembered(self) -> int:
        """How many requests it remembers."""
        return len(self._recall)

    @property
    def projection(self) -> Projection:
        """What keeps its memory of requests true."""
        return self._recall.projection

    def forget(self) -> None:
        """Look at every request anew, because what is let in has changed."""
        self._recall.clear()

    def recall(self, frame: bytes) -> bytes | None:
        """Answer at once what was asked before and is answered from memory.

        Args:
            frame: What a client sent: a whole request with its length, perhaps.

        Returns:
            The frame of the answer; None for everything that `dispatch` must look at.
        """
        if self._freshness is not None and self._freshness.is_over:
            return None
        remembered = self._recall.get(frame)
        if remembered is None:
            return None
        tally = remembered.tally
        tally.repeats = repeats = tally.repeats + 1
        if not repeats & _UNTIMED:
            return self._time_repeat(remembered)
        try:
            return remembered.repeat()
        except Exception as error:
            return self._refuse_repeat(remembered, error)

    def dispatch(self, frame: bytes, body: bytes, stranger: Caller, reply: Reply) -> bool:
        """Run one request and call `reply` once, with the frame of its answer.

        Where other processes write to the database, a no is only given when it is known what
        they have committed: a node may have registered with another one a moment ago. Where
        this one may have missed that for a while (it was stopped, or could not reach the
        database), it is found out first. If that fails, it answers with what it knows.

        Args:
            frame: The request as a client sent it.
            body: The frame without its length.
            stranger: Where it came from.
            reply: Takes the answer. Never raises.

        Returns:
            Whether somebody was proved to have sent it: a key, or an administrator.
        """
        stale = self._freshness is not None and self._freshness.is_over
        run = partial(self._dispatch, frame, body, stranger, reply)
        if stale and self._look_first(partial(run, admitted=False, sure=True)):
            return False
        return run(admitted=False, sure=self._freshness is None)

    def _look_first(self, then: Callable[[], object]) -> bool:
        """Do something when it is known what others committed; false if that cannot be."""
        try:
            self._committer.look(then)
        except CommitterClosed:
            return False  # what is asked for may be in memory
        return True

    def _dispatch(
        self,
        frame: bytes,
        body: bytes,
        stranger: Caller,
        reply: Reply,
        *,
        admitted: bool,
        sure: bool,
    ) -> bool:
        """Run a request.

        Args:
            frame: As of `dispatch`.
            body: As of `dispatch`.
            stranger: As of `dispatch`.
            reply: As of `dispatch`.
            admitted: Whether it has passed the gate already.
            sure: Whether it is known here what other processes committed.
        """
        served = SERVED.set(RequestId())
        try:
            return self._serve(frame, body, stranger, reply, admitted=admitted, sure=sure)
        finally:
            SERVED.reset(served)

    def _serve(
        self,
        frame: bytes,
        body: bytes,
        stranger: Caller,
        reply: Reply,
        *,
        admitted: bool,
        sure: bool,
    ) -> bool:
        started = perf_counter()
        proved = False
        try:
            reading = self._dialect.read(body)
        except Refusal as refusal:
            self.unreadable += 1
            reply(refusal.frame)
            return False
        try:
            if not admitted:
                self._gate.admit(reading.operation, reading.request, stranger.address)
                admitted = True
            caller = self._authenticator.authenticate(reading.operation, reading.request, stranger)
            proved = caller.is_proved
            ask = reading.operation.outside_work(reading.request)
            if ask is not None:
                self._ask(ask, reading, caller, reply, started)
                return proved
            answer = self._read(frame, reading, caller)
            if answer is None:
                self._write(reading, caller, reply, started)
                return proved
        except Exception as error:
            again = partial(self._dispatch, frame, body, stranger, reply, admitted=True, sure=True)
            lacking = admitted and not sure and _may_lack_news(reading.request, error)
            if lacking and self._look_first(again):
                return proved
            answer = _refused(reading, error)
        reading.operation.tally.seconds.note(perf_counter() - started)
        reply(answer)
        return proved

    def refuse(self, text: str) -> bytes:
        """The frame that says what was wrong, where there is no request to answer."""
        return self._dialect.refuse(text)

    def _refuse_repeat(self, remembered: Remembered, error: Exception) -> bytes | None:
        """None where `dispatch` has to find out whether it is so for the others too."""
        if self._freshness is not None:
            remembered.tally.repeats -= 1  # it is counted there
            return None
        return _refused(remembered.reading, error)

    def _time_repeat(self, remembered: Remembered) -> bytes | None:
        started = perf_counter()
        try:
            answer = remembered.repeat()
        except Exception as error:
            answer = self._refuse_repeat(remembered, error)
        remembered.tally.repeat_seconds.note(perf_counter() - started)
        return answer

    def _read(self, frame: bytes, reading: Reading, caller: Caller) -> bytes | None:
        """Answer from memory, and remember what was asked; None if memory has no answer."""
        if reading.operation.read is None:
            return None
        tally = reading.operation.tally
        remembered = Remembered(reading, caller, reading.operation.read, tally)
        answer = remembered.repeat()
        if answer is None and self._recall.get(frame):
            tally.repeats -= 1  # it was counted there, and will be here
        self._recall.keep(frame, remembered)
        return answer

    def _ask(
        self,
        ask: Callable[..., Any],
        reading: Reading,
        caller: Caller,
        reply: Reply,
        started: float,
    ) -> None:
        """Ask somebody outside, and then answer, or go on to write with what was learnt."""
        self._gate.admit_inquiry(caller)

        def then(outcome: Outcome) -> None:
            if outcome.error is None and ask is not reading.operation.ask:
                try:
                    self._write(reading, outcome.result, reply, started)
                    return
                except Exception as error:
                    outcome = Outcome(error=error)
            frame = _frame_of(reading, outcome)
            reading.operation.tally.seconds.note(perf_counter() - started)
            reply(frame)

        ask_for_it = copy_context().run
        self._inquiries.submit(
            partial(ask_for_it, ask, reading.request, caller), on_behalf_of(SERVED.get(), then)
        )

    def _write(self, reading: Reading, caller: Caller, reply: Reply, started: float) -> None:
        operation, request = reading.operation, reading.request

        def answer(outcome: Outcome) -> None:
            self._gate.note_outcome(request, caller.address, outcome.error)
            frame = _frame_of(reading, outcome)
            operation.tally.seconds.note(perf_counter() - started)
            reply(frame)

        then = on_behalf_of(SERVED.get(), answer)
        if operation.batch is not None:
            self._committer.submit_item(operation.batch, (request, caller), then)
        elif operation.write is not None:
            work = partial(self._run, operation, operation.write, request, caller)
            self._committer.submit(work, then)
        else:
            raise RuntimeError(f"{operation.type}: its read has no answer, and there is no write")

    def _run(
        self,
        operation: Operation,
        write: Handler,
        request: Any,
        caller: Caller,
        transaction: UnitOfWork,
    ) -> Answer:
        self._authenticator.require_role(operation, transaction, request, caller)
        transaction.author = caller.author()
        return write(transaction, request, caller)


def _may_lack_news(request: Any, error: Exception) -> bool:
    """Whether a request may be refused only because another process knows more.

    Wrong admin tokens are the same everywhere, and like what is too often asked for they are
    counted each time.
    """
    if isinstance(error, RateLimited):
        return False
    if isinstance(error, PermissionError):
        return not getattr(request, "admin_token", "")
    return isinstance(error, LookupError)


def _frame_of(reading: Reading, outcome: Outcome) -> bytes:
    """How an operation ended; never raises, for others are acknowledged after this one."""
    error = outcome.error
    if error is None:
        try:
            return reading.respond(reading.operation, outcome.result)
        except Exception as unspeakable:
            error = RuntimeError(f"{reading.operation.type}: its answer cannot be written")
            error.__cause__ = unspeakable
    return _refused(reading, error)


def _refused(reading: Reading, error: Exception) -> bytes:
    """Count an error, and write it down for the client."""
    reading.operation.tally.note_error(error)
    return reading.refuse(error_text(error))
