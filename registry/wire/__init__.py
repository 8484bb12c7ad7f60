"""The wire protocol without input or output: bytes in, messages out.

- `FrameDecoder`, `encode_frame`: length-prefixed frames.
- `decode_request`, `encode_answer`: the server's side of the binary protocol;
  `encode_request`, `decode_answer`: the client's. Their messages are in `messages`.
- `Address`, `format_address`: a 48-bit address and its text form.
"""

from registry.wire import messages
from registry.wire.address import Address, InvalidAddress, format_address
from registry.wire.binary import decode_answer, decode_request, encode_answer, encode_request
from registry.wire.fields import InvalidMessage
from registry.wire.frames import (
    BINARY_MAGIC,
    HEADER_BYTES,
    LARGEST_FRAME,
    FrameDecoder,
    FrameTooLarge,
    encode_frame,
)

__all__ = [
    "BINARY_MAGIC",
    "HEADER_BYTES",
    "LARGEST_FRAME",
    "Address",
    "FrameDecoder",
    "FrameTooLarge",
    "InvalidAddress",
    "InvalidMessage",
    "decode_answer",
    "decode_request",
    "encode_answer",
    "encode_frame",
    "encode_request",
    "format_address",
    "messages",
]
