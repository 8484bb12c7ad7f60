"""The binary protocol: one type byte, then fields at fixed places or behind their lengths.

`decode_request` and `decode_answer` take a frame as `FrameDecoder` cuts it, without its
length. `encode_request` and `encode_answer` return a whole frame, its length included.
All numbers are big-endian (wire.md, "Binary protocol").
"""

from collections.abc import Callable
from typing import Any, TypeVar

from registry.wire.fields import (
    U8,
    U16,
    U32,
    InvalidMessage,
    Reader,
    Record,
    write_count,
    write_counted,
    write_number,
    write_text,
)
from registry.wire.frames import encode_frame
from registry.wire.messages import (
    Answer,
    ErrorAnswer,
    HeartbeatOk,
    HeartbeatRequest,
    JsonMessage,
    LookupOk,
    LookupRequest,
    MessageType,
    Request,
    ResolveOk,
    ResolveRequest,
)

SIGNATURE_BYTES = 64

LARGEST_ERROR = 65_000
"""Bytes of text in an error frame; what is longer is cut."""

_AGE_UNKNOWN = 0xFFFF_FFFF
_PUBLIC, _TASK_EXEC = 1, 2
_EXPIRES_SOON = 1

_M = TypeVar("_M")


def decode_request(frame: bytes) -> Request:
    """Read what a client asks.

    Raises:
        InvalidMessage: It is no request, or one with a field missing or too many bytes.
    """
    return _decode(frame, _REQUEST_DECODERS)


def encode_request(request: Request) -> bytes:
    """Write what a client asks.

    Raises:
        InvalidMessage: A field does not fit.
    """
    return _ENCODERS[type(request)](request)


def decode_answer(frame: bytes) -> Answer:
    """Read what the registry answers.

    Raises:
        InvalidMessage: It is no answer, or one that is malformed.
    """
    return _decode(frame, _ANSWER_DECODERS)


def encode_answer(answer: Answer) -> bytes:
    """Write what the registry answers.

    Raises:
        InvalidMessage: A field does not fit. Never for a `JsonMessage` or an `ErrorAnswer`.
    """
    return _ENCODERS[type(answer)](answer)


def _decode(frame: bytes, decoders: dict[int, Callable[[bytes], _M]]) -> _M:
    if not frame:
        raise InvalidMessage("type", "binary frame too short")
    decode = decoders.get(frame[0])
    if decode is None:
        raise InvalidMessage("type", f"unknown message type {frame[0]:#04x}")
    return decode(frame)


_HEARTBEAT = Record(MessageType.HEARTBEAT, "heartbeat request", node_id="I", signature="64s")
_LOOKUP = Record(MessageType.LOOKUP, "lookup request", node_id="I")
_RESOLVE = Record(
    MessageType.RESOLVE, "resolve request", node_id="I", requester_id="I", signature="64s"
)
_HEARTBEAT_OK = Record(MessageType.HEARTBEAT_OK, "heartbeat response", time="q", flags="B")


def _decode_json(frame: bytes) -> JsonMessage:
    return JsonMessage(frame[1:])


def _encode_json(message: JsonMessage) -> bytes:
    return _frame(MessageType.JSON, message.body)


def _decode_heartbeat(frame: bytes) -> HeartbeatRequest:
    return HeartbeatRequest(*_HEARTBEAT.unpack(frame))


def _encode_heartbeat(request: HeartbeatRequest) -> bytes:
    return _HEARTBEAT.pack(request.node_id, _checked_signature(request.signature))


def _decode_lookup(frame: bytes) -> LookupRequest:
    return LookupRequest(*_LOOKUP.unpack(frame))


def _encode_lookup(request: LookupRequest) -> bytes:
    return _LOOKUP.pack(request.node_id)


def _decode_resolve(frame: bytes) -> ResolveRequest:
    return ResolveRequest(*_RESOLVE.unpack(frame))


def _encode_resolve(request: ResolveRequest) -> bytes:
    return _RESOLVE.pack(
        request.node_id, request.requester_id, _checked_signature(request.signature)
    )


def _decode_heartbeat_ok(frame: bytes) -> HeartbeatOk:
    time, flags = _HEARTBEAT_OK.unpack(frame)
    return HeartbeatOk(time, bool(flags & _EXPIRES_SOON))


def _encode_heartbeat_ok(answer: HeartbeatOk) -> bytes:
    return _HEARTBEAT_OK.pack(answer.time, _EXPIRES_SOON if answer.key_expires_soon else 0)


def _decode_lookup_ok(frame: bytes) -> LookupOk:
    reader = Reader(frame)
    node_id = reader.number("node_id", U32)
    flags = reader.number("flags", U8)
    reader.number("reserved", U32)
    return reader.whole(
        LookupOk(
            node_id=node_id,
            public=bool(flags & _PUBLIC),
            task_exec=bool(flags & _TASK_EXEC),
            networks=reader.numbers("networks", U16),
            public_key=reader.counted("public_key", U8),
            hostname=reader.text("hostname", U8),
            tags=reader.texts("tags", count=U8, length=U8),
            real_addr=reader.text("real_addr", U16),
            external_id=reader.text("external_id", U8),
        )
    )


def _encode_lookup_ok(answer: LookupOk) -> bytes:
    flags = (_PUBLIC if answer.public else 0) | (_TASK_EXEC if answer.task_exec else 0)
    return _frame(
        MessageType.LOOKUP_OK,
        write_number("node_id", U32, answer.node_id),
        U8.pack(flags),
        U32.pack(0),  # the score of older servers
        write_count("networks", U16, answer.networks),
        *[write_number("networks", U16, network) for network in answer.networks],
        write_counted("public_key", U8, answer.public_key),
        write_text("hostname", U8, answer.hostname),
        write_count("tags", U8, answer.tags),
        *[write_text("tags", U8, tag) for tag in answer.tags],
        write_text("real_addr", U16, answer.real_addr),
        write_text("external_id", U8, answer.external_id),
    )


def _decode_resolve_ok(frame: bytes) -> ResolveOk:
    reader = Reader(frame)
    node_id = reader.number("node_id", U32)
    real_addr = reader.text("real_addr", U16)
    lan_addrs = reader.texts("lan_addrs", count=U16, length=U16)
    age = reader.number("key_age_days", U32)
    return reader.whole(
        ResolveOk(node_id, real_addr, lan_addrs, None if age == _AGE_UNKNOWN else age)
    )


def _encode_resolve_ok(answer: ResolveOk) -> bytes:
    age = _AGE_UNKNOWN if answer.key_age_days is None else answer.key_age_days
    return _frame(
        MessageType.RESOLVE_OK,
        write_number("node_id", U32, answer.node_id),
        write_text("real_addr", U16, answer.real_addr),
        write_count("lan_addrs", U16, answer.lan_addrs),
        *[write_text("lan_addrs", U16, addr) for addr in answer.lan_addrs],
        write_number("key_age_days", U32, age),
    )


def _decode_error(frame: bytes) -> ErrorAnswer:
    reader = Reader(frame)
    return reader.whole(ErrorAnswer(reader.text("text", U16)))


def _encode_error(answer: ErrorAnswer) -> bytes:
    data = answer.text.encode(errors="replace")
    if len(data) > LARGEST_ERROR:
        data = data[:LARGEST_ERROR].decode(errors="ignore").encode()  # no half character
    return _frame(MessageType.ERROR, write_counted("text", U16, data))


def _frame(kind: MessageType, *fields: bytes) -> bytes:
    return encode_frame(b"".join((U8.pack(kind), *fields)))


def _checked_signature(signature: bytes) -> bytes:
    if len(signature) != SIGNATURE_BYTES:
        raise InvalidMessage("signature", f"{len(signature)} bytes (must be {SIGNATURE_BYTES})")
    return signature


_REQUEST_DECODERS: dict[int, Callable[[bytes], Request]] = {
    MessageType.JSON: _decode_json,
    MessageType.HEARTBEAT: _decode_heartbeat,
    MessageType.LOOKUP: _decode_lookup,
    MessageType.RESOLVE: _decode_resolve,
}
_ANSWER_DECODERS: dict[int, Callable[[bytes], Answer]] = {
    MessageType.JSON: _decode_json,
    MessageType.HEARTBEAT_OK: _decode_heartbeat_ok,
    MessageType.LOOKUP_OK: _decode_lookup_ok,
    MessageType.RESOLVE_OK: _decode_resolve_ok,
    MessageType.ERROR: _decode_error,
}
_ENCODERS: dict[type, Callable[[Any], bytes]] = {
    JsonMessage: _encode_json,
    HeartbeatRequest: _encode_heartbeat,
    LookupRequest: _encode_lookup,
    ResolveRequest: _encode_resolve,
    HeartbeatOk: _encode_heartbeat_ok,
    LookupOk: _encode_lookup_ok,
    ResolveOk: _encode_resolve_ok,
    ErrorAnswer: _encode_error,
}
