"""Nobody is told what is not for them: every message type, asked by everybody.

Secrets are words that stand nowhere else, so that one is found in whatever answer it leaks
into. Who may be told which is stated once, in `MAY_SEE`.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen

from registry.dispatch import Operation
from tests.harness.client import Key, Refused
from tests.system.registry import ADMIN_TOKEN, Registry, registry_in

ENDPOINT, LAN = "198.51.100.7:40777", "10.77.0.1:40777"
"""Where the private node is."""

OWNER = "owner-secret@example.test"
EXTERNAL_ID = "external-secret"
JOIN_TOKEN, NETWORK_TOKEN = "join-token-secret", "network-token-secret"
CLOSED = "closed-network-secret"

SECRETS = {
    "endpoint": ENDPOINT,
    "lan": LAN,
    "owner": OWNER,
    "external_id": EXTERNAL_ID,
    "join_token": JOIN_TOKEN,
    "network_token": NETWORK_TOKEN,
    "admin_token": ADMIN_TOKEN,
    "closed_network": CLOSED,
}

PRIVATE, TRUSTED, MEMBER, PEER = 1, 2, 3, 4
"""The node whose secrets these are; one it trusts; one in its network; another."""


@frozen
class Asker:
    """Somebody who asks.

    Attributes:
        name: Who.
        node_id: The node that signs whatever can be signed; 0 for nobody.
        is_admin: Whether the admin token is shown.
    """

    name: str
    node_id: int = 0
    is_admin: bool = False


ASKERS = [
    Asker("stranger"),
    Asker("peer", PEER),
    Asker("trusted peer", TRUSTED),
    Asker("member", MEMBER),
    Asker("the node itself", PRIVATE),
    Asker("administrator", is_admin=True),
]

_REACHES = {"trusted peer", "member", "the node itself"}

MAY_SEE: dict[str, dict[str, set[str]]] = {
    "endpoint": {
        "lookup": _REACHES,
        "resolve": _REACHES,
        "punch": _REACHES,
        "register": {"the node itself"},
    },
    "lan": {"resolve": _REACHES},
    "owner": {"get_identity": {"administrator"}},
    "external_id": {
        "get_identity": {"administrator"},
        "list_nodes": {"administrator"},
    },
    "closed_network": {
        "list_networks": {"member", "the node itself", "administrator"},
        "get_provision_status": {"administrator"},
    },
}
"""For each secret: which message types may tell it, and to whom. Whatever is missing: nobody."""

for _secret in MAY_SEE.values():  # what happened is for administrators, with all its facts
    _secret["get_audit_log"] = {"administrator"}


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    """A registry with a private node that has everything that is not for everybody."""
    with registry_in(tmp_path) as registry:
        registry.register(
            Key(), listen_addr=":40777", lan_addrs=[LAN], owner=OWNER, hostname="private"
        )
        for _ in (TRUSTED, MEMBER, PEER):
            registry.register()
        registry.trust(PRIVATE, TRUSTED)
        registry.as_admin("set_external_id", node_id=PRIVATE, external_id=EXTERNAL_ID)
        tokens = {"token": JOIN_TOKEN, "network_admin_token": NETWORK_TOKEN}
        closed = registry.network(PRIVATE, name=CLOSED, join_rule="token", **tokens)
        registry.signed(MEMBER, "join_network", node_id=MEMBER, network_id=closed, token=JOIN_TOKEN)
        registry.network(PRIVATE, name="open")
        registry.clock[0] += 1
        yield registry


def questions(operation: Operation, asker: Asker) -> Iterator[dict[str, Any]]:
    """Requests of a type that are about the private node, its networks, and the asker."""
    me = asker.node_id or PEER
    names: dict[str, list[Any]] = {
        "node_id": [PRIVATE, me],
        "requester_id": [me],
        "peer_id": [PRIVATE, TRUSTED],
        "target_node_id": [PRIVATE],
        "new_owner_id": [me],
        "from_node_id": [me],
        "to_node_id": [PRIVATE],
        "inviter_id": [me],
        "rater_id": [me],
        "node_a": [me],
        "node_b": [PRIVATE],
        "network_id": [0, 1, 2],
        "hostname": ["private"],
        "name": ["another"],
        "public_key": ["x"],
        "new_public_key": [Key().public],
        "tags": [["x"]],
        "public": [False],
        "accept": [True],
        "enabled": [True],
        "enterprise": [True],
        "polo_score": [1],
        "delta": [1],
        "addr": ["192.0.2.1:9001"],
        "beacon_id": [1],
        "state": ["closed"],
        "blueprint": [{"name": "other"}],
        "entries": [[{"external_id": "nobody"}]],
        "expr_policy": ['{"version": 1, "rules": [1]}'],
        "external_id": ["other"],
        "badge": ["b"],
        "badge_sig": ["s"],
        "enrollment": ["e"],
        "enrollment_sig": ["s"],
        "recovery": ["r"],
        "recovery_sig": ["s"],
        "expires_at": ["never"],
    }
    fields = [name for name in operation.message.__struct_fields__ if name in names]
    yield from _every({}, fields, names)


def _every(
    so_far: dict[str, Any], fields: list[str], names: dict[str, list[Any]]
) -> Iterator[dict[str, Any]]:
    if not fields:
        yield so_far
        return
    for value in names[fields[0]]:
        yield from _every({**so_far, fields[0]: value}, fields[1:], names)


def answers(registry: Registry, operation: Operation, asker: Asker) -> Iterator[str]:
    """What an asker is told: unsigned, and signed by every rule there is."""
    for fields in questions(operation, asker):
        message = {"type": operation.type, **fields}
        if asker.is_admin:
            message["admin_token"] = ADMIN_TOKEN
        yield json.dumps(registry.send(json.dumps(message).encode()))
        if not asker.node_id:
            continue
        try:
            _, request = registry.application.operations.decode(json.dumps(message).encode())
        except ValueError:
            continue
        for rule in operation.access.signed:
            text = rule.message(request).decode()
            signed = {**message, "signature": registry.keys[asker.node_id].sign(text)}
            yield json.dumps(registry.send(json.dumps(signed).encode()))


def _last(operation: Operation) -> bool:
    """Whether asking for it changes what the others would be told."""
    ends = {"deregister", "rotate_key", "recover_identity", "delete_network", "leave_network"}
    return operation.type in ends


@pytest.mark.parametrize("asker", ASKERS, ids=lambda asker: asker.name)
def test_every_message_type_tells_each_only_what_is_for_them(
    registry: Registry, asker: Asker
) -> None:
    operations = sorted(registry.application.operations, key=_last)
    told: list[tuple[str, str]] = []
    answered: set[str] = set()
    for operation in operations:
        if operation.type in _CHANGES_WHO_MAY:
            continue
        for answer in answers(registry, operation, asker):
            if '"type": "error"' not in answer:
                answered.add(operation.type)
            for name, secret in SECRETS.items():
                allowed = MAY_SEE.get(name, {}).get(operation.type, set())
                if secret in answer and asker.name not in allowed:
                    told.append((operation.type, name))
    assert told == []
    assert len(answered) >= 10, "a walk that is refused everything finds nothing"


_CHANGES_WHO_MAY = {"join_network", "set_network_enterprise", "transfer_ownership", "kick_member"}
"""What would make the asker somebody else halfway; they answer with nothing of the above."""


@pytest.mark.parametrize(
    ("secret", "message_type", "ask"),
    [
        ("endpoint", "lookup", lambda r: _signed(r, TRUSTED, "lookup", requester_id=TRUSTED)),
        ("endpoint", "resolve", lambda r: _signed(r, MEMBER, "resolve", requester_id=MEMBER)),
        ("lan", "resolve", lambda r: _signed(r, TRUSTED, "resolve", requester_id=TRUSTED)),
        ("owner", "get_identity", lambda r: r.as_admin("get_identity", node_id=PRIVATE)),
        ("closed_network", "list_networks", lambda r: r.as_admin("list_networks")),
    ],
)
def test_who_may_be_told_is_told(
    registry: Registry, secret: str, message_type: str, ask: Callable[[Registry], Any]
) -> None:
    """Else the walk would find nothing because nothing is ever told."""
    assert SECRETS[secret] in json.dumps(ask(registry)), message_type


def _signed(registry: Registry, signer: int, message_type: str, **fields: Any) -> Any:
    return registry.signed(signer, message_type, node_id=PRIVATE, **fields)


def test_an_error_names_no_secret_either(registry: Registry) -> None:
    with pytest.raises(Refused) as refusal:
        registry.signed(PEER, "resolve", node_id=PRIVATE, requester_id=PEER)
    assert not any(secret in str(refusal.value) for secret in SECRETS.values())
