"""Where HTTP is served, and what happens if it cannot be."""

import signal
import socket
from pathlib import Path

import httpx

from registry.settings import DEFAULT_HTTP
from tests.harness.server import RegistryServer
from tests.test_cli import failure, serving


def test_it_is_announced_after_where_clients_connect(tmp_path: Path) -> None:
    with RegistryServer(tmp_path, options=["--http", "127.0.0.1:0"]) as server:
        url = server.http
        told = [line for line in server.process.lines if "duty.taken" not in line]
        assert told[:2] == [f"listening on {server.address}", f"HTTP on {url}/"]
        assert httpx.get(f"{url}/healthz").is_success


def test_nothing_is_served_if_it_is_off(tmp_path: Path) -> None:
    with serving(tmp_path, "--http", "off") as server:
        assert server.endpoint
        assert "HTTP" not in server.end(signal.SIGTERM).stdout


def test_a_port_that_was_asked_for_and_is_taken_stops_the_start(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        text = failure(tmp_path, "--http", f"127.0.0.1:{port}")
    assert f"http: cannot listen on 127.0.0.1:{port}: Address already in use" in text


def test_the_default_port_that_is_taken_stops_nothing(tmp_path: Path) -> None:
    server = RegistryServer(tmp_path, options=["--http", str(DEFAULT_HTTP)])
    try:
        taken = socket.create_server((DEFAULT_HTTP.host, DEFAULT_HTTP.port))
    except OSError:  # by another server: as good
        taken = socket.socket()
    with taken, server:
        assert server.process.wait_for("http.off")
        assert server.stop() == 0
