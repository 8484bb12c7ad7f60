"""The table of message types: what each one's request is, who may send it, who answers it."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import wraps
from typing import Any, Union

import msgspec
from attrs import field, frozen

from registry.dispatch.access import Access, InvalidRule
from registry.dispatch.tallies import Tally
from registry.persistence import BatchWork, Outcome, UnitOfWork
from registry.persistence.change_log import SERVER, Author, Entry

Answer = Mapping[str, Any] | bytes | None
"""What a handler answers: the response's fields but ``type``, or a whole encoded response.

None is for reads only: memory does not have the answer, so the write must give it.
"""

Handler = Callable[..., Answer]

BatchHandler = Callable[..., Sequence[Answer | Exception]]
"""Answers many requests at once: ``batch(transaction, [(request, caller), ...])``.

Of each it answers why it is refused, if it is; nothing of that one is written then. Every
answer, and every event of the batch, says in ``node_id`` which node it is about.
"""


class InvalidOperation(ValueError):
    """An operation that cannot be added to the table."""


class InvalidRequest(ValueError):
    """A request that cannot be read: malformed JSON, an unknown type, a wrong field."""


class MalformedRequest(InvalidRequest):
    """A request that is no JSON."""


@frozen
class Inquiry:
    """What is asked outside about some requests of an operation, before it writes.

    Attributes:
        field: The request's field that has something in it where this is to be asked.
        ask: Asks: ``ask(request, caller)``; answers with the caller, of whom more is proved.
    """

    field: str
    ask: Callable[..., Any]


@frozen
class Operation:
    """One message type.

    Attributes:
        message: The class its requests are decoded to.
        type: Its name on the wire.
        access: Who may call it.
        read: Answers from memory: ``read(request, caller)``.
        write: Answers from a transaction, when that is durable:
            ``write(transaction, request, caller)``. Where there is a read too, it comes
            first, and the write runs only if the read has no answer.
        batch: Answers many requests in one transaction, in place of ``write``.
        ask: Answers by asking somebody outside: ``ask(request, caller)``. It stands alone.
        inquiry: What is asked outside before a write.
        owner: The store, or the room of this layer, that the operation belongs to.
        tally: How many requests there were, and how they ended.
    """

    message: type[msgspec.Struct]
    type: str
    access: Access
    owner: str
    read: Handler | None = None
    write: Handler | None = None
    batch: BatchWork | None = None
    ask: Handler | None = None
    inquiry: Inquiry | None = None
    tally: Tally = field(factory=Tally, eq=False, repr=False)

    @property
    def response_type(self) -> str:
        """The ``type`` of a successful answer."""
        return f"{self.type}_ok"

    def outside_work(self, request: Any) -> Callable[..., Any] | None:
        """What has to be asked outside to answer a request, if anything has."""
        if self.inquiry is not None and getattr(request, self.inquiry.field):
            return self.inquiry.ask
        return self.ask


class OperationTable:
    """Every message type the server knows, and the decoder of their requests."""

    def __init__(self, *, modes: Collection[str] = ()) -> None:
        """Make an empty table.

        Args:
            modes: In which of `registry.dispatch.access.MODES` the server is.
        """
        self._modes = modes
        self._operations: dict[type, Operation] = {}
        self._decoder: msgspec.json.Decoder[Any] | None = None

    def __iter__(self) -> Iterator[Operation]:
        return iter(sorted(self._operations.values(), key=lambda operation: operation.type))

    def add(
        self,
        *,
        reads: Mapping[type, Handler] | None = None,
        writes: Mapping[type, Handler] | None = None,
        batches: Mapping[type, BatchHandler] | None = None,
        asks: Mapping[type, Handler] | None = None,
        inquiries: Mapping[type, Inquiry] | None = None,
    ) -> None:
        """Add the operations of one room.

        Raises:
            InvalidOperation: A request class has no access rules, rules that cannot be
                understood, or the message type of another.
        """
        reads, writes, batches, asks = reads or {}, writes or {}, batches or {}, asks or {}
        for message in {**reads, **writes, **batches, **asks}:
            access = _access(message, modes=self._modes)
            self._add(
                _operation(
                    message,
                    access,
                    read=reads.get(message),
                    write=writes.get(message),
                    batch=batches.get(message),
                    ask=asks.get(message),
                    inquiry=(inquiries or {}).get(message),
                )
            )

    def decode(self, body: bytes) -> tuple[Operation, Any]:
        """Read a request.

        Returns:
            The operation that its ``type`` names, and the request itself.

        Raises:
            InvalidRequest: Says which field is wrong and why.
            MalformedRequest: It is no JSON.
        """
        if self._decoder is None:
            self._decoder = msgspec.json.Decoder(Union[tuple(self._operations)])  # noqa: UP007
        try:
            request = self._decoder.decode(body)
        except msgspec.ValidationError as error:
            raise InvalidRequest(_in_plain_words(error)) from error
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise MalformedRequest(_in_plain_words(error)) from error
        return self._operations[type(request)], request

    def of(self, message: type) -> Operation:
        """The operation of a request class.

        Raises:
            KeyError: There is none.
        """
        return self._operations[message]

    def _add(self, operation: Operation) -> None:
        taken = {known.type for known in self._operations.values()}
        if operation.type in taken:
            raise InvalidOperation(f"message type {operation.type!r} is there already")
        self._operations[operation.message] = operation
        self._decoder = None


def names_in(message: type) -> frozenset[str]:
    """What access rules may name of a request: its fields, and what is worked out from them."""
    return frozenset(name for name in dir(message) if not name.startswith("_"))


def _access(message: type, *, modes: Collection[str]) -> Access:
    """The access rules of a request class."""
    if not issubclass(message, msgspec.Struct):
        raise InvalidOperation(f"{message!r} is not a msgspec.Struct")
    try:
        return Access.parse(
            getattr(message, "access", ()),
            names_in(message),
            left_out=getattr(message, "left_out", ()),
            modes=modes,
        )
    except InvalidRule as error:
        raise InvalidOperation(f"{message.__name__}: {error}") from error


def _operation(
    message: type[msgspec.Struct],
    access: Access,
    *,
    read: Handler | None,
    write: Handler | None,
    batch: BatchHandler | None,
    ask: Handler | None,
    inquiry: Inquiry | None,
) -> Operation:
    config = message.__struct_config__
    if config.tag_field != "type" or not isinstance(config.tag, str):
        raise InvalidOperation(f"{message.__name__} has no message type: give it a tag")
    if (read or batch or ask) and (
        access.network_token or any(rule.roles for rule in access.signed)
    ):
        raise InvalidOperation(
            f"{message.__name__}: roles and network tokens are checked for writes only"
        )
    owner = message.__module__.split(".")[-2]
    work = None if batch is None else _batch_work(batch)
    return Operation(message, config.tag, access, owner, read, write, work, ask, inquiry)


def _batch_work(batch: BatchHandler) -> BatchWork:
    """A batch handler as the committer calls it."""

    @wraps(batch)
    def work(transaction: UnitOfWork, items: Sequence[Any]) -> list[Outcome]:
        first = len(transaction.staged)
        answers = batch(transaction, items)
        if len(transaction.staged) > first:
            _attribute(transaction.staged[first:], items, answers)
        return [
            Outcome(error=answer) if isinstance(answer, Exception) else Outcome(answer)
            for answer in answers
        ]

    return work


def _attribute(
    entries: Iterable[Entry], items: Sequence[Any], answers: Sequence[Answer | Exception]
) -> None:
    """Say of what a batch made happen who asked for it: that which is about the same node."""
    authors: dict[int, Author] = {}
    for (_, caller), answer in zip(items, answers, strict=True):
        if isinstance(answer, Mapping):
            node_id = answer.get("node_id", 0)
            authors[node_id] = caller.author(node_id)
    for entry in entries:
        entry.author = authors.get(entry.event.payload.get("node_id", 0), SERVER)


def _in_plain_words(error: Exception) -> str:
    """A decoding error for somebody who does not know msgspec: ``FIELD: what is wrong``."""
    text, _, path = str(error).partition(" - at `$")
    field = path.rstrip("`").removeprefix(".")
    if field == "type" and text.startswith("Invalid value"):
        return f"unknown message type: {text.removeprefix('Invalid value ')}"
    return f"{field}: {text}" if field else text
