"""A network, a registry server, and daemons in it."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

import pytest

from tests.harness import Daemon, Namespace, RegistryServer, missing_for_daemons

REGISTRY = "127.0.0.1:9000"

ADMIN_TOKEN = "e2e-admin-token"


class StartDaemon(Protocol):
    """Starts a daemon with a hostname; it runs until the module's tests are done."""

    def __call__(self, name: str, *, admin_token: str = ADMIN_TOKEN) -> Daemon: ...


@pytest.fixture(scope="session")
def namespace() -> Iterator[Namespace]:
    if missing := missing_for_daemons():
        if os.environ.get("CI"):
            pytest.fail(f"the real daemons were not tested: {missing}")
        pytest.skip(f"THE REAL DAEMONS ARE NOT TESTED HERE: {missing}")
    with Namespace() as namespace:
        yield namespace


@pytest.fixture(scope="module")
def listen() -> str:
    """Where the server listens; a module may put something in front of it."""
    return REGISTRY


@pytest.fixture(scope="module")
def server(
    namespace: Namespace, listen: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RegistryServer]:
    folder = tmp_path_factory.mktemp("registry")
    token_file = folder / "admin-token"
    token_file.write_text(ADMIN_TOKEN)
    with RegistryServer(
        folder / "data",
        listen=listen,
        options=["--admin-token-file", str(token_file)],
        namespace=namespace,
    ) as server:
        yield server


@pytest.fixture(scope="module")
def registry(server: RegistryServer) -> str:
    """Where daemons find their registry."""
    return server.address


@pytest.fixture(scope="module")
def start_daemon(
    namespace: Namespace, registry: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[StartDaemon]:
    daemons: list[Daemon] = []
    with ExitStack() as stack:

        def start(name: str, *, admin_token: str = ADMIN_TOKEN) -> Daemon:
            daemon = Daemon(
                name,
                Path(tmp_path_factory.mktemp(name)),
                namespace=namespace,
                registry=registry,
                port=4001 + len(daemons),
                admin_token=admin_token,
            )
            daemons.append(daemon)
            return stack.enter_context(daemon)

        yield start


@pytest.fixture(scope="module")
def alice(start_daemon: StartDaemon) -> Daemon:
    return start_daemon("alice")


@pytest.fixture(scope="module")
def bob(start_daemon: StartDaemon) -> Daemon:
    return start_daemon("bob")


@pytest.fixture(scope="module")
def carol(start_daemon: StartDaemon) -> Daemon:
    return start_daemon("carol")
