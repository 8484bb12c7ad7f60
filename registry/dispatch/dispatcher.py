"""From a request's bytes to the bytes of its answer."""

from collections.abc import Callable
from contextvars import copy_context
from functools import partial
from time import perf_counter
from typing import Any

from attrs import define, field

from registry.dispatch.authentication import Authenticator, Caller, Claim
from registry.dispatch.dialects import Dialect, Reading, Refusal
from registry.dispatch.errors import error_text
from registry.dispatch.gate import Gate, RateLimited
from registry.dispatch.inquiries import Inquiries
from registry.dispatch.operations import Answer, Handler, Operation
from registry.dispatch.recall import Recall, Remembered
from registry.dispatch.request_ids import RequestId, on_behalf_of
from registry.dispatch.tallies import SAMPLE_EVERY
from registry.events import Bus, Projection
from registry.persistence import Committer, CommitterClosed, Outcome, UnitOfWork

Reply = Callable[[bytes], None]

Verify = Callable[[bytes, Callable[[bool], None]], bool]
"""Takes a proof to have it verified somewhere else, and what is to be told whether it is known
to be good then. False where there is nobody to do it."""

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
        verify: Verify,
    ) -> None:
        self._dialect = dialect
        self._gate = gate
        self._authenticator = authenticator
        self._committer = committer
        self._freshness = committer.freshness
        self._inquiries = inquiries
        self._verify = verify
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

    def dispatch(
        self,
        frame: bytes,
        body: bytes,
        stranger: Caller,
        reply: Reply,
        proved: Callable[[], object] = lambda: None,
    ) -> None:
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
            proved: Called before that, if somebody was proved to have sent it: a key, or an
                administrator. Never raises.
        """
        exchange = _Exchange(
            frame, stranger, reply, proved, RequestId(), sure=self._freshness is None
        )
        receive = on_behalf_of(exchange.request_id, partial(self._receive, exchange, body))
        is_stale = self._freshness is not None and self._freshness.is_over
        if not is_stale or not self._look_first(exchange, receive):
            receive()

    def _look_first(self, exchange: "_Exchange", step: Callable[[], None]) -> bool:
        """Take a step when it is known what others committed; false if that cannot be."""
        exchange.sure = True  # by then; and whoever cannot look now need not try again
        try:
            self._committer.look(step)
        except CommitterClosed:
            return False  # what is asked for may be in memory
        return True

    def _receive(self, exchange: "_Exchange", body: bytes) -> None:
        """Read a request, and let it in."""
        try:
            exchange.reading = reading = self._dialect.read(body)
        except Refusal as refusal:
            self.unreadable += 1
            exchange.reply(refusal.frame)
            return
        try:
            self._gate.admit(reading.operation, reading.request, exchange.stranger.address)
        except Exception as error:
            self._refuse(exchange, error)
            return
        self._prove(exchange)

    def _prove(self, exchange: "_Exchange") -> None:
        """Find out who asks, elsewhere if that takes long; then answer."""
        reading = exchange.reading
        try:
            who = self._authenticator.identify(
                reading.operation, reading.request, exchange.stranger
            )
            proof = self._authenticator.unproved(who) if isinstance(who, Claim) else None
        except Exception as error:
            self._refuse_or_look(exchange, error)
            return
        if isinstance(who, Caller):
            self._answer(exchange, who)
            return
        if proof is not None:
            verified = partial(self._verified, exchange, who, proof)
            if self._verify(proof, on_behalf_of(exchange.request_id, verified)):
                return
        self._prove_claim(exchange, who)

    def _verified(
        self,
        exchange: "_Exchange",
        claim: Claim,
        proof: bytes,
        is_good: bool,  # noqa: FBT001
    ) -> None:
        """Go on with a claim that was looked at elsewhere.

        It is proved all the same, for what is known of keys may have changed meanwhile.
        """
        if is_good:
            self._authenticator.note_good(proof)
        self._prove_claim(exchange, claim)

    def _prove_claim(self, exchange: "_Exchange", claim: Claim) -> None:
        """Prove who asks, here and now; then answer."""
        try:
            caller = self._authenticator.prove(claim)
        except Exception as error:
            self._refuse_or_look(exchange, error)
            return
        self._answer(exchange, caller)

    def _answer(self, exchange: "_Exchange", caller: Caller) -> None:
        """Answer who was let in and proved, now or later."""
        reading = exchange.reading
        if caller.is_proved:
            exchange.proved()
        try:
            ask = reading.operation.outside_work(reading.request)
            if ask is not None:
                self._ask(ask, exchange, caller)
                return
            answer = self._read(exchange.frame, reading, caller)
            if answer is None:
                self._write(exchange, caller)
                return
        except Exception as error:
            self._refuse_or_look(exchange, error)
            return
        exchange.end(answer)

    def _refuse_or_look(self, exchange: "_Exchange", error: Exception) -> None:
        """Say no, or find out first whether it is no for the others too."""
        if not exchange.sure and _may_lack_news(exchange.reading.request, error):
            again = on_behalf_of(exchange.request_id, partial(self._prove, exchange))
            if self._look_first(exchange, again):
                return
        self._refuse(exchange, error)

    def _refuse(self, exchange: "_Exchange", error: Exception) -> None:
        exchange.end(_refused(exchange.reading, error))

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

    def _ask(self, ask: Callable[..., Any], exchange: "_Exchange", caller: Caller) -> None:
        """Ask somebody outside, and then answer, or go on to write with what was learnt."""
        self._gate.admit_inquiry(caller)
        reading = exchange.reading

        def then(outcome: Outcome) -> None:
            if outcome.error is None and ask is not reading.operation.ask:
                try:
                    self._write(exchange, outcome.result)
                    return
                except Exception as error:
                    outcome = Outcome(error=error)
            exchange.end(_frame_of(reading, outcome))

        ask_for_it = copy_context().run
        self._inquiries.submit(
            partial(ask_for_it, ask, reading.request, caller),
            on_behalf_of(exchange.request_id, then),
        )

    def _write(self, exchange: "_Exchange", caller: Caller) -> None:
        reading = exchange.reading
        operation, request = reading.operation, reading.request

        def answer(outcome: Outcome) -> None:
            self._gate.note_outcome(request, caller.address, outcome.error)
            exchange.end(_frame_of(reading, outcome))

        then = on_behalf_of(exchange.request_id, answer)
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


@define(eq=False)
class _Exchange:
    """A request on its way, and where its answer goes.

    Attributes:
        frame: The request as it was sent.
        stranger: Where it came from.
        reply: Takes the answer.
        proved: Told if somebody was proved to have sent it.
        request_id: What log lines call it.
        sure: Whether it is known here what other processes committed.
        started: When it came, by the clock that measures.
        reading: The request, once it was read.
    """

    frame: bytes
    stranger: Caller
    reply: Reply
    proved: Callable[[], object]
    request_id: RequestId
    sure: bool
    started: float = field(factory=perf_counter)
    reading: Reading = field(init=False)

    def end(self, answer: bytes) -> None:
        """Count it, and send the answer."""
        self.reading.operation.tally.seconds.note(perf_counter() - self.started)
        self.reply(answer)


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
