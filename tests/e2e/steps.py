"""What several tests have daemons do."""

from typing import Any

from tests.harness import Daemon, eventually


def lookup(asking: Daemon, node_id: int) -> dict[str, Any]:
    """What the registry tells everybody about a node."""
    answer: dict[str, Any] = asking.pilotctl("lookup", str(node_id))
    return answer


def trusted_by(daemon: Daemon) -> list[int]:
    """The nodes that a daemon trusts."""
    return [peer["node_id"] for peer in daemon.pilotctl("trust")["trusted"]]


def pending_at(daemon: Daemon) -> dict[int, str]:
    """Who asks a daemon for trust, and why."""
    pending = daemon.pilotctl("pending")["pending"] or []
    return {request["node_id"]: request["justification"] for request in pending}


def shake_hands(asking: Daemon, asked: Daemon, why: str = "hello") -> None:
    """Have one daemon ask another for trust, and that one approve."""
    asking.pilotctl("handshake", asked.name, why)
    eventually(lambda: pending_at(asked).get(asking.node_id), until=lambda said: said == why)
    asked.pilotctl("approve", str(asking.node_id))
    eventually(lambda: trusted_by(asking), until=lambda peers: asked.node_id in peers)


def send(sending: Daemon, receiving: Daemon, text: str) -> None:
    """Send a message through the tunnel, and wait until it is in the inbox."""
    sending.pilotctl("send-message", receiving.name, "--data", text)
    eventually(lambda: received_by(receiving), until=lambda texts: text in texts)


def received_by(daemon: Daemon) -> list[str]:
    """The messages in a daemon's inbox."""
    return [message["preview"] for message in daemon.pilotctl("inbox")["messages"] or []]
