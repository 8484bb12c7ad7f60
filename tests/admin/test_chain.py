"""How entries of the audit log are written down and sealed."""

import hashlib
import json
import zlib

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from registry.admin.chain import BEGINNING, Unreadable, encode, mark, pack, seal, unpack
from registry.persistence.change_log import Record

_number = st.integers(0, 2**62)
_text = st.text(max_size=20)
records = st.builds(Record, _number, _number, _text, _text, _text, _text, _text)
seals = st.binary(min_size=32, max_size=32)


@given(records)
def test_an_entry_is_written_as_json_that_says_it_all(record: Record) -> None:
    assert Record(*json.loads(encode(record))) == record


@given(records, records)
def test_different_entries_are_written_differently(one: Record, other: Record) -> None:
    assume(one != other)
    assert encode(one) != encode(other)


@given(seals, records)
def test_a_seal_can_be_worked_out_with_any_program(before: bytes, record: Record) -> None:
    text = json.dumps(list(record), separators=(",", ":"), ensure_ascii=False)
    if encode(record) == text.encode():  # but for how control characters are escaped
        assert seal(before, record) == hashlib.sha256(before + text.encode()).digest()
    assert len(seal(before, record)) == 32


@given(seals, records, records)
def test_a_seal_covers_the_entry_and_what_was_before(
    before: bytes, one: Record, other: Record
) -> None:
    assume(one != other and before != BEGINNING)
    assert seal(before, one) != seal(before, other)
    assert seal(before, one) != seal(BEGINNING, one)


@given(seals, st.lists(records, min_size=1, max_size=5))
def test_a_block_holds_its_entries_each_with_the_mark_of_its_seal(
    before: bytes, entries: list[Record]
) -> None:
    block = pack(before, entries)
    expected = []
    for record in entries:
        before = seal(before, record)
        expected.append((record, mark(before)))
    assert list(unpack(block.content)) == expected
    assert (block.first, block.last, block.seal) == (entries[0].number, entries[-1].number, before)


@given(st.binary(max_size=200))
def test_what_is_no_block_is_refused(content: bytes) -> None:
    with pytest.raises(Unreadable):
        list(unpack(content))
    with pytest.raises(Unreadable):
        list(unpack(zlib.compress(content)))
