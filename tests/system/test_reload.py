"""SIGHUP: a running server takes over what it can, and says what it did."""

import json
import re
import signal
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from registry.listener import self_signed
from tests.harness.client import Client, ConnectionLost, Key, Refused
from tests.harness.server import RegistryServer

TOKEN, NEW_TOKEN = "the-first-admin-token", "the-second-admin-token"


class Server(RegistryServer):
    """One with a configuration file that the test changes."""

    def __init__(self, folder: Path, *options: str, **settings: Any) -> None:
        self.folder = folder
        self.token = folder / "admin-token"
        self.token.touch(mode=0o600)
        self.token.write_text(TOKEN)
        self.config = folder / "registry.toml"
        self.configure(**settings)
        more = ["--config", str(self.config), "--log-format", "json", *options]
        super().__init__(folder / "data", options=more)

    def configure(self, **settings: Any) -> None:
        """Write its configuration anew."""
        settings = {"admin_token_file": str(self.token), **settings}
        lines = (f"{name} = {json.dumps(value)}\n" for name, value in settings.items())
        self.config.write_text("".join(lines))

    def reload(self) -> list[dict[str, Any]]:
        """Send SIGHUP; what it logs from then on until it is done with that."""
        seen = len(self.process.lines)
        self.process.send(signal.SIGHUP)
        self.process.wait_for('"event": "reload.(done|refused)"', after=seen)
        lines = [json.loads(line) for line in self.process.lines[seen:] if line.startswith("{")]
        return [line for line in lines if line["event"] != "duty.taken"]  # that comes any time

    @contextmanager
    def client(self) -> Iterator[Client]:
        """A connection to it."""
        with Client.to(self.endpoint) as client:
            yield client


def said_of(lines: list[dict[str, Any]], event: str) -> dict[str, dict[str, Any]]:
    """What the lines of one event say, by setting."""
    return {line["setting"]: line for line in lines if line["event"] == event}


def register(client: Client) -> int:
    key = Key()
    signature = key.sign(f"register::4001:{key.public}")
    answer = client.ask("register", listen_addr=":4001", public_key=key.public, signature=signature)
    node_id: int = answer["node_id"]
    return node_id


class TestReload:
    def test_takes_limits_for_new_connections(self, tmp_path: Path) -> None:
        with Server(tmp_path, max_connections=100) as server, server.client() as first:
            first.ask("list_networks")
            server.configure(max_connections=1)
            lines = server.reload()
            assert said_of(lines, "setting.changed")["max_connections"]["now"] == "1"
            with (
                server.client() as second,
                pytest.raises((Refused, ConnectionLost), match=r"too many connections|closed"),
            ):
                second.ask("list_networks")
            first.ask("list_networks")

    def test_takes_the_rate_of_registrations(self, tmp_path: Path) -> None:
        with Server(tmp_path) as server, server.client() as client:
            register(client)
            server.configure(registrations_per_minute=1)
            server.reload()
            register(client)
            with pytest.raises(Refused, match="rate limited"):
                register(client)

    def test_switches_breakers_and_leaves_those_switched_by_hand(self, tmp_path: Path) -> None:
        trust = {"name": "registry.trust", "state": "open", "admin_token": TOKEN}
        with (
            Server(tmp_path, open_breakers="registry.resolve") as server,
            server.client() as client,
        ):
            client.ask("set_breaker", **trust)
            server.configure(open_breakers="registry.punch")
            server.reload()
            breakers = client.ask("get_breakers", admin_token=TOKEN)["breakers"]
            opened = {each["name"] for each in breakers if each["state"] == "open"}
            assert opened == {"registry.punch", "registry.trust"}

    def test_takes_another_admin_token_and_forgets_the_old_one(self, tmp_path: Path) -> None:
        with Server(tmp_path) as server, server.client() as client:
            for _ in range(3):  # so that the request is remembered
                client.ask("list_nodes", network_id=0, admin_token=TOKEN)
            server.token.write_text(NEW_TOKEN)
            [line] = [each for each in server.reload() if each["event"] == "admin_token.reread"]
            assert line["changed"]
            with pytest.raises(Refused, match="admin_token"):
                client.ask("list_nodes", network_id=0, admin_token=TOKEN)
            client.ask("list_nodes", network_id=0, admin_token=NEW_TOKEN)
            assert TOKEN not in server.process.output
            assert NEW_TOKEN not in server.process.output

    def test_takes_another_level_of_logs(self, tmp_path: Path) -> None:
        with Server(tmp_path, log_level="error") as server:
            server.configure(log_level="info")
            lines = server.reload()
            assert said_of(lines, "setting.changed")["log_level"]["now"] == "info"
            server.configure(log_level="error")
            assert "log_level" in said_of(server.reload(), "setting.changed")
            assert server.stop() == 0
            assert "server.stopped" not in server.process.output

    def test_shows_another_certificate_to_new_connections(self, tmp_path: Path) -> None:
        one, other = tmp_path / "one", tmp_path / "other"
        cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
        fingerprints = []
        for folder in (one, other):
            folder.mkdir()
            fingerprints.append(self_signed(folder).fingerprint)
        put(one, cert, key)
        tls = ("--listen-tls", "127.0.0.1:0", "--tls-cert", str(cert), "--tls-key", str(key))
        with Server(tmp_path, *tls) as server:
            says = server.process.wait_for(r"listening on (\S+):(\d+) with TLS, fingerprint (\S+)")
            assert says[3] == fingerprints[0]
            put(other, cert, key)
            [line] = [each for each in server.reload() if each["event"] == "certificate.reread"]
            assert (line["changed"], line["fingerprint"]) == (True, fingerprints[1])
            shown = ssl.get_server_certificate((says[1], int(says[2])))
            assert shown.strip() == (other / "tls-cert.pem").read_text().strip()

    def test_says_what_needs_a_restart_each_time(self, tmp_path: Path) -> None:
        with Server(tmp_path, event_buffer=1000) as server:
            server.configure(event_buffer=2000, max_connections=7)
            for changed in (1, 0):
                lines = server.reload()
                needed = said_of(lines, "setting.needs_restart")
                assert needed.keys() == {"event_buffer"}
                assert needed["event_buffer"]["running"] == "1000"
                assert needed["event_buffer"]["configured"] == "2000"
                assert lines[-1]["changed"] == changed

    def test_changes_nothing_where_nothing_changed(self, tmp_path: Path) -> None:
        with Server(tmp_path) as server:
            lines = server.reload()
            assert [line["event"] for line in lines] == ["admin_token.reread", "reload.done"]
            assert not lines[0]["changed"]


class TestRefusal:
    @pytest.mark.parametrize(
        ("settings", "reason"),
        [
            ({"max_connections": 0}, r"max_connections: 0 is not at least 1"),
            ({"open_breakers": "registry.nothing"}, r"open-breakers: name: no breaker"),
            ({"admin_token_file": "/nowhere/token"}, r"admin-token-file: cannot read /nowhere"),
            ({"tls_cert": "/nowhere/cert"}, r"tls-cert, tls-key: one needs the other"),
            ({"unheard_of": 1}, r"unknown setting: unheard_of"),
        ],
    )
    def test_leaves_everything_as_it_was(
        self, tmp_path: Path, settings: dict[str, Any], reason: str
    ) -> None:
        with Server(tmp_path, max_connections=50) as server, server.client() as client:
            server.configure(**{"max_connections": 1, **settings})
            [line] = server.reload()
            assert line["event"] == "reload.refused"
            assert re.search(reason, line["reason"])
            with server.client() as other:  # a second one, which the new limit would refuse
                other.ask("list_networks")
            client.ask("list_nodes", network_id=0, admin_token=TOKEN)

    def test_names_a_file_that_is_no_toml(self, tmp_path: Path) -> None:
        with Server(tmp_path) as server:
            server.config.write_text("max_connections")
            [line] = server.reload()
            assert str(server.config) in line["reason"]

    def test_goes_on_showing_a_certificate_that_works(self, tmp_path: Path) -> None:
        one = tmp_path / "one"
        cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
        one.mkdir()
        self_signed(one)
        put(one, cert, key)
        tls = ("--listen-tls", "127.0.0.1:0", "--tls-cert", str(cert), "--tls-key", str(key))
        with Server(tmp_path, *tls) as server:
            says = server.process.wait_for(r"listening on (\S+):(\d+) with TLS")
            cert.write_text("no certificate")
            [line] = server.reload()
            assert "tls-cert, tls-key: cannot use" in line["reason"]
            with socket.create_connection((says[1], int(says[2]))):
                shown = ssl.get_server_certificate((says[1], int(says[2])))
            assert shown.strip() == (one / "tls-cert.pem").read_text().strip()


def put(folder: Path, cert: Path, key: Path) -> None:
    """Copy a certificate and its key to where the server reads them."""
    cert.write_bytes((folder / "tls-cert.pem").read_bytes())
    key.write_bytes((folder / "tls-key.pem").read_bytes())
