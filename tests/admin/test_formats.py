"""How entries are written for other systems."""

import json
import re

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from registry.admin.entries import Sealed
from registry.admin.formats import as_cef, as_json, as_splunk
from registry.persistence.change_log import Record

_text = st.text(max_size=30)
_payloads = st.dictionaries(
    st.text("abcdefgh_", min_size=1, max_size=8), _text | st.integers(-5, 5) | st.booleans()
)


@st.composite
def entries(draw: st.DrawFn) -> Sealed:
    payload = msgspec.json.encode(draw(_payloads)).decode()
    number, at = draw(st.integers(1, 2**53)), draw(st.integers(0, 4 * 10**15))
    actor, origin, source, event_type = (draw(_text) for _ in range(4))
    record = Record(number, at, actor, origin, source, event_type, payload)
    return Sealed(record, draw(st.binary(min_size=32, max_size=32)))


def entry(event_type: str = "node.registered", origin: str = "", **payload: object) -> Sealed:
    text = msgspec.json.encode(payload).decode()
    return Sealed(
        Record(7, 1_700_000_000_250_000, "admin", origin, "x", event_type, text), b"s" * 32
    )


def extension(line: str) -> dict[str, str]:
    """The fields of a CEF line, as the specification says to read them."""
    text = re.split(r"(?<!\\)(?:\\\\)*\|", line, maxsplit=7)[7]
    starts = [
        match
        for match in re.finditer(r"(?:^| )([A-Za-z][A-Za-z0-9]*)=", text)
        if match.start() == 0 or text[match.end() - 2] != "\\"
    ]
    ends = [match.start() for match in starts[1:]] + [len(text)]
    return {
        match[1]: re.sub(r"\\(.)", _unescape, text[match.end() : end])
        for match, end in zip(starts, ends, strict=True)
    }


def _unescape(match: re.Match[str]) -> str:
    return {"n": "\n", "r": "\r"}.get(match[1], match[1])


@given(entries())
def test_every_format_is_one_line(one: Sealed) -> None:
    for line in (as_json(one), as_splunk(one, "i", "s"), as_cef(one, "s")):
        assert b"\n" not in line
        assert b"\r" not in line


@given(entries())
def test_json_says_all_of_it(one: Sealed) -> None:
    told = json.loads(as_json(one))
    assert told["number"] == one.record.number
    assert told["payload"] == json.loads(one.record.payload)
    assert told.get("actor", "") == one.record.actor
    assert told["seal"] == one.seal.hex()


def test_cef_has_fields_that_collectors_know() -> None:
    line = as_cef(entry(origin="192.0.2.1", node_id=5, network_id=3, name="lab"), "here").decode()
    assert line.startswith("CEF:0|Pilot|Registry|1.0|node.registered|node.registered|3|")
    assert extension(line) == {
        "rt": "1700000000250",
        "externalId": "7",
        "dvchost": "here",
        "suser": "admin",
        "src": "192.0.2.1",
        "cs1": "node.registered",
        "cs1Label": "action",
        "cs3": (b"s" * 32).hex(),
        "cs3Label": "seal",
        "cn1": "3",
        "cn1Label": "network_id",
        "cn2": "5",
        "cn2Label": "node_id",
        "msg": "name=lab",
    }


def test_cef_tells_other_origins_apart() -> None:
    assert extension(as_cef(entry(origin="2001:db8::1"), "s").decode())["c6a2"] == "2001:db8::1"
    told = extension(as_cef(entry(origin="trust.forget after 3"), "s").decode())
    assert told["cs2"] == "trust.forget after 3"


def test_nobody_can_add_a_field_or_a_line_to_cef() -> None:
    evil = "a|b\\ cs9=forged\nCEF:0|forged"
    line = as_cef(entry("evil|type", name=evil), "s").decode()
    told = extension(line)
    assert told["msg"] == f"name={evil}"
    assert "cs9" not in told
    assert r"|evil\|type|" in line


def test_what_weighs_more_is_more_severe() -> None:
    def severity(event_type: str, **payload: str) -> str:
        return as_cef(entry(event_type, "", **payload), "s").decode().split("|")[6]

    assert severity("network.deleted") == severity("membership.left", reason="kicked") == "6"
    assert severity("membership.role_changed") == "4"
    assert severity("membership.left", reason="left") == "3"


def test_splunk_gets_the_time_in_seconds_and_no_empty_index() -> None:
    told = json.loads(as_splunk(entry(node_id=1), "", "s"))
    assert told["time"] == 1_700_000_000.25
    assert told.keys() == {"time", "source", "sourcetype", "event"}
