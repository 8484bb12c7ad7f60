"""The wire protocol without input or output: bytes in, messages out.

- `FrameDecoder`, `encode_frame`: length-prefixed frames.
- `Address`: a 48-bit address and its text form.
"""

from registry.wire.address import Address, InvalidAddress
from registry.wire.frames import (
    BINARY_MAGIC,
    LARGEST_FRAME,
    FrameDecoder,
    FrameTooLarge,
    encode_frame,
)

__all__ = [
    "BINARY_MAGIC",
    "LARGEST_FRAME",
    "Address",
    "FrameDecoder",
    "FrameTooLarge",
    "InvalidAddress",
    "encode_frame",
]
