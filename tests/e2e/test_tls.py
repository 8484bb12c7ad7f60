"""Real daemons that speak TLS to the registry, and know it by its certificate."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness import Daemon, Namespace, RegistryServer

pytestmark = pytest.mark.daemon

_PLAIN, _TLS = "127.0.0.1:9010", "127.0.0.1:9443"
_ANNOUNCED = r"with TLS, fingerprint (?P<fingerprint>[0-9a-f]{64})"


@pytest.fixture(scope="module")
def fingerprint(namespace: Namespace, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """That of a server which made its certificate itself."""
    with RegistryServer(
        tmp_path_factory.mktemp("registry") / "data",
        listen=_PLAIN,
        options=["--listen-tls", _TLS],
        namespace=namespace,
    ) as server:
        yield server.process.wait_for(_ANNOUNCED)["fingerprint"]


def daemon(namespace: Namespace, home: Path, name: str, port: int, fingerprint: str) -> Daemon:
    options = ["-registry-tls", "-registry-fingerprint", fingerprint]
    return Daemon(name, home / name, namespace=namespace, registry=_TLS, port=port, options=options)


def test_daemons_that_pin_the_certificate_find_each_other(
    namespace: Namespace, tmp_path: Path, fingerprint: str
) -> None:
    with (
        daemon(namespace, tmp_path, "tina", 4111, fingerprint) as tina,
        daemon(namespace, tmp_path, "tom", 4112, fingerprint) as tom,
    ):
        assert tina.pilotctl("info")["node_id"] != tom.pilotctl("info")["node_id"]
        tina.pilotctl("handshake", "tom", "hello")


def test_a_daemon_that_pins_another_does_not_register(
    namespace: Namespace, tmp_path: Path, fingerprint: str
) -> None:
    wanda = daemon(namespace, tmp_path, "wanda", 4113, fingerprint[::-1])
    try:
        wanda.launch().wait_for("certificate fingerprint mismatch")
    finally:
        wanda.kill()
