"""Targets: any bytes to the codecs, which must read or refuse them, and write what they read."""

from registry.wire import (
    Address,
    FrameDecoder,
    FrameTooLarge,
    InvalidAddress,
    InvalidMessage,
    decode_answer,
    decode_request,
    encode_answer,
    encode_frame,
    encode_request,
)

LIMIT = 256
"""Bytes in a frame at most, so that larger ones come up."""


def frames(data: bytes) -> None:
    """A stream gives the same frames wherever it is cut; the first byte says how."""
    size, stream = (data[0] + 1, data[1:]) if data else (1, data)
    whole = _frames([stream])
    assert _frames([stream[at : at + size] for at in range(0, len(stream), size)]) == whole
    given, refused = whole
    text = b"".join(map(encode_frame, given))
    assert stream.startswith(text)
    assert refused or len(stream) - len(text) < LIMIT + 4


def binary_requests(data: bytes) -> None:
    """A request that can be read is written as it was."""
    try:
        request = decode_request(data)
    except InvalidMessage:
        return
    assert encode_request(request)[4:] == data


def binary_answers(data: bytes) -> None:
    """An answer that can be read can be written, and means the same then."""
    try:
        answer = decode_answer(data)
    except InvalidMessage:
        return
    assert decode_answer(encode_answer(answer)[4:]) == answer


def addresses(data: bytes) -> None:
    """An address that can be read is written in the one way, and means the same then."""
    text = data.decode(errors="replace")
    try:
        address = Address.parse(text)
    except InvalidAddress:
        return
    assert Address.parse(str(address)) == address
    assert str(address).lower() == f"{address.network}{text[text.index(':') :].lower()}"


def _frames(chunks: list[bytes]) -> tuple[list[bytes], bool]:
    """What comes out of chunks, and whether something was too large."""
    decoder = FrameDecoder(LIMIT)
    given: list[bytes] = []
    for chunk in chunks:
        decoder.feed(chunk)
        try:
            for frame in decoder.frames():
                given.append(frame)  # noqa: PERF402 - those before a refusal count
        except FrameTooLarge:
            return given, True
    return given, False
