"""A server that is killed while it delivers loses nothing, and repeats little."""

import json
from pathlib import Path

from tests.harness.client import Client, Key
from tests.harness.receiver import Received, Receiver, Reply, receiver
from tests.harness.server import RegistryServer
from tests.harness.waiting import eventually

TOKEN = "the-admin-token-of-the-test"
MANY = 40


def server_in(folder: Path) -> RegistryServer:
    token = folder / "admin-token"
    token.touch(mode=0o600)
    token.write_text(TOKEN)
    options = ["--admin-token-file", str(token), "--allow-inside-urls"]
    return RegistryServer(folder / "data", options=options)


def register(client: Client) -> None:
    key = Key()
    signature = key.sign(f"register::4001:{key.public}")
    client.ask("register", listen_addr=":4001", public_key=key.public, signature=signature)


def told(there: Receiver, path: str) -> list[int]:
    """The entries that came to a path, in order, each once."""
    found: dict[int, None] = {}
    for each in list(there.received):
        if each.path == path:
            for line in each.body.decode().splitlines():
                event = json.loads(line)
                found[event.get("event_id") or event["number"]] = None
    return list(found)


def test_a_server_that_is_killed_in_the_middle_goes_on_after_it(tmp_path: Path) -> None:
    failing = True

    def answer(_: Received) -> Reply:
        return Reply(503 if failing and len(there.received) % 3 == 0 else 200)

    with receiver() as there:
        there.answer = answer
        with server_in(tmp_path) as server:
            with Client.to(server.endpoint) as client:
                hooks = {"url": f"{there.url}/hook", "admin_token": TOKEN}
                client.ask("set_webhook", **hooks)
                export = {"format": "json", "endpoint": f"{there.url}/in", "admin_token": TOKEN}
                client.ask("set_audit_export", **export)
                for _ in range(MANY):
                    register(client)
            there.take()
            server.kill()  # some are delivered, some not; some are not even in the audit log
            failing = False
            server.start()
            with Client.to(server.endpoint) as client:
                register(client)
                last = 2 + 2 * (MANY + 1)
                eventually(lambda: told(there, "/hook")[-1:], until=lambda end: end == [last])
                eventually(lambda: told(there, "/in")[-1:], until=lambda end: end == [last])
    assert told(there, "/hook") == list(range(1, last + 1))
    assert told(there, "/in") == list(range(2, last + 1))
