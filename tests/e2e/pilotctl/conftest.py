"""One server and three daemons for all commands, and a witness between them."""

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest
from attrs import frozen

from tests.e2e.conftest import ADMIN_TOKEN, REGISTRY
from tests.e2e.pilotctl.table import Command, read_table
from tests.harness import (
    Daemon,
    Key,
    Namespace,
    PilotctlFailed,
    Recorder,
    RegistryServer,
    eventually,
)

ANSWERS_ITSELF = "127.0.0.1:9100"

BADGE_ISSUER, RECOVERY_ISSUER = Key(), Key()
"""Whom the server believes about badges (as ``b1``), and about recoveries (as ``r1``)."""


@frozen
class Commands:
    """Gives daemons commands, and holds what they send against the table in the notes.

    Attributes:
        recorder: Sees what is sent.
        table: What is to be sent.
    """

    recorder: Recorder
    table: dict[str, Command]

    def run(self, daemon: Daemon, name: str, *arguments: str) -> Any:
        """Give a command, and wait until all was sent that the table says; its answer.

        Args:
            daemon: Whose ``pilotctl`` gets it.
            name: The command, as the table has it.
            arguments: What to type for each ``ID`` in the name, and then behind it.

        Raises:
            PilotctlFailed: The command failed; what is sent was sent all the same.
        """
        command, rest = self.table[name], iter(arguments)
        typed = [next(rest) if word == "ID" else word for word in name.split()]
        before = len(self.recorder.exchanges())
        try:
            return daemon.pilotctl(*typed, *rest)
        finally:
            self._see(before, command.sends)

    def refused(self, daemon: Daemon, name: str, *arguments: str) -> str:
        """Give a command that has to fail; what it says."""
        with pytest.raises(PilotctlFailed) as told:
            self.run(daemon, name, *arguments)
        return str(told.value)

    def _see(self, before: int, expected: frozenset[str]) -> None:
        """Wait for what a daemon sends after its command was answered, as well."""
        eventually(
            lambda: {said.request["type"] for said in self.recorder.exchanges()[before:]},
            until=lambda sent: expected <= sent,
        )


@pytest.fixture(scope="package")
def server(
    namespace: Namespace, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RegistryServer]:
    folder = tmp_path_factory.mktemp("registry")
    token_file = folder / "admin-token"
    token_file.write_text(ADMIN_TOKEN)
    options = [
        *("--admin-token-file", str(token_file)),
        *("--badge-keys", f"b1={BADGE_ISSUER.public}"),
        *("--recovery-keys", f"r1={RECOVERY_ISSUER.public}"),
    ]
    with RegistryServer(
        folder / "data", listen=ANSWERS_ITSELF, options=options, namespace=namespace
    ) as server:
        yield server


@pytest.fixture(scope="package")
def recorder(namespace: Namespace, server: RegistryServer) -> Iterator[Recorder]:
    with Recorder(namespace, listen=REGISTRY, server=server.endpoint) as recorder:
        yield recorder


@pytest.fixture(scope="package")
def commands(recorder: Recorder) -> Commands:
    return Commands(recorder, read_table())


class MakeDaemon(Protocol):
    """Describes a daemon, with a hostname of its own if none is named; who asks starts it."""

    def __call__(self, name: str = "", *, admin_token: str = "") -> Daemon: ...


@pytest.fixture(scope="package")
def make_daemon(
    namespace: Namespace,
    recorder: Recorder,  # noqa: ARG001 - is there first
    tmp_path_factory: pytest.TempPathFactory,
) -> MakeDaemon:
    ports = itertools.count(4001)

    def make(name: str = "", *, admin_token: str = "") -> Daemon:
        port = next(ports)
        name = name or f"newcomer-{port}"
        return Daemon(
            name,
            Path(tmp_path_factory.mktemp(name)),
            namespace=namespace,
            registry=REGISTRY,
            port=port,
            admin_token=admin_token,
        )

    return make


@pytest.fixture(scope="package")
def alice(make_daemon: MakeDaemon) -> Iterator[Daemon]:
    """Has the admin token."""
    with make_daemon("alice", admin_token=ADMIN_TOKEN) as daemon:
        yield daemon


@pytest.fixture(scope="package")
def bob(make_daemon: MakeDaemon) -> Iterator[Daemon]:
    with make_daemon("bob") as daemon:
        yield daemon


@pytest.fixture(scope="package")
def carol(make_daemon: MakeDaemon) -> Iterator[Daemon]:
    with make_daemon("carol") as daemon:
        yield daemon


@pytest.fixture
def newcomer(make_daemon: MakeDaemon) -> Iterator[Daemon]:
    """Is new, and may end in any way."""
    with make_daemon() as daemon:
        yield daemon
