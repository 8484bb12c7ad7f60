"""The two protocols that clients speak: how each writes requests and answers down."""

import base64
from collections.abc import Callable
from typing import Any, Protocol

import msgspec
from attrs import define

from registry.directory import Heartbeat, Lookup, Resolve
from registry.dispatch.errors import error_text
from registry.dispatch.operations import Answer, MalformedRequest, Operation, OperationTable
from registry.wire import decode_request, encode_answer, encode_frame, messages


@define(eq=False)  # not frozen: that costs a third of reading a request
class Reading:
    """A request as it was read, and how to answer it.

    Attributes:
        operation: What it asks for.
        request: The request itself.
        respond: Makes the frame of an answer.
        refuse: Makes the frame of an error from its text.
    """

    operation: Operation
    request: Any
    respond: Callable[[Operation, Answer], bytes]
    refuse: Callable[[str], bytes]


class Dialect(Protocol):
    """One of the protocols."""

    def read(self, body: bytes) -> Reading:
        """Read a request from a frame without its length.

        Raises:
            Refusal: It cannot be read; holds the frame to answer with.
        """

    def refuse(self, text: str) -> bytes:
        """The frame that says what was wrong, where no request could be read."""


class Refusal(Exception):
    """A request that cannot be read.

    Attributes:
        frame: What to answer.
    """

    def __init__(self, frame: bytes) -> None:
        super().__init__()
        self.frame = frame


class JsonDialect:
    """A frame is a JSON object (wire.md, "JSON protocol")."""

    def __init__(self, operations: OperationTable) -> None:
        self._operations = operations

    def read(self, body: bytes) -> Reading:
        """Read a request.

        Raises:
            Refusal: It is no JSON object, of no known type, or has a wrong field.
        """
        try:
            operation, request = self._operations.decode(body)
        except ValueError as error:
            raise Refusal(_json_error(error_text(error))) from error
        return Reading(operation, request, _json_answer, _json_error)

    def refuse(self, text: str) -> bytes:
        """The frame that says what was wrong."""
        return _json_error(text)


class BinaryDialect:
    """A frame is a type byte and fields, or JSON (wire.md, "Binary protocol")."""

    def __init__(self, operations: OperationTable) -> None:
        self._operations = operations

    def read(self, body: bytes) -> Reading:
        """Read a request.

        Raises:
            Refusal: The frame is no request, or its JSON cannot be read.
        """
        try:
            message = decode_request(body)
            if isinstance(message, messages.JsonMessage):
                return self._read_json(message.body)
        except ValueError as error:
            raise Refusal(_binary_error(error_text(error))) from error
        request, respond = _NATIVE[type(message)](message)
        return Reading(self._operations.of(type(request)), request, respond, _binary_error)

    def refuse(self, text: str) -> bytes:
        """The frame that says what was wrong."""
        return _binary_error(text)

    def _read_json(self, body: bytes) -> Reading:
        try:
            operation, request = self._operations.decode(body)
        except MalformedRequest:
            raise  # what is no JSON is answered as a binary frame, as the public server does
        except ValueError as error:
            raise Refusal(_json_in_binary_error(error_text(error))) from error
        return Reading(operation, request, _json_in_binary_answer, _json_in_binary_error)


def _json_body(operation: Operation, answer: Answer) -> bytes:
    if isinstance(answer, bytes):
        return answer
    return msgspec.json.encode({"type": operation.response_type, **(answer or {})})


def _json_error_body(text: str) -> bytes:
    return msgspec.json.encode({"type": "error", "error": text})


def _json_answer(operation: Operation, answer: Answer) -> bytes:
    return encode_frame(_json_body(operation, answer))


def _json_error(text: str) -> bytes:
    return encode_frame(_json_error_body(text))


def _json_in_binary_answer(operation: Operation, answer: Answer) -> bytes:
    return encode_answer(messages.JsonMessage(_json_body(operation, answer)))


def _json_in_binary_error(text: str) -> bytes:
    return encode_answer(messages.JsonMessage(_json_error_body(text)))


def _binary_error(text: str) -> bytes:
    return encode_answer(messages.ErrorAnswer(text))


def _facts(answer: Answer) -> dict[str, Any]:
    """The fields of an answer, be it encoded or not."""
    if isinstance(answer, bytes):
        facts: dict[str, Any] = msgspec.json.decode(answer)
        return facts
    return dict(answer or {})


def _read_heartbeat(message: messages.HeartbeatRequest) -> "_Native":
    signature = base64.b64encode(message.signature).decode()
    return Heartbeat(node_id=message.node_id, signature=signature), _answer_heartbeat


def _answer_heartbeat(_operation: Operation, answer: Answer) -> bytes:
    facts = _facts(answer)
    return encode_answer(
        messages.HeartbeatOk(facts["time"], facts.get("key_expiry_warning", False))
    )


def _read_lookup(message: messages.LookupRequest) -> "_Native":
    return Lookup(node_id=message.node_id), _answer_lookup


def _answer_lookup(_operation: Operation, answer: Answer) -> bytes:
    facts = _facts(answer)
    return encode_answer(
        messages.LookupOk(
            node_id=facts["node_id"],
            public=facts["public"],
            task_exec=facts.get("task_exec", False),
            networks=tuple(facts["networks"]),
            public_key=base64.b64decode(facts["public_key"]),
            hostname=facts.get("hostname", ""),
            tags=tuple(facts.get("tags", ())),
            real_addr=facts.get("real_addr", ""),
        )
    )


def _read_resolve(message: messages.ResolveRequest) -> "_Native":
    request = Resolve(
        node_id=message.node_id,
        requester_id=message.requester_id,
        signature=base64.b64encode(message.signature).decode(),
    )
    return request, _answer_resolve


def _answer_resolve(_operation: Operation, answer: Answer) -> bytes:
    facts = _facts(answer)
    return encode_answer(
        messages.ResolveOk(
            node_id=facts["node_id"],
            real_addr=facts["real_addr"],
            lan_addrs=tuple(facts.get("lan_addrs", ())),
            key_age_days=facts.get("key_age_days"),
        )
    )


_Native = tuple[msgspec.Struct, Callable[[Operation, Answer], bytes]]
"""A request of the binary protocol as the stores know it, and how its answer is written."""

_NATIVE: dict[type, Callable[[Any], _Native]] = {
    messages.HeartbeatRequest: _read_heartbeat,
    messages.LookupRequest: _read_lookup,
    messages.ResolveRequest: _read_resolve,
}
