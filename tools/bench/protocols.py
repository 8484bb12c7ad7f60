"""The two protocols, from the client's side: requests to frames, and which answers refuse.

Both are written out here and do not come from `registry.wire`: a load generator that
shares its codec with the server would share its mistakes.
"""

import base64
import struct
from collections.abc import Callable
from typing import Any

import msgspec
from attrs import frozen

_JSON, _HEARTBEAT, _LOOKUP, _RESOLVE, _ERROR = 0x00, 0x01, 0x02, 0x03, 0xFF


@frozen
class Protocol:
    """How a client speaks.

    Attributes:
        name: ``json`` or ``binary``.
        opening: What the client sends before its first request.
        encode: A request, as the object that JSON clients send, to its frame.
        refused: Whether an answer, a whole frame, is an error or no answer at all.
            Cheap, for it runs for every answer.
        decode: An answer's frame to the object that JSON clients get. Only for answers
            that are JSON, also in the binary protocol.
    """

    name: str
    opening: bytes
    encode: Callable[[dict[str, Any]], bytes]
    refused: Callable[[bytes], bool]
    decode: Callable[[bytes], dict[str, Any]]


def _framed(body: bytes) -> bytes:
    return len(body).to_bytes(4, "big") + body


def _encode_json(request: dict[str, Any]) -> bytes:
    return _framed(msgspec.json.encode(request))


def _refused_json(frame: bytes) -> bool:
    return b'_ok"' not in frame  # as in "type":"lookup_ok"; the place of "type" is not fixed


def _decode_json(frame: bytes) -> dict[str, Any]:
    answer: dict[str, Any] = msgspec.json.decode(frame[4:])
    return answer


def _encode_binary(request: dict[str, Any]) -> bytes:
    """The message of its own that a request has, or JSON in a frame of type 0."""
    match request:
        case {"type": "heartbeat", "node_id": node_id, "signature": signature, **more} if not more:
            body = struct.pack(">BI64s", _HEARTBEAT, node_id, base64.b64decode(signature))
        case {"type": "lookup", "node_id": node_id}:
            body = struct.pack(">BI", _LOOKUP, node_id)
        case {"type": "resolve", "node_id": node_id, "requester_id": requester_id}:
            signature = base64.b64decode(request["signature"])
            body = struct.pack(">BII64s", _RESOLVE, node_id, requester_id, signature)
        case _:
            body = bytes([_JSON]) + msgspec.json.encode(request)
    return _framed(body)


def _refused_binary(frame: bytes) -> bool:
    kind = frame[4]
    return kind == _ERROR or (kind == _JSON and b'_ok"' not in frame)


def _decode_binary(frame: bytes) -> dict[str, Any]:
    answer: dict[str, Any] = msgspec.json.decode(frame[5:])
    return answer


JSON = Protocol("json", b"", _encode_json, _refused_json, _decode_json)
BINARY = Protocol("binary", b"PILT\x01", _encode_binary, _refused_binary, _decode_binary)

PROTOCOLS = {protocol.name: protocol for protocol in (JSON, BINARY)}
