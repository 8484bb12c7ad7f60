"""Signatures that are verified somewhere else while the request waits."""

import base64
import json
import os
import signal
import socket
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from registry.dispatch import Caller
from registry.verifier import Verifier
from registry.wire import encode_frame
from tests.harness import Client, Key, RegistryServer
from tests.harness.process import is_running
from tests.harness.waiting import eventually
from tests.system.registry import SENDER, Registry, registry_in

ADDRESS = "127.0.0.1:4001"

MANY = 64

NOBODYS = base64.b64encode(bytes(64)).decode()
"""A signature that fits nothing."""


def registration(key: Key, signature: str = "") -> dict[str, Any]:
    """What a key registers with, by default signed by it."""
    signature = signature or key.sign(f"register:{ADDRESS}:{key.public}")
    return {"listen_addr": ADDRESS, "public_key": key.public, "signature": signature}


class Elsewhere:
    """Takes the proofs of what is asked through it, and says nothing of them until told to."""

    def __init__(self) -> None:
        self._is_open = False
        self.taken: list[Callable[[bool], object]] = []

    def take(self, _proof: bytes, then: Callable[[bool], object]) -> bool:
        if self._is_open:
            self.taken.append(then)
        return self._is_open

    def hold(self, ask: Callable[[], None]) -> None:
        self._is_open = True
        ask()
        self._is_open = False


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> Elsewhere:
    there = Elsewhere()
    monkeypatch.setattr(Verifier, "take", lambda _verifier, proof, then: there.take(proof, then))
    return there


@pytest.fixture
def registry(elsewhere: Elsewhere, tmp_path: Path) -> Iterator[Registry]:  # noqa: ARG001 - before it
    with registry_in(tmp_path) as registry:
        yield registry


class Heartbeat:
    """A signed heartbeat of node 1, and what came of it."""

    def __init__(self, registry: Registry, key: Key) -> None:
        body = {"type": "heartbeat", "node_id": 1, "signature": key.sign("heartbeat:1")}
        self._body = json.dumps(body).encode()
        self._dispatcher = registry.application.protocols.json
        self.answers: list[bytes] = []
        self.proved = 0

    def send(self) -> None:
        frame = encode_frame(self._body)
        self._dispatcher.dispatch(
            frame, self._body, Caller(*SENDER), self.answers.append, self._note_proved
        )

    @property
    def is_remembered(self) -> bool:
        return self._dispatcher.recall(encode_frame(self._body)) is not None

    @property
    def answer(self) -> dict[str, Any]:
        [frame] = eventually(lambda: self.answers)  # a no comes after a look at the log
        answer: dict[str, Any] = json.loads(frame[4:])
        return answer

    def _note_proved(self) -> None:
        self.proved += 1


def test_a_request_is_answered_when_its_proof_is_known(
    registry: Registry, elsewhere: Elsewhere
) -> None:
    registry.register(key := Key())
    heartbeat = Heartbeat(registry, key)
    elsewhere.hold(heartbeat.send)
    assert (heartbeat.answers, heartbeat.proved) == ([], 0)
    [then] = elsewhere.taken
    then(True)  # noqa: FBT003
    assert heartbeat.answer["type"] == "heartbeat_ok"
    assert heartbeat.proved == 1
    assert heartbeat.is_remembered


def test_one_that_nobody_has_looked_at_is_verified_here(
    registry: Registry, elsewhere: Elsewhere
) -> None:
    registry.register(key := Key())
    good, bad = Heartbeat(registry, key), Heartbeat(registry, Key())
    elsewhere.hold(good.send)
    elsewhere.hold(bad.send)
    for then in elsewhere.taken:
        then(False)  # noqa: FBT003
    assert good.answer["type"] == "heartbeat_ok"
    assert bad.answer["error"] == "signature: verification failed"
    assert bad.proved == 0


def test_one_of_a_key_that_was_rotated_meanwhile_is_refused(
    registry: Registry, elsewhere: Elsewhere
) -> None:
    registry.register(old := Key())
    heartbeat = Heartbeat(registry, old)
    elsewhere.hold(heartbeat.send)
    registry.signed(1, "rotate_key", node_id=1, new_public_key=Key().public)
    [then] = elsewhere.taken
    then(True)  # noqa: FBT003 - it was good, by the key that the node had
    assert heartbeat.answer["error"] == "signature: verification failed"
    assert heartbeat.proved == 0
    assert not heartbeat.is_remembered


def test_what_was_found_good_is_not_verified_again(
    registry: Registry, elsewhere: Elsewhere
) -> None:
    body = json.dumps({"type": "register", **registration(Key())}).encode()
    dispatch = registry.application.protocols.json.dispatch
    answers: list[bytes] = []
    ask = partial(dispatch, encode_frame(body), body, Caller(*SENDER), answers.append)
    elsewhere.hold(ask)
    elsewhere.taken.pop()(True)  # noqa: FBT003
    elsewhere.hold(ask)
    assert elsewhere.taken == []
    eventually(lambda: len(answers) == 2)
    assert answers[0] == answers[1]


def test_of_many_at_once_the_good_are_let_in_and_the_bad_are_told_why(tmp_path: Path) -> None:
    with RegistryServer(tmp_path / "data") as server:
        keys = [Key() for _ in range(MANY)]
        connections = [socket.create_connection(server.endpoint) for _ in keys]
        for number, (key, connection) in enumerate(zip(keys, connections, strict=True)):
            facts = registration(key) if number % 2 else registration(key, NOBODYS)
            connection.sendall(encode_frame(json.dumps({"type": "register", **facts}).encode()))
        for number, (key, connection) in enumerate(zip(keys, connections, strict=True)):
            with connection, connection.makefile("rb") as stream:
                length = int.from_bytes(stream.read(4))
                answer = json.loads(stream.read(length))
            if number % 2:
                assert answer["public_key"] == key.public
            else:
                assert answer["error"] == "signature: verification failed"


def children_of(pid: int) -> list[int]:
    return [int(text) for text in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="one core: nothing is verified elsewhere")
def test_the_process_ends_with_its_server(tmp_path: Path) -> None:
    with RegistryServer(tmp_path / "data") as server:
        [pid] = children_of(server.process.pid)
        assert is_running(pid)
        server.process.send(signal.SIGKILL)
        eventually(lambda: not is_running(pid))


def test_there_is_none_where_it_is_switched_off(tmp_path: Path) -> None:
    with RegistryServer(tmp_path / "data", options=["--no-verifier"]) as server:
        assert children_of(server.process.pid) == []
        with Client.to(server.endpoint) as client:
            assert client.ask("register", **registration(Key()))["node_id"] == 1
