"""What to begin with, made from the table of message types: so new ones are there at once."""

import json
from collections.abc import Iterator

from registry.dispatch import Operation
from registry.wire import BINARY_MAGIC, encode_answer, encode_frame, encode_request
from registry.wire.messages import (
    Answer,
    ErrorAnswer,
    HeartbeatOk,
    HeartbeatRequest,
    JsonMessage,
    LookupOk,
    LookupRequest,
    Request,
    ResolveOk,
    ResolveRequest,
)
from tests.system.questions import fields_of, questions, values_of
from tests.system.society import PEER

_SIGNATURE = bytes(64)
_REQUESTS: tuple[Request, ...] = (
    HeartbeatRequest(1, _SIGNATURE),
    LookupRequest(1),
    ResolveRequest(1, 2, _SIGNATURE),
    JsonMessage(b'{"type":"list_networks"}'),
)
_ANSWERS: tuple[Answer, ...] = (
    HeartbeatOk(1, key_expires_soon=True),
    LookupOk(1, networks=(1, 2), public_key=bytes(32), hostname="a", tags=("b", "c")),
    ResolveOk(1, "192.0.2.1:4001", lan_addrs=("10.0.0.1:4001",), key_age_days=1),
    ErrorAnswer("no"),
)
_BEYOND = ["null", "-1", "0", "4294967295", "65536", "1e999", "[]", "{}", '"\\ud800"', "true"]
"""Values that fit almost nowhere."""


def seeds(target: str, operations: list[Operation]) -> list[bytes]:
    """Inputs to begin with for one target."""
    bodies = [_unsigned(operation) for operation in operations]
    requests = [encode_request(request) for request in _REQUESTS]
    known = {
        "addresses": [b"0:0000.0000.0001", b"65535:FFFF.FFFF.FFFF"],
        "binary-answers": [encode_answer(answer)[4:] for answer in _ANSWERS],
        "binary-requests": [request[4:] for request in requests],
        "bodies": bodies,
        "frames": [b"\0" + encode_frame(b"ab"), b"\3" + encode_frame(b"") + encode_frame(b"abc")],
        "people": [b"\n".join(script) for script in _scripts(operations)],
        "streams": [
            b"\x7f" + BINARY_MAGIC + b"".join(requests),
            *(b"\x7f" + encode_frame(body) for body in bodies),
        ],
    }
    return known[target]


def words(operations: list[Operation]) -> Iterator[str]:
    """What stands in requests: the names of types and fields, and values of all kinds."""
    for operation in operations:
        yield json.dumps(operation.type)
        for name in fields_of(operation):
            yield f"{json.dumps(name)}:"
            for value in values_of(operation, name, PEER):
                yield json.dumps(value)
    yield from _BEYOND


def _unsigned(operation: Operation) -> bytes:
    """A request without a proof: also without an issuer's."""
    question = next(questions(operation, PEER))
    return json.dumps({k: v for k, v in question.items() if not k.endswith("_sig")}).encode()


def steps(operations: list[Operation]) -> Iterator[bytes]:
    """Steps of scripts: what everybody can ask of every message type."""
    for script in _scripts(operations):
        yield from script


def _scripts(operations: list[Operation]) -> Iterator[list[bytes]]:
    for operation in operations:
        for who, me in (("+", 1), ("1", 1), ("3", 3), ("4", 4), ("-", 5)):
            yield [
                f"{who} {json.dumps(_with_issuer(question))}".encode()
                for question in questions(operation, me)
            ]


def _with_issuer(question: dict[str, object]) -> dict[str, object]:
    return {name: "!" if name.endswith("_sig") else value for name, value in question.items()}
