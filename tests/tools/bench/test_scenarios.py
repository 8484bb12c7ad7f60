"""What is asked, and whether it would be believed."""

import base64
import time
from itertools import islice
from typing import Any

import msgspec
import pytest
from nacl.signing import VerifyKey

from tools.bench.population import Population, key_of
from tools.bench.protocols import BINARY, JSON
from tools.bench.scenarios import MIX, SCENARIOS, Source, publication, registration

POPULATION = Population.seeded(50)
SOURCE = Source(POPULATION, "run1")


def requests_of(scenario: str, count: int, source: Source = SOURCE) -> list[dict[str, Any]]:
    return list(islice(SCENARIOS[scenario].requests(source), count))


def verify(key: VerifyKey, message: str, signature: str) -> None:
    key.verify(message.encode(), base64.b64decode(signature))


def test_heartbeats_are_signed_by_the_node_they_are_of() -> None:
    for request in requests_of("heartbeat", 60):
        node_id = request["node_id"]
        key = POPULATION.key(node_id - 1).verify_key
        verify(key, f"heartbeat:{node_id}", request["signature"])


def test_dated_heartbeats_are_signed_with_their_time_each_another() -> None:
    requests = requests_of("dated_heartbeat", 200)
    assert len({request["signature"] for request in requests}) == 200
    for request in requests:
        node_id, ts = request["node_id"], request["ts"]
        assert -10 < ts - time.time() < 60
        key = POPULATION.key(node_id - 1).verify_key
        verify(key, f"heartbeat:{node_id}:{ts}", request["signature"])
        assert BINARY.encode(request)[4] == 0  # it has no place for the time


def test_resolves_are_signed_by_the_node_that_asks_for_another() -> None:
    requests = requests_of("resolve", 20)
    assert any(request["node_id"] != request["requester_id"] for request in requests)
    for request in requests:
        node_id, requester_id = request["node_id"], request["requester_id"]
        key = POPULATION.key(requester_id - 1).verify_key
        verify(key, f"resolve:{requester_id}:{node_id}", request["signature"])


def test_registrations_are_of_new_keys_each_signed_by_itself() -> None:
    requests = requests_of("register", 20)
    assert len({request["public_key"] for request in requests}) == 20
    for request in requests:
        key = VerifyKey(base64.b64decode(request["public_key"]))
        message = f"register:{request['listen_addr']}:{request['public_key']}"
        verify(key, message, request["signature"])


def test_a_node_that_is_rotated_again_signs_with_the_key_it_was_given() -> None:
    keys = {number + 1: POPULATION.key(number).verify_key for number in range(50)}
    for request in requests_of("rotate_key", 120):
        node_id, new_key = request["node_id"], request["new_public_key"]
        verify(keys[node_id], f"rotate:{node_id}:{new_key}", request["signature"])
        keys[node_id] = VerifyKey(base64.b64decode(new_key))


def test_processes_share_no_key_and_rotate_no_node_together() -> None:
    parts = [Source(POPULATION, "run1", part, 2) for part in range(2)]
    for scenario, field in (("register", "public_key"), ("rotate_key", "node_id")):
        one, other = ({r[field] for r in requests_of(scenario, 30, part)} for part in parts)
        assert one.isdisjoint(other)


def test_two_runs_look_up_the_same_nodes_but_register_others() -> None:
    again = Source(POPULATION, "run2")
    assert requests_of("lookup", 20) == requests_of("lookup", 20, again)
    assert requests_of("register", 1) != requests_of("register", 1, again)


def test_a_tenth_of_the_mix_writes() -> None:
    assert sum(MIX.values()) == 100
    kinds = [request["type"] for request in requests_of("mix", 1000)]
    assert set(kinds) == set(MIX)
    assert 60 < kinds.count("register") < 140


def test_registration_and_publication_are_what_a_daemon_sends() -> None:
    key = key_of("test", 0)
    assert registration(key, "host")["hostname"] == "host"
    assert "hostname" not in registration(key)
    verify(key.verify_key, "set_visibility:7", publication(key, 7)["signature"])


def test_requests_that_may_repeat_are_made_once_and_others_as_often_as_asked() -> None:
    assert len(SCENARIOS["register"].frames(SOURCE, JSON, 30)) == 30
    assert len(SCENARIOS["lookup"].frames(SOURCE, JSON, 10**9)) < 10**6


@pytest.mark.parametrize("name", SCENARIOS)
def test_json_frames_hold_their_length_and_the_request(name: str) -> None:
    request = requests_of(name, 1)[0]
    frame = JSON.encode(request)
    assert int.from_bytes(frame[:4], "big") == len(frame) - 4
    assert msgspec.json.decode(frame[4:]) == request


def test_binary_frames_follow_the_published_layout() -> None:
    signature = bytes(range(64))
    signed = {"signature": base64.b64encode(signature).decode()}
    frames: dict[bytes, dict[str, Any]] = {
        b"\x00\x00\x00\x05\x02\x00\x00\x00\x07": {"type": "lookup", "node_id": 7},
        b"\x00\x00\x00\x45\x01\x00\x00\x00\x07" + signature: {
            **signed,
            "type": "heartbeat",
            "node_id": 7,
        },
        b"\x00\x00\x00\x49\x03\x00\x00\x00\x07\x00\x00\x00\x09" + signature: {
            **signed,
            "type": "resolve",
            "node_id": 7,
            "requester_id": 9,
        },
        b'\x00\x00\x00\x19\x00{"type":"list_networks"}': {"type": "list_networks"},
    }
    for frame, request in frames.items():
        assert BINARY.encode(request) == frame


@pytest.mark.parametrize(
    ("body", "refused"),
    [
        (b'{"type":"lookup_ok","node_id":1}', False),
        (b'{"node_id":1,"type":"lookup_ok"}', False),
        (b'{"type":"error","error":"no"}', True),
        (b'{"error":"no","type":"error"}', True),
    ],
)
def test_json_errors_are_told_from_answers(body: bytes, *, refused: bool) -> None:
    assert JSON.refused(len(body).to_bytes(4, "big") + body) is refused
    assert BINARY.refused((len(body) + 1).to_bytes(4, "big") + b"\x00" + body) is refused


def test_binary_errors_are_told_from_answers() -> None:
    assert BINARY.refused(b"\x00\x00\x00\x05\xff\x00\x02no")
    assert not BINARY.refused(b"\x00\x00\x00\x0a\x81" + bytes(9))
