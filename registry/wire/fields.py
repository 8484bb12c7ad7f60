"""The fields of binary messages: at fixed places, or behind their lengths."""

from collections.abc import Iterable, Sized
from struct import Struct, error
from typing import Any, TypeVar

LARGEST_COUNT = 1024
"""Networks or LAN addresses in one answer; the public client refuses more."""

U8, U16, U32 = Struct(">B"), Struct(">H"), Struct(">I")

_M = TypeVar("_M")


class InvalidMessage(ValueError):
    """Bytes that are no message, or a message that these bytes cannot hold.

    Attributes:
        field: What is wrong: a field of the message, or ``type``.
    """

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field = field


class Record:
    """The layout of a message whose fields have fixed places."""

    def __init__(self, kind: int, name: str, **fields: str) -> None:
        """Lay out a message.

        Args:
            kind: Its first byte.
            name: What an error calls it.
            fields: The format of each field, as `struct` names it, in their order.
        """
        self._kind = kind
        self._name = name
        self._fields = {field: Struct(f">{layout}") for field, layout in fields.items()}
        layouts = "".join(fields.values())
        self._body = Struct(f">x{layouts}")
        self._frame = Struct(f">IB{layouts}")

    def unpack(self, frame: bytes) -> tuple[Any, ...]:
        """The fields of a frame, whose type is known already."""
        if len(frame) != self._body.size:
            raise self._wrong_size(len(frame) - 1)
        return self._body.unpack(frame)

    def pack(self, *values: int | bytes) -> bytes:
        """A whole frame of the fields; the length of bytes is not checked."""
        try:
            return self._frame.pack(self._body.size, self._kind, *values)
        except error:
            raise self._out_of_range(values) from None

    def _wrong_size(self, size: int) -> InvalidMessage:
        end = 0
        for field, layout in self._fields.items():
            end += layout.size
            if end > size:
                return InvalidMessage(field, f"{self._name} too short: {size} bytes")
        return InvalidMessage("frame", f"{self._name} too long: {size} bytes (must be {end})")

    def _out_of_range(self, values: Iterable[int | bytes]) -> InvalidMessage:
        for (field, layout), value in zip(self._fields.items(), values, strict=True):
            try:
                layout.pack(value)
            except error:
                return InvalidMessage(field, f"{value!r} is out of range")
        raise AssertionError("each field fits, and all of them do not")


class Reader:
    """Reads the fields of a frame one after the other, from behind its type byte."""

    def __init__(self, frame: bytes) -> None:
        self._frame = frame
        self._at = 1

    def number(self, field: str, layout: Struct) -> int:
        """The next number."""
        value: int = layout.unpack(self._take(field, layout.size))[0]
        return value

    def numbers(self, field: str, layout: Struct) -> tuple[int, ...]:
        """A u16 count, and as many numbers."""
        data = self._take(field, self._counter(field, U16) * layout.size)
        return tuple([number for (number,) in layout.iter_unpack(data)])

    def counted(self, field: str, length: Struct) -> bytes:
        """A length, and as many bytes."""
        return self._take(field, self.number(field, length))

    def text(self, field: str, length: Struct) -> str:
        """A length, and as many bytes of text."""
        try:
            return self.counted(field, length).decode()
        except UnicodeDecodeError:
            raise InvalidMessage(field, "not UTF-8") from None

    def texts(self, field: str, *, count: Struct, length: Struct) -> tuple[str, ...]:
        """A count, and as many texts."""
        return tuple([self.text(field, length) for _ in range(self._counter(field, count))])

    def whole(self, message: _M) -> _M:
        """The message, if nothing is left over."""
        surplus = len(self._frame) - self._at
        if surplus:
            raise InvalidMessage("frame", f"{surplus} bytes after the last field")
        return message

    def _counter(self, field: str, layout: Struct) -> int:
        count = self.number(field, layout)
        if count > LARGEST_COUNT:
            raise InvalidMessage(field, f"{count} are too many (max {LARGEST_COUNT})")
        return count

    def _take(self, field: str, size: int) -> bytes:
        end = self._at + size
        if end > len(self._frame):
            raise InvalidMessage(field, f"ends after {len(self._frame) - self._at} of {size} bytes")
        data = self._frame[self._at : end]
        self._at = end
        return data


def write_number(field: str, layout: Struct, value: int) -> bytes:
    """A number.

    Raises:
        InvalidMessage: It does not fit, as in all functions here.
    """
    try:
        return layout.pack(value)
    except error:
        raise InvalidMessage(field, f"{value!r} is out of range") from None


def write_count(field: str, layout: Struct, values: Sized) -> bytes:
    """How many values follow."""
    most = min(LARGEST_COUNT, (1 << 8 * layout.size) - 1)
    if len(values) > most:
        raise InvalidMessage(field, f"{len(values)} are too many (max {most})")
    return layout.pack(len(values))


def write_counted(field: str, length: Struct, data: bytes) -> bytes:
    """The length of some bytes, and the bytes."""
    most = (1 << 8 * length.size) - 1
    if len(data) > most:
        raise InvalidMessage(field, f"{len(data)} bytes are too many (max {most})")
    return length.pack(len(data)) + data


def write_text(field: str, length: Struct, text: str) -> bytes:
    """The length of a text in bytes, and the text."""
    try:
        return write_counted(field, length, text.encode())
    except UnicodeEncodeError:
        raise InvalidMessage(field, "not representable in UTF-8") from None
