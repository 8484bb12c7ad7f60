"""Frames out of a stream that is cut anywhere."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.wire import (
    BINARY_MAGIC,
    LARGEST_FRAME,
    FrameDecoder,
    FrameTooLarge,
    encode_frame,
)


def decoded(decoder: FrameDecoder, *chunks: bytes) -> list[bytes]:
    """The frames that come out when the chunks go in one after the other."""
    frames = []
    for chunk in chunks:
        decoder.feed(chunk)
        frames += list(decoder.frames())
    return frames


@st.composite
def _cut(draw: st.DrawFn) -> tuple[list[bytes], list[bytes]]:
    """Some bodies, and their frames as a stream cut anywhere."""
    bodies = draw(st.lists(st.binary(max_size=30), max_size=8))
    stream = b"".join(map(encode_frame, bodies))
    cuts = sorted(draw(st.lists(st.integers(0, len(stream)), max_size=12)))
    edges = [0, *cuts, len(stream)]
    return bodies, [stream[a:b] for a, b in pairwise(edges)]


class TestDecoder:
    @given(case=_cut())
    def test_finds_the_frames_wherever_the_stream_is_cut(
        self, case: tuple[list[bytes], list[bytes]]
    ) -> None:
        bodies, chunks = case
        assert decoded(FrameDecoder(), *chunks) == bodies

    def test_takes_a_stream_byte_by_byte(self) -> None:
        stream = encode_frame(b"{}") + encode_frame(b"")
        assert decoded(FrameDecoder(), *[bytes([byte]) for byte in stream]) == [b"{}", b""]

    @pytest.mark.parametrize("end", range(6))
    def test_gives_nothing_before_a_frame_is_complete(self, end: int) -> None:
        assert decoded(FrameDecoder(), encode_frame(b"ab")[:end]) == []

    def test_keeps_what_was_not_taken(self) -> None:
        decoder = FrameDecoder()
        decoder.feed(encode_frame(b"one") + encode_frame(b"two"))
        assert next(decoder.frames()) == b"one"
        assert list(decoder.frames()) == [b"two"]
        assert list(decoder.frames()) == []

    def test_gives_what_is_fed_while_it_is_read(self) -> None:
        decoder = FrameDecoder()
        decoder.feed(encode_frame(b"one"))
        frames = decoder.frames()
        assert next(frames) == b"one"
        decoder.feed(encode_frame(b"two"))
        assert list(frames) == [b"two"]

    def test_gives_bytes_that_later_input_does_not_change(self) -> None:
        decoder = FrameDecoder()
        [first] = decoded(decoder, encode_frame(b"one"))
        decoded(decoder, encode_frame(b"two"))
        assert first == b"one"
        assert type(first) is bytes


class TestLimit:
    def test_a_frame_may_be_as_large_as_the_limit(self) -> None:
        assert decoded(FrameDecoder(limit=3), encode_frame(b"abc")) == [b"abc"]

    def test_a_larger_one_is_refused_when_its_length_is_known(self) -> None:
        decoder = FrameDecoder(limit=3)
        decoder.feed(b"\0\0\0\4")
        with pytest.raises(FrameTooLarge) as refused:
            next(decoder.frames())
        assert str(refused.value) == "frame of 4 bytes exceeds the limit of 3 bytes"
        assert (refused.value.announced, refused.value.limit) == (4, 3)

    def test_the_frames_before_it_are_given(self) -> None:
        decoder = FrameDecoder(limit=3)
        decoder.feed(encode_frame(b"abc") + encode_frame(b"abcd"))
        frames = decoder.frames()
        assert next(frames) == b"abc"
        with pytest.raises(FrameTooLarge):
            next(frames)

    def test_nothing_comes_after_it(self) -> None:
        decoder = FrameDecoder(limit=3)
        decoder.feed(encode_frame(b"abcd"))
        for _ in range(2):
            with pytest.raises(FrameTooLarge):
                next(decoder.frames())
            decoder.feed(encode_frame(b"ab"))

    def test_it_may_change_between_frames(self) -> None:
        decoder = FrameDecoder(limit=3)
        decoder.feed(encode_frame(b"abc") + encode_frame(b"abcd"))
        frames = decoder.frames()
        assert next(frames) == b"abc"
        decoder.limit = 4
        assert next(frames) == b"abcd"

    def test_the_binary_protocol_opens_with_what_no_frame_opens_with(self) -> None:
        decoder = FrameDecoder()
        decoder.feed(BINARY_MAGIC)
        with pytest.raises(FrameTooLarge) as refused:
            next(decoder.frames())
        assert refused.value.announced > LARGEST_FRAME

    @given(chunks=st.lists(st.binary(max_size=40), max_size=10))
    def test_any_bytes_are_frames_within_it_or_refused(self, chunks: list[bytes]) -> None:
        decoder = FrameDecoder(limit=64)
        stream = b"".join(chunks)
        try:
            frames = decoded(decoder, *chunks)
        except FrameTooLarge:
            return
        assert all(len(frame) <= 64 for frame in frames)
        assert stream.startswith(b"".join(map(encode_frame, frames)))


def test_many_small_frames_can_arrive_at_once() -> None:
    stream = encode_frame(b"x" * 20) * 100_000
    assert len(decoded(FrameDecoder(), stream)) == 100_000
