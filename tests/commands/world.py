"""Commands run as an operator runs them, beside a server that is running."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from registry.cli import main
from tests.harness.client import Client, Key
from tests.harness.server import RegistryServer

ADMIN_TOKEN = "the-admin-token-of-the-test"


def run(*arguments: str | Path, code: int = 0) -> Result:
    """Run a command, and see that it ends with an exit code and without a traceback."""
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert result.exit_code == code, (result.output, result.exception)
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


def run_json(*arguments: str | Path, code: int = 0) -> Any:
    """What a command prints for programs."""
    return json.loads(run(*arguments, "--json", code=code).stdout)


def refusal(*arguments: str | Path, code: int = 1) -> str:
    """What a command says on standard error when it ends with an exit code, on one line."""
    return " ".join(run(*arguments, code=code).stderr.split())


def token_file(folder: Path) -> Path:
    """The file with the admin token of the servers here."""
    file = folder / "admin-token"
    file.touch(mode=0o600)
    file.write_text(ADMIN_TOKEN)
    return file


@contextmanager
def server_on(data: Path, *options: str) -> Iterator[RegistryServer]:
    """A real server on a data folder."""
    token = token_file(data.parent)
    with RegistryServer(data, options=["--admin-token-file", str(token), *options]) as server:
        yield server


def register(client: Client, key: Key | None = None, **fields: Any) -> int:
    """Register a node; returns its id."""
    key = key or Key()
    address = fields.pop("listen_addr", "127.0.0.1:4001")
    signature = key.sign(f"register:{address}:{key.public}")
    answer = client.ask(
        "register", listen_addr=address, public_key=key.public, signature=signature, **fields
    )
    node_id: int = answer["node_id"]
    return node_id


def populate(client: Client) -> list[int]:
    """Three nodes, a network of two of them, and trust between the same two."""
    keys = [Key() for _ in range(3)]
    node_ids = [register(client, key, hostname=f"node-{place}") for place, key in enumerate(keys)]
    one, other, _ = node_ids
    made = client.ask(
        "create_network",
        node_id=one,
        name="lab",
        join_rule="token",
        token="the-join-token",
        admin_token=ADMIN_TOKEN,
    )
    network_id = made["network_id"]
    joining = {"network_id": network_id, "token": "the-join-token", "admin_token": ADMIN_TOKEN}
    client.ask("join_network", node_id=other, **joining)
    for key, node_id, peer_id in ((keys[0], one, other), (keys[1], other, one)):
        signature = key.sign(f"report_trust:{node_id}:{peer_id}")
        client.ask("report_trust", node_id=node_id, peer_id=peer_id, signature=signature)
    return node_ids
