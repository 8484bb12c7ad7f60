"""Frames: a 4-byte big-endian length, then that many bytes."""

from collections.abc import Iterator

LARGEST_FRAME = 64 * 1024 * 1024
"""Bytes in one message at most, as the public client has it (wire.md, "JSON protocol")."""

BINARY_MAGIC = b"PILT\x01"
"""What a client of the binary protocol sends first.

As a JSON frame it would announce 1.3 GB, more than `LARGEST_FRAME`.
"""

HEADER_BYTES = 4
"""Bytes of the length before a frame."""


class FrameTooLarge(ValueError):
    """A frame announces more bytes than the receiver takes; the stream cannot go on.

    Attributes:
        announced: Bytes the frame would have.
        limit: Bytes the receiver takes.
    """

    def __init__(self, announced: int, limit: int) -> None:
        super().__init__(f"frame of {announced} bytes exceeds the limit of {limit} bytes")
        self.announced = announced
        self.limit = limit


class FrameDecoder:
    """Cuts a stream of bytes into frames.

    Attributes:
        limit: Bytes in one frame at most; may be changed between frames.
    """

    def __init__(self, limit: int = LARGEST_FRAME) -> None:
        self.limit = limit
        self._buffer = bytearray()

    @property
    def buffered(self) -> int:
        """Bytes that are waiting for the rest of their frame, or to be asked for."""
        return len(self._buffer)

    def is_frame(self, data: bytes) -> bool:
        """Whether bytes are one whole frame with its length, and not too large."""
        length = len(data) - HEADER_BYTES
        return 0 <= length <= self.limit and int.from_bytes(data[:HEADER_BYTES], "big") == length

    def feed(self, data: bytes) -> None:
        """Take bytes as they arrived, cut anywhere."""
        self._buffer += data

    def frames(self) -> Iterator[bytes]:
        """Every complete frame so far, without its length.

        What was not iterated over stays for the next call.

        Raises:
            FrameTooLarge: The next frame announces more than the limit.
        """
        while (frame := self._take()) is not None:
            yield frame

    def _take(self) -> bytes | None:
        if len(self._buffer) < HEADER_BYTES:
            return None
        length = int.from_bytes(self._buffer[:HEADER_BYTES], "big")
        if length > self.limit:
            raise FrameTooLarge(length, self.limit)
        end = HEADER_BYTES + length
        if len(self._buffer) < end:
            return None
        frame = bytes(self._buffer[HEADER_BYTES:end])
        del self._buffer[:end]
        return frame


def encode_frame(body: bytes) -> bytes:
    """Put the length before a message's bytes."""
    return len(body).to_bytes(HEADER_BYTES, "big") + body
