"""The binary protocol: bytes computed by hand, round trips, hostile input."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.wire import (
    FrameDecoder,
    InvalidMessage,
    decode_answer,
    decode_request,
    encode_answer,
    encode_request,
)
from registry.wire.messages import (
    Answer,
    ErrorAnswer,
    HeartbeatOk,
    HeartbeatRequest,
    JsonMessage,
    LookupOk,
    LookupRequest,
    Request,
    ResolveOk,
    ResolveRequest,
)

SIGNATURE = bytes(range(64))
SIGNATURE_HEX = "".join(f"{byte:02x}" for byte in range(64))
KEY = bytes(range(32))
KEY_HEX = "".join(f"{byte:02x}" for byte in range(32))

_REQUESTS: list[tuple[Request, str]] = [
    (JsonMessage(b'{"type":"list_networks"}'), "00000019 00 " + b'{"type":"list_networks"}'.hex()),
    (JsonMessage(b""), "00000001 00"),
    (HeartbeatRequest(7, SIGNATURE), "00000045 01 00000007" + SIGNATURE_HEX),
    (LookupRequest(0x01020304), "00000005 02 01020304"),
    (LookupRequest(0xFFFFFFFF), "00000005 02 ffffffff"),
    (ResolveRequest(2, 1, SIGNATURE), "00000049 03 00000002 00000001" + SIGNATURE_HEX),
]

_ANSWERS: list[tuple[Answer, str]] = [
    (JsonMessage(b'{"type":"error"}'), "00000011 00 " + b'{"type":"error"}'.hex()),
    (HeartbeatOk(1_700_000_000), "0000000a 81 000000006553f100 00"),
    (HeartbeatOk(1, key_expires_soon=True), "0000000a 81 0000000000000001 01"),
    (HeartbeatOk(-1), "0000000a 81 ffffffffffffffff 00"),
    (
        LookupOk(1),
        "00000012 82 00000001 00 00000000 0000 00 00 00 0000 00",
    ),
    (
        LookupOk(
            node_id=2,
            public=True,
            task_exec=True,
            networks=(0, 258),
            public_key=KEY,
            hostname="ab",
            tags=("x", "yz"),
            real_addr="1.2.3.4:5",
            external_id="é",
        ),
        "00000048 82 00000002 03 00000000 0002 0000 0102 20" + KEY_HEX + "02 6162"
        "02 01 78 02 797a 0009 312e322e332e343a35 02 c3a9",
    ),
    (LookupOk(3, public=True), "00000012 82 00000003 01 00000000 0000 00 00 00 0000 00"),
    (LookupOk(3, task_exec=True), "00000012 82 00000003 02 00000000 0000 00 00 00 0000 00"),
    (ResolveOk(2, "1.2.3.4:5"), "00000016 83 00000002 0009 312e322e332e343a35 0000 ffffffff"),
    (
        ResolveOk(2, "a:1", lan_addrs=("b:2", "cd:3"), key_age_days=300),
        "0000001b 83 00000002 0003 613a31 0002 0003 623a32 0004 63643a33 0000012c",
    ),
    (ErrorAnswer("node 7: not found"), "00000014 ff 0011" + b"node 7: not found".hex()),
    (ErrorAnswer(""), "00000003 ff 0000"),
]


def frame(text: str) -> bytes:
    """What `FrameDecoder` gives for a frame written in hex."""
    data = bytes.fromhex(text)
    assert int.from_bytes(data[:4], "big") == len(data) - 4, "the test counts wrong"
    return data[4:]


class TestRequests:
    @pytest.mark.parametrize(("request_", "text"), _REQUESTS, ids=lambda value: str(value)[:40])
    def test_are_these_bytes(self, request_: Request, text: str) -> None:
        assert encode_request(request_) == bytes.fromhex(text)
        assert decode_request(frame(text)) == request_

    @pytest.mark.parametrize(
        ("text", "problem"),
        [
            ("00000000", "type: binary frame too short"),
            ("00000001 7f", "type: unknown message type 0x7f"),
            ("00000001 0f", "type: unknown message type 0x0f"),
            ("00000005 82 00000001", "type: unknown message type 0x82"),
            ("00000001 01", "node_id: heartbeat request too short: 0 bytes"),
            ("00000004 01 000000", "node_id: heartbeat request too short: 3 bytes"),
            ("00000005 01 00000001", "signature: heartbeat request too short: 4 bytes"),
            ("00000004 02 000000", "node_id: lookup request too short: 3 bytes"),
            ("00000005 03 00000001", "requester_id: resolve request too short: 4 bytes"),
            ("00000009 03 00000001 00000002", "signature: resolve request too short: 8 bytes"),
            (
                "00000006 02 00000001 00",
                "frame: lookup request too long: 5 bytes (must be 4)",
            ),
        ],
    )
    def test_that_are_none_are_refused_with_the_field(self, text: str, problem: str) -> None:
        with pytest.raises(InvalidMessage) as refused:
            decode_request(frame(text))
        assert str(refused.value) == problem
        assert refused.value.field == problem.split(":", maxsplit=1)[0]

    @pytest.mark.parametrize(
        ("request_", "problem"),
        [
            (HeartbeatRequest(-1, SIGNATURE), "node_id: -1 is out of range"),
            (HeartbeatRequest(1, SIGNATURE[1:]), r"signature: 63 bytes \(must be 64\)"),
            (LookupRequest(2**32), "node_id: 4294967296 is out of range"),
            (ResolveRequest(1, 2**32, SIGNATURE), "requester_id: 4294967296 is out of range"),
            (ResolveRequest(1, 2, SIGNATURE + b"x"), r"signature: 65 bytes \(must be 64\)"),
        ],
    )
    def test_that_do_not_fit_cannot_be_sent(self, request_: Request, problem: str) -> None:
        with pytest.raises(InvalidMessage, match=problem):
            encode_request(request_)


class TestAnswers:
    @pytest.mark.parametrize(("answer", "text"), _ANSWERS, ids=lambda value: str(value)[:40])
    def test_are_these_bytes(self, answer: Answer, text: str) -> None:
        assert encode_answer(answer).hex(" ") == bytes.fromhex(text).hex(" ")
        assert decode_answer(frame(text)) == answer

    def test_the_score_of_an_older_server_is_passed_over(self) -> None:
        text = "00000012 82 00000001 00 ffffffff 0000 00 00 00 0000 00"
        assert decode_answer(frame(text)) == LookupOk(1)

    def test_flags_that_nobody_knows_are_passed_over(self) -> None:
        assert decode_answer(frame("0000000a 81 0000000000000001 fe")) == HeartbeatOk(1)
        text = "00000012 82 00000001 fc 00000000 0000 00 00 00 0000 00"
        assert decode_answer(frame(text)) == LookupOk(1)

    @pytest.mark.parametrize(
        ("text", "problem"),
        [
            ("00000000", "type: binary frame too short"),
            ("00000005 02 00000001", "type: unknown message type 0x02"),
            ("00000001 81", "time: heartbeat response too short: 0 bytes"),
            ("00000009 81 0000000000000001", "flags: heartbeat response too short: 8 bytes"),
            ("00000001 82", "node_id: ends after 0 of 4 bytes"),
            ("00000006 82 00000001 00", "reserved: ends after 0 of 4 bytes"),
            ("0000000c 82 00000001 00 00000000 0401", "networks: 1025 are too many (max 1024)"),
            ("0000000d 82 00000001 00 00000000 0001 00", "networks: ends after 1 of 2 bytes"),
            ("0000000e 82 00000001 00 00000000 0000 02 00", "public_key: ends after 1 of 2 bytes"),
            ("0000000f 82 00000001 00 00000000 0000 00 01 ff", "hostname: not UTF-8"),
            ("00000010 82 00000001 00 00000000 0000 00 00 02 00", "tags: ends after 0 of 1 bytes"),
            (
                "00000013 82 00000001 00 00000000 0000 00 00 00 0000 00 00",
                "frame: 1 bytes after the last field",
            ),
            ("00000007 83 00000001 0001", "real_addr: ends after 0 of 1 bytes"),
            ("00000009 83 00000001 0000 0401", "lan_addrs: 1025 are too many (max 1024)"),
            ("00000009 83 00000001 0000 0000", "key_age_days: ends after 0 of 4 bytes"),
            ("00000002 ff 00", "text: ends after 1 of 2 bytes"),
            ("00000003 ff 0001", "text: ends after 0 of 1 bytes"),
        ],
    )
    def test_that_are_none_are_refused_with_the_field(self, text: str, problem: str) -> None:
        with pytest.raises(InvalidMessage) as refused:
            decode_answer(frame(text))
        assert str(refused.value) == problem
        assert refused.value.field == problem.split(":", maxsplit=1)[0]

    @pytest.mark.parametrize(
        ("answer", "problem"),
        [
            (HeartbeatOk(2**63), "time: 9223372036854775808 is out of range"),
            (LookupOk(-1), "node_id: -1 is out of range"),
            (LookupOk(1, networks=(1, 65_536)), "networks: 65536 is out of range"),
            (LookupOk(1, networks=(1,) * 1025), r"networks: 1025 are too many \(max 1024\)"),
            (LookupOk(1, public_key=b"k" * 256), "public_key: 256 bytes are too many"),
            (LookupOk(1, hostname="é" * 128), r"hostname: 256 bytes are too many \(max 255\)"),
            (LookupOk(1, hostname="\ud800"), "hostname: not representable in UTF-8"),
            (LookupOk(1, tags=("x",) * 256), r"tags: 256 are too many \(max 255\)"),
            (LookupOk(1, tags=("x" * 256,)), "tags: 256 bytes are too many"),
            (LookupOk(1, real_addr="x" * 65_536), "real_addr: 65536 bytes are too many"),
            (LookupOk(1, external_id="x" * 256), "external_id: 256 bytes are too many"),
            (ResolveOk(1, "x" * 65_536), "real_addr: 65536 bytes are too many"),
            (ResolveOk(1, "", lan_addrs=("x",) * 1025), "lan_addrs: 1025 are too many"),
            (ResolveOk(1, "", key_age_days=-1), "key_age_days: -1 is out of range"),
        ],
    )
    def test_that_do_not_fit_cannot_be_sent(self, answer: Answer, problem: str) -> None:
        with pytest.raises(InvalidMessage, match=problem):
            encode_answer(answer)

    @pytest.mark.parametrize(
        "answer",
        [
            LookupOk(
                1,
                networks=(65_535,) * 1024,
                public_key=b"k" * 255,
                hostname="h" * 255,
                tags=("t" * 255,) * 255,
                real_addr="r" * 65_535,
                external_id="e" * 255,
            ),
            ResolveOk(1, "r" * 65_535, ("l" * 65_535,) * 2, 0xFFFF_FFFE),
            ResolveOk(1, "", ("l",) * 1024, 0),
        ],
        ids=["lookup", "resolve", "many addresses"],
    )
    def test_at_the_limits_arrive_whole(self, answer: Answer) -> None:
        assert decode_answer(encode_answer(answer)[4:]) == answer

    @pytest.mark.parametrize(
        ("text", "arrives"),
        [
            ("x" * 65_000, "x" * 65_000),
            ("x" * 65_001, "x" * 65_000),
            ("x" + "é" * 32_500, "x" + "é" * 32_499),
            ("not \ud800 text", "not ? text"),
        ],
        ids=["fits", "too long", "cut between characters", "a lone surrogate"],
    )
    def test_an_error_always_arrives_cut_where_it_must_be(self, text: str, arrives: str) -> None:
        assert decode_answer(encode_answer(ErrorAnswer(text))[4:]) == ErrorAnswer(arrives)


_ids = st.integers(0, 0xFFFF_FFFF)
_signatures = st.binary(min_size=64, max_size=64)
_short = st.text(max_size=60)
_json = st.builds(JsonMessage, st.binary(max_size=200))
_requests: st.SearchStrategy[Request] = st.one_of(
    _json,
    st.builds(HeartbeatRequest, _ids, _signatures),
    st.builds(LookupRequest, _ids),
    st.builds(ResolveRequest, _ids, _ids, _signatures),
)
_answers: st.SearchStrategy[Answer] = st.one_of(
    _json,
    st.builds(HeartbeatOk, st.integers(-(2**63), 2**63 - 1), st.booleans()),
    st.builds(
        LookupOk,
        node_id=_ids,
        public=st.booleans(),
        task_exec=st.booleans(),
        networks=st.lists(st.integers(0, 0xFFFF), max_size=9).map(tuple),
        public_key=st.binary(max_size=255),
        hostname=_short,
        tags=st.lists(_short, max_size=9).map(tuple),
        real_addr=_short,
        external_id=_short,
    ),
    st.builds(
        ResolveOk,
        _ids,
        _short,
        st.lists(_short, max_size=9).map(tuple),
        st.none() | st.integers(0, 0xFFFF_FFFE),
    ),
    st.builds(ErrorAnswer, st.text(max_size=300)),
)


def only_frame(data: bytes) -> bytes:
    """The one frame that the bytes are."""
    decoder = FrameDecoder()
    decoder.feed(data)
    [body] = decoder.frames()
    return body


def hostile(types: list[int]) -> st.SearchStrategy[bytes]:
    """Any bytes, more often than by chance with a type that is known."""
    known = st.builds(lambda kind, rest: bytes([kind]) + rest, st.sampled_from(types), st.binary())
    return st.binary() | known


@given(request_=_requests)
def test_every_request_survives_the_wire(request_: Request) -> None:
    assert decode_request(only_frame(encode_request(request_))) == request_


@given(answer=_answers)
def test_every_answer_survives_the_wire(answer: Answer) -> None:
    assert decode_answer(only_frame(encode_answer(answer))) == answer


@given(body=hostile([0, 1, 2, 3]))
def test_any_bytes_are_a_request_or_refused(body: bytes) -> None:
    try:
        request = decode_request(body)
    except InvalidMessage:
        return
    assert encode_request(request)[4:] == body


@given(body=hostile([0, 0x81, 0x82, 0x83, 0xFF]))
def test_any_bytes_are_an_answer_or_refused(body: bytes) -> None:
    try:
        answer = decode_answer(body)
    except InvalidMessage:
        return
    assert decode_answer(encode_answer(answer)[4:]) == answer


@pytest.mark.parametrize(
    ("encode", "decode", "messages"),
    [
        (encode_request, decode_request, [request for request, _ in _REQUESTS]),
        (encode_answer, decode_answer, [answer for answer, _ in _ANSWERS]),
    ],
    ids=["request", "answer"],
)
def test_every_beginning_of_a_message_is_refused(
    encode: Callable[..., bytes], decode: Callable[[bytes], object], messages: list[object]
) -> None:
    for message in messages:
        if isinstance(message, JsonMessage):
            continue  # its end is where the frame ends
        body = encode(message)[4:]
        for end in range(len(body)):
            with pytest.raises(InvalidMessage):
                decode(body[:end])
