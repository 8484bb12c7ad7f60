"""A store from a package of its own, installed beside the server and asked over the wire."""

import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.client import Client, Key, Refused
from tests.harness.process import ROOT
from tests.harness.server import RegistryServer

PACKAGE = Path(__file__).parent / "leases"


BUILD = "import sys; from setuptools import build_meta; build_meta.build_wheel(sys.argv[1])"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the package was installed: the wheel that its own pyproject.toml builds, unpacked.

    That is what an installer does with it; the environment of the tests has none.
    """
    source, wheels, target = map(tmp_path_factory.mktemp, ("source", "wheels", "site"))
    shutil.copytree(PACKAGE, source, dirs_exist_ok=True)
    subprocess.run([sys.executable, "-c", BUILD, wheels], cwd=source, check=True)
    [wheel] = wheels.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(target)
    return target


@pytest.fixture
def server(installed: Path, tmp_path: Path) -> Iterator[RegistryServer]:
    with RegistryServer(tmp_path / "data", env={"PYTHONPATH": str(installed)}) as server:
        yield server


def connect(server: RegistryServer) -> Client:
    host, _, port = server.address.rpartition(":")
    return Client.to((host, int(port)))


def register(client: Client, key: Key) -> int:
    signature = key.sign(f"register::4001:{key.public}")
    answer = client.ask("register", listen_addr=":4001", public_key=key.public, signature=signature)
    return int(answer["node_id"])


def take(client: Client, key: Key, node_id: int, name: str = "leader") -> None:
    signature = key.sign(f"take_lease:{node_id}:{name}:60")
    client.ask("take_lease", node_id=node_id, name=name, seconds=60, signature=signature)


def holder(client: Client, name: str = "leader") -> int:
    return int(client.ask("get_lease", name=name)["node_id"])


def test_a_name_is_held_by_one_node_at_a_time(server: RegistryServer) -> None:
    first, second = Key(), Key()
    with connect(server) as client:
        one, other = register(client, first), register(client, second)
        assert holder(client) == 0
        take(client, first, one)
        assert holder(client) == one
        with pytest.raises(Refused, match="name: is held by node 1 until"):
            take(client, second, other)
        signature = first.sign(f"release_lease:{one}:leader")
        client.ask("release_lease", node_id=one, name="leader", signature=signature)
        take(client, second, other)
        assert holder(client) == other


def test_its_rules_are_checked_as_those_of_any_store(server: RegistryServer) -> None:
    with connect(server) as client:
        register(client, Key())
        with pytest.raises(Refused, match="signature: take_lease needs one by node_id"):
            client.ask("take_lease", node_id=1, name="leader", seconds=60)
        with pytest.raises(Refused, match="seconds: "):
            client.ask("take_lease", node_id=1, name="leader", seconds=0)


def test_it_reacts_to_events_and_survives_a_restart(server: RegistryServer) -> None:
    key = Key()
    with connect(server) as client:
        node_id = register(client, key)
        take(client, key, node_id, "kept")
    server.kill()
    server.start()
    with connect(server) as client:
        assert holder(client, "kept") == node_id
        client.ask("deregister", node_id=node_id, signature=key.sign(f"deregister:{node_id}"))
        assert holder(client, "kept") == 0


def test_the_layering_checker_passes_it_by_the_rules_of_the_registry() -> None:
    check = subprocess.run(
        [sys.executable, "-m", "tools.layering", "--root", PACKAGE, "--config", "pyproject.toml"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert check.stdout.endswith("modules: 0 violations\n"), check.stdout
    assert check.returncode == 0
