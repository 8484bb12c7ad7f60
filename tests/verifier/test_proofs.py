import io

from hypothesis import given
from hypothesis import strategies as st

from registry.verifier.proofs import encode_batch, read_batch

batches = st.lists(st.binary(max_size=700), max_size=20)


@given(st.lists(batches, max_size=5))
def test_batches_are_read_as_they_were_written(written: list[list[bytes]]) -> None:
    stream = io.BytesIO(b"".join(map(encode_batch, written)))
    assert [read_batch(stream) for _ in written] == written
    assert read_batch(stream) is None


@given(batches, st.integers(min_value=0))
def test_what_was_cut_off_is_the_end(batch: list[bytes], at: int) -> None:
    whole = encode_batch(batch)
    assert read_batch(io.BytesIO(whole[: at % len(whole)])) is None
