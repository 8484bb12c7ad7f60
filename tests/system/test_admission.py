"""What connections may ask of a running server, and what is switched off."""

import hashlib
import json
import socket
import ssl
import struct
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from registry.wire import BINARY_MAGIC, decode_answer, encode_frame, encode_request, messages
from tests.harness.client import Client, Key, Refused
from tests.harness.server import RegistryServer
from tests.harness.waiting import PATIENCE, eventually
from tests.system.registry import ADMIN_TOKEN

_WITH_TLS = (
    r"listening on (?P<host>\S+):(?P<port>\d+) with TLS, fingerprint (?P<fingerprint>[0-9a-f]{64})"
)

Start = Callable[..., tuple[str, int]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a server with options; gives where it listens."""
    token = tmp_path / "admin-token"
    token.write_text(ADMIN_TOKEN)
    servers: list[RegistryServer] = []

    def start(*options: str) -> tuple[str, int]:
        server = RegistryServer(
            tmp_path / "data", options=["--admin-token-file", str(token), *options]
        )
        servers.append(server)
        server.start()
        host, _, port = server.address.rpartition(":")
        return host, int(port)

    yield start
    for server in servers:
        server.kill()


def connect(endpoint: tuple[str, int]) -> socket.socket:
    return socket.create_connection(endpoint, PATIENCE)


def read_frame(connection: socket.socket) -> bytes:
    header = connection.recv(4, socket.MSG_WAITALL)
    return connection.recv(int.from_bytes(header, "big"), socket.MSG_WAITALL) if header else b""


def register(client: Client, key: Key, **fields: Any) -> int:
    answer = client.ask(
        "register",
        listen_addr=":4001",
        public_key=key.public,
        signature=key.sign(f"register::4001:{key.public}"),
        **fields,
    )
    return int(answer["node_id"])


class TestConnections:
    def test_over_the_limit_are_told_so_and_closed(self, start: Start) -> None:
        endpoint = start("--max-connections", "2")
        with Client.to(endpoint) as first, Client.to(endpoint) as second:
            first.ask("list_networks")
            second.ask("list_networks")
            with connect(endpoint) as third:
                assert b"too many connections to the server" in read_frame(third)
                assert third.recv(1) == b""
            first.ask("list_networks")

    def test_of_one_address_have_a_limit_of_their_own(self, start: Start) -> None:
        endpoint = start("--max-connections-per-address", "1")
        with Client.to(endpoint) as first:
            first.ask("list_networks")
            with connect(endpoint) as second:
                assert b"too many connections from 127.0.0.1" in read_frame(second)
            first.leave()
        with Client.to(endpoint) as third:
            third.ask("list_networks")

    def test_that_trickle_a_request_are_closed(self, start: Start) -> None:
        endpoint = start("--request-seconds", "1")
        with connect(endpoint) as connection:
            connection.sendall(b"\x00\x00\x00\x40{")
            assert connection.recv(1) == b""

    def test_that_always_have_a_request_begun_stay_while_they_finish_them(
        self, start: Start
    ) -> None:
        endpoint = start("--request-seconds", "1")
        request = encode_frame(b'{"type":"list_networks"}')
        until = time.monotonic() + 2.5  # two and a half times what one request may take
        with connect(endpoint) as connection:
            connection.sendall(request[:6])
            while time.monotonic() < until:
                connection.sendall(request[6:] + request[:6])
                assert b"list_networks_ok" in read_frame(connection)

    def test_that_are_reset_before_they_are_served_do_no_harm(self, tmp_path: Path) -> None:
        with RegistryServer(tmp_path) as server:
            for _ in range(50):
                with connect(server.endpoint) as connection:
                    reset_at_close = struct.pack("ii", 1, 0)
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset_at_close)
            with Client.to(server.endpoint) as client:
                client.ask("list_networks")
            assert "Traceback" not in server.process.output

    def test_that_never_say_which_protocol_they_speak_are_closed(self, start: Start) -> None:
        endpoint = start("--request-seconds", "1")
        with connect(endpoint) as connection:
            connection.sendall(BINARY_MAGIC[:3])
            assert connection.recv(1) == b""

    def test_that_leave_their_answers_unread_are_closed(self, start: Start) -> None:
        endpoint = start("--answer-seconds", "1")
        with connect(endpoint) as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            request = encode_frame(b'{"type":"list_networks"}')
            with pytest.raises((ConnectionError, TimeoutError)):  # noqa: PT012
                for _ in range(200_000):
                    connection.sendall(request * 100)

    def test_that_are_silent_are_closed(self, start: Start) -> None:
        endpoint = start("--idle-seconds", "1")
        with connect(endpoint) as connection:
            assert connection.recv(1) == b""


class TestFrames:
    def test_of_strangers_are_small(self, start: Start) -> None:
        endpoint = start("--max-stranger-frame-bytes", "2048")
        with connect(endpoint) as connection:
            connection.sendall((3000).to_bytes(4, "big"))
            assert b"frame of 3000 bytes exceeds the limit of 2048 bytes" in read_frame(connection)
            assert connection.recv(1) == b""

    def test_are_larger_once_a_signature_was_seen(self, start: Start) -> None:
        endpoint = start("--max-stranger-frame-bytes", "2048", "--max-frame-bytes", "10000")
        with Client.to(endpoint) as client:
            register(client, Key())
            client.ask("list_networks", padding="x" * 5000)
        with connect(endpoint) as connection:
            connection.sendall((10_001).to_bytes(4, "big"))
            assert b"exceeds the limit of 2048 bytes" in read_frame(connection)

    def test_that_are_refused_in_the_binary_protocol_are_told_in_it(self, start: Start) -> None:
        endpoint = start("--max-stranger-frame-bytes", "2048")
        with connect(endpoint) as connection:
            connection.sendall(BINARY_MAGIC + (3000).to_bytes(4, "big"))
            answer = decode_answer(read_frame(connection))
            assert isinstance(answer, messages.ErrorAnswer)
            assert "limit of 2048 bytes" in answer.text


class TestRegistrations:
    def test_of_new_keys_have_a_rate_and_known_ones_have_none(self, start: Start) -> None:
        endpoint = start("--registrations-per-minute", "2")
        known = Key()
        with Client.to(endpoint) as client:
            register(client, known)
            register(client, Key())
            with pytest.raises(Refused, match="rate limited: too many registrations from 127"):
                register(client, Key())
            assert register(client, known) == 1


class TestTokens:
    def test_cannot_be_guessed_for_long(self, start: Start) -> None:
        endpoint = start()
        with Client.to(endpoint) as client:
            for _ in range(10):
                with pytest.raises(Refused, match="not the registry's"):
                    client.ask("list_nodes", network_id=0, admin_token="guess")
            with pytest.raises(Refused, match="too many wrong ones from here"):
                client.ask("list_nodes", network_id=0, admin_token=ADMIN_TOKEN)

    def test_of_networks_cannot_be_guessed_for_long(self, start: Start) -> None:
        """What is found out too late to refuse it is paid for afterwards."""
        endpoint = start("--wrong-tokens-per-minute", "3")
        key = Key()
        with Client.to(endpoint) as client:
            node_id = register(client, key)
            made = client.ask(
                "create_network",
                name="lab",
                join_rule="token",
                token="right",
                admin_token=ADMIN_TOKEN,
            )
            fields = {"node_id": node_id, "network_id": made["network_id"]}
            signature = key.sign(f"join_network:{node_id}:{made['network_id']}")
            for _ in range(3):
                with pytest.raises(Refused, match="token"):
                    client.ask("join_network", token="guess", signature=signature, **fields)
            with pytest.raises(Refused, match="rate limited: too many wrong tokens from 127"):
                client.ask("join_network", token="right", signature=signature, **fields)

    def test_that_are_right_cost_nothing(self, start: Start) -> None:
        endpoint = start("--wrong-tokens-per-minute", "2")
        with Client.to(endpoint) as client:
            made = client.ask(
                "create_network",
                name="lab",
                join_rule="token",
                token="right",
                admin_token=ADMIN_TOKEN,
            )
            for _ in range(4):
                key = Key()
                node_id = register(client, key)
                client.ask(
                    "join_network",
                    node_id=node_id,
                    network_id=made["network_id"],
                    token="right",
                    signature=key.sign(f"join_network:{node_id}:{made['network_id']}"),
                )


class TestBreakers:
    def test_switch_off_what_was_answered_from_memory_in_both_protocols(self, start: Start) -> None:
        endpoint = start()
        with Client.to(endpoint) as client, connect(endpoint) as binary:
            register(client, Key())
            binary.sendall(BINARY_MAGIC)
            lookup = encode_request(messages.LookupRequest(1))
            for _ in range(3):
                client.ask("lookup", node_id=1)
                binary.sendall(lookup)
                assert isinstance(decode_answer(read_frame(binary)), messages.LookupOk)
            client.ask(
                "set_breaker",
                name="registry.resolve",
                state="open",
                reason="maintenance",
                admin_token=ADMIN_TOKEN,
            )
            text = 'service unavailable: breaker "registry.resolve" is open (maintenance)'
            with pytest.raises(Refused) as refusal:
                client.ask("lookup", node_id=1)
            assert str(refusal.value).endswith(text)
            binary.sendall(lookup)
            assert decode_answer(read_frame(binary)) == messages.ErrorAnswer(text)
            client.ask(
                "set_breaker", name="registry.resolve", state="closed", admin_token=ADMIN_TOKEN
            )
            client.ask("lookup", node_id=1)

    def test_may_be_open_from_the_start(self, start: Start) -> None:
        endpoint = start("--open-breakers", "registry.register, registry.trust")
        with Client.to(endpoint) as client:
            with pytest.raises(Refused, match=r"breaker \"registry.register\" is open"):
                register(client, Key())
            listed = client.ask("get_breakers", admin_token=ADMIN_TOKEN)["breakers"]
        states = {entry["name"]: entry["state"] for entry in listed}
        assert states["registry.trust"] == "open"
        assert states["registry.heartbeat"] == "closed"

    def test_are_for_administrators_and_have_names(self, start: Start) -> None:
        endpoint = start()
        with Client.to(endpoint) as client:
            with pytest.raises(Refused, match="admin_token"):
                client.ask("set_breaker", name="registry.resolve", state="open")
            with pytest.raises(Refused, match="name: no breaker 'all'"):
                client.ask("set_breaker", name="all", state="open", admin_token=ADMIN_TOKEN)


class TestTls:
    def test_counts_connections_before_their_handshake(self, tmp_path: Path) -> None:
        limit = ["--max-connections-per-address", "2"]
        options = ["--listen-tls", "127.0.0.1:0", "--request-seconds", "20", *limit]
        with RegistryServer(tmp_path, options=options) as server:
            found = server.process.wait_for(_WITH_TLS)
            where = (found["host"], int(found["port"]))
            with connect(where), connect(where) as second:
                with connect(where) as third:
                    assert third.recv(1) == b""  # turned away, for want of room
                assert not _is_served(server.address)
                second.sendall(b"no handshake at all")  # which ends it
                assert eventually(lambda: _is_served(server.address))

    def test_is_served_within_the_limit_of_one(self, tmp_path: Path) -> None:
        limit = ["--max-connections-per-address", "1"]
        options = ["--listen-tls", "127.0.0.1:0", *limit]
        with RegistryServer(tmp_path, options=options) as server:
            found = server.process.wait_for(_WITH_TLS)
            with _tls((found["host"], int(found["port"]))) as tls:
                tls.sendall(encode_frame(b'{"type":"list_networks"}'))
                assert b"list_networks_ok" in tls.recv(65_536)
                assert not _is_served(server.address)

    def test_a_handshake_that_is_not_finished_is_ended(self, tmp_path: Path) -> None:
        options = ["--listen-tls", "127.0.0.1:0", "--request-seconds", "1"]
        with RegistryServer(tmp_path, options=options) as server:
            found = server.process.wait_for(_WITH_TLS)
            with connect((found["host"], int(found["port"]))) as silent:
                assert silent.recv(1) == b""

    def test_shows_the_certificate_whose_fingerprint_was_printed(self, tmp_path: Path) -> None:
        fingerprints = []
        for _ in range(2):  # the certificate of the first start is kept
            options = ["--listen-tls", "127.0.0.1:0"]
            with RegistryServer(tmp_path, options=options) as server:
                found = server.process.wait_for(_WITH_TLS)
                host, port = found["host"], found["port"]
                fingerprints.append(found["fingerprint"])
                with _tls((host, int(port))) as tls:
                    shown = tls.getpeercert(binary_form=True)
                    assert shown is not None
                    assert hashlib.sha256(shown).hexdigest() == fingerprints[-1]
                    tls.sendall(encode_frame(b'{"type":"list_networks"}'))
                    answer = b""
                    while len(answer) < 4 or len(answer) < 4 + int.from_bytes(answer[:4], "big"):
                        answer += tls.recv(65_536)
                    assert json.loads(answer[4:])["type"] == "list_networks_ok"
        assert fingerprints[0] == fingerprints[1]
        assert (tmp_path / "tls-key.pem").stat().st_mode & 0o077 == 0


def _tls(where: tuple[str, int]) -> ssl.SSLSocket:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context.wrap_socket(connect(where))


def _is_served(address: str) -> bool:
    host, _, port = address.rpartition(":")
    try:
        with Client.to((host, int(port))) as client:
            client.ask("list_networks")
    except Refused as refusal:
        assert "too many connections from 127" in str(refusal)  # noqa: PT017
        return False
    return True
