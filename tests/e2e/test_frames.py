"""What a daemon and the server say to each other, word by word."""

import base64
from collections.abc import Iterator
from itertools import chain
from typing import Any

import pytest
from nacl.signing import VerifyKey

from tests.e2e.conftest import REGISTRY
from tests.e2e.steps import shake_hands
from tests.harness import Daemon, Exchange, Namespace, Recorder, RegistryServer, eventually

pytestmark = pytest.mark.daemon

ANSWERS_ITSELF = "127.0.0.1:9100"


@pytest.fixture(scope="module")
def listen() -> str:
    return ANSWERS_ITSELF


@pytest.fixture(scope="module")
def recorder(namespace: Namespace, server: RegistryServer) -> Iterator[Recorder]:
    with Recorder(namespace, listen=REGISTRY, server=server.endpoint) as recorder:
        yield recorder


@pytest.fixture(scope="module")
def registry(recorder: Recorder) -> str:  # noqa: ARG001 - is there first
    return REGISTRY


def last(recorder: Recorder, message_type: str) -> Exchange:
    """The last exchange of a type."""
    return recorder.exchanges(message_type)[-1]


def without(message: dict[str, Any], *fields: str) -> dict[str, Any]:
    """A message without what differs from run to run."""
    return {name: value for name, value in message.items() if name not in fields}


def check_signature(public_key: str, text: str, signature: str) -> None:
    key = VerifyKey(base64.b64decode(public_key))
    key.verify(text.encode(), base64.b64decode(signature))  # raises where it does not fit


class TestStart:
    def test_registers_with_a_signature_over_endpoint_and_key(
        self, alice: Daemon, recorder: Recorder
    ) -> None:
        said = last(recorder, "register")
        key = said.request["public_key"]
        assert without(said.request, "signature", "public_key") == {
            "type": "register",
            "listen_addr": "127.0.0.1:4001",
            "owner": "alice@example.test",
            "version": "1.18.0",
        }
        check_signature(key, f"register:127.0.0.1:4001:{key}", said.request["signature"])
        assert said.response == {
            "type": "register_ok",
            "node_id": alice.node_id,
            "network_id": 0,
            "address": alice.address,
            "public_key": key,
            "observed_addr": "127.0.0.1:4001",
            "protocol_version": 1,
        }

    @pytest.mark.usefixtures("alice")
    def test_asks_for_its_hostname_and_for_what_there_is(self, recorder: Recorder) -> None:
        said = [exchange.request["type"] for exchange in recorder.exchanges()]
        assert said[:2] == ["register", "set_hostname"]
        assert {"lookup", "list_networks"} <= set(said)


class TestLookup:
    def test_shows_the_endpoint_of_public_nodes_only(
        self, alice: Daemon, recorder: Recorder
    ) -> None:
        alice.pilotctl("lookup", str(alice.node_id))
        assert "real_addr" not in last(recorder, "lookup").response
        alice.pilotctl("set-public")
        alice.pilotctl("lookup", str(alice.node_id))
        assert last(recorder, "lookup").response["real_addr"] == "127.0.0.1:4001"
        alice.pilotctl("set-private")


class TestRotateKey:
    def test_is_signed_with_the_old_key_over_the_new_one(
        self, alice: Daemon, recorder: Recorder
    ) -> None:
        old_key = last(recorder, "register").request["public_key"]
        alice.pilotctl("rotate-key")
        said = last(recorder, "rotate_key")
        new_key = said.request["new_public_key"]
        text = f"rotate:{alice.node_id}:{new_key}"
        check_signature(old_key, text, said.request["signature"])
        assert said.response["public_key"] == new_key


@pytest.fixture(scope="module")
def handshake(alice: Daemon, bob: Daemon) -> None:
    shake_hands(alice, bob, "hello")


@pytest.mark.usefixtures("handshake")
class TestHandshake:
    def test_is_asked_for_and_answered_through_the_registry(
        self, alice: Daemon, bob: Daemon, recorder: Recorder
    ) -> None:
        said = last(recorder, "request_handshake")
        assert without(said.request, "signature") == {
            "type": "request_handshake",
            "from_node_id": alice.node_id,
            "to_node_id": bob.node_id,
            "justification": "hello",
        }
        assert said.response == {"type": "request_handshake_ok", "status": "delivered"}
        accepted = {
            "type": "respond_handshake_ok",
            "accept": True,
            "peer_id": alice.node_id,
        }
        # This release says it twice at once; who is second is told that nothing is pending.
        eventually(
            lambda: [said.response for said in recorder.exchanges("respond_handshake")],
            until=lambda answers: answers.count(accepted) == 1,
        )

    def test_is_fetched_by_polling(self, alice: Daemon, recorder: Recorder) -> None:
        fetched = [
            request
            for exchange in recorder.exchanges("poll_handshakes")
            for request in exchange.response["requests"]
        ]
        assert [without(request, "timestamp") for request in fetched] == [
            {"from_node_id": alice.node_id, "justification": "hello"}
        ]

    def test_opens_the_endpoint_to_the_other(
        self, alice: Daemon, bob: Daemon, recorder: Recorder
    ) -> None:
        alice.pilotctl("ping", "bob", "--count", "1")
        endpoints = {alice.node_id: "127.0.0.1:4001", bob.node_id: "127.0.0.1:4002"}

        def told() -> dict[tuple[int, int], list[str]]:
            """What each of the two was told of the other, one answer after the other."""
            answers: dict[tuple[int, int], list[str]] = {}
            for exchange in recorder.exchanges("resolve"):
                pair = (exchange.request["requester_id"], exchange.request["node_id"])
                if set(pair) == set(endpoints):
                    answers.setdefault(pair, []).append(exchange.response.get("real_addr", ""))
            return answers

        # Whoever asks again first opens the tunnel, and then the other has no need to: which of
        # the two that is is chance.
        assert told()[alice.node_id, bob.node_id][0] == ""  # before the handshake
        answers = eventually(told, until=lambda found: any(filter(None, chain(*found.values()))))
        for (_, asked), addresses in answers.items():
            assert set(addresses) <= {"", endpoints[asked]}


@pytest.mark.usefixtures("alice", "bob")
def test_no_request_of_a_daemon_is_unknown_or_malformed(recorder: Recorder) -> None:
    errors = [
        (exchange.request["type"], exchange.response["error"])
        for exchange in recorder.exchanges()
        if exchange.response["type"] == "error"
    ]
    expected = {
        ("resolve", f"resolve denied: node {node} is private (establish mutual trust first)")
        for node in (1, 2)
    } | {("respond_handshake", "no pending handshake request from node 1")}  # said once before
    assert set(errors) <= expected
