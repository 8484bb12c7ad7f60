"""Real daemons, spread over three registries of one address."""

from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest

from tests.e2e.conftest import ADMIN_TOKEN, REGISTRY
from tests.e2e.steps import lookup, send, shake_hands, trusted_by
from tests.harness import Daemon, Namespace, RegistryServer
from tests.harness.daemon import PilotctlFailed
from tests.harness.postgresql import OwnPostgresql
from tests.harness.waiting import eventually

DAEMONS = ("alice", "bob", "carol", "dave", "erin", "frank")

pytestmark = [pytest.mark.daemon, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def registries(
    namespace: Namespace, postgresql: OwnPostgresql, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[RegistryServer]]:
    folder = tmp_path_factory.mktemp("registries")
    token = folder / "admin-token"
    token.write_text(ADMIN_TOKEN)
    with ExitStack() as stack:
        yield [
            stack.enter_context(
                RegistryServer(
                    folder / f"data-{number}",
                    listen=REGISTRY,
                    options=["--share-port", "--admin-token-file", str(token)],
                    namespace=namespace,
                    env={"REGISTRY_DATABASE": postgresql.url},
                )
            )
            for number in range(3)
        ]


@pytest.fixture(scope="module")
def daemons(
    registries: list[RegistryServer],
    namespace: Namespace,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[list[Daemon]]:
    assert {server.address for server in registries} == {REGISTRY}
    with ExitStack() as stack:
        yield [
            stack.enter_context(
                Daemon(
                    name,
                    Path(tmp_path_factory.mktemp(name)),
                    namespace=namespace,
                    registry=REGISTRY,
                    port=4001 + number,
                    admin_token=ADMIN_TOKEN,
                )
            )
            for number, name in enumerate(DAEMONS)
        ]


def test_all_get_addresses_of_their_own(daemons: list[Daemon]) -> None:
    assert len({daemon.address for daemon in daemons}) == len(DAEMONS)


def test_each_finds_every_other(daemons: list[Daemon]) -> None:
    for asking in daemons:
        for asked in daemons:
            if asked is not asking:
                found = asking.pilotctl("find", asked.name)
                assert (found["node_id"], found["address"]) == (asked.node_id, asked.address)


def test_they_move_on_when_registries_die(
    daemons: list[Daemon], registries: list[RegistryServer]
) -> None:
    alice, bob, *others = daemons
    shake_hands(alice, bob)
    for dying in registries[:2]:  # whoever was connected to these two has to go to the third
        dying.kill()
        for daemon in daemons:
            name = f"{daemon.name}-{len(dying.process.output)}"
            eventually(partial(renamed, daemon, name))
            assert lookup(others[0], daemon.node_id)["hostname"] == name
    assert bob.node_id in trusted_by(alice)
    carol, dave = others[:2]
    carol.pilotctl("extras", "set-tags", "moved")
    assert lookup(dave, carol.node_id)["tags"] == ["moved"]
    send(alice, bob, "still here")


def renamed(daemon: Daemon, name: str) -> bool:
    """Whether a daemon could have its hostname changed, which its registry has to do."""
    try:
        daemon.pilotctl("set-hostname", name)
    except PilotctlFailed:
        return False
    return True
