"""Nobody is told what is not for them: every message type, asked by everybody.

Secrets are words that stand nowhere else, so that one is found in whatever answer it leaks
into. Who may be told which is stated once, in `MAY_SEE`; who may ask for what, and what is
left out for whom, is compared with the table that the dispatcher runs on.
"""

import json
from collections.abc import Callable, Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen

from registry.dispatch import Operation
from tests.harness.client import Refused
from tests.system.questions import fields_of, questions, values_of
from tests.system.registry import ADMIN_TOKEN, Registry
from tests.system.society import (
    BREAKER_REASON,
    CLOSED,
    ENDPOINT,
    EXPORT_TOKEN,
    EXTERNAL_ID,
    JOIN_TOKEN,
    JUSTIFICATION,
    KEYS,
    LAN,
    MEMBER,
    NETWORK_TOKEN,
    OWNER,
    PEER,
    PRIVATE,
    TRUSTED,
    society_in,
)

SECRETS = {
    "endpoint": ENDPOINT,
    "lan": LAN,
    "owner": OWNER,
    "external_id": EXTERNAL_ID,
    "join_token": JOIN_TOKEN,
    "network_token": NETWORK_TOKEN,
    "admin_token": ADMIN_TOKEN,
    "closed_network": CLOSED,
    "justification": JUSTIFICATION,
    "webhooks": "webhook-secret",
    "export_token": EXPORT_TOKEN,
    "breaker_reason": BREAKER_REASON,
}


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
    "justification": {"poll_handshakes": {"the node itself", "peer"}},
    "webhooks": {
        "get_webhook": {"administrator"},
        "get_provision_status": {"administrator"},
        "get_idp_config": {"administrator"},
    },
    "breaker_reason": {"get_breakers": {"administrator"}},
    "closed_network": {
        "list_networks": {"member", "the node itself", "administrator"},
        "get_provision_status": {"administrator"},
    },
}
"""For each secret: which message types may tell it, and to whom. Whatever is missing: nobody."""

for _secret in MAY_SEE.values():  # what happened is for administrators, with all its facts
    _secret["get_audit_log"] = {"administrator"}


_CHANGES_WHO_MAY = {
    "deregister",
    "join_network",
    "kick_member",
    "leave_network",
    "recover_identity",
    "respond_handshake",
    "respond_invite",
    "rotate_key",
    "set_network_enterprise",
    "transfer_ownership",
}
"""What would make the asker somebody else halfway; they answer with nothing of the above."""

_ENDS = ("leave_network", "kick_member", "delete_network", "recover_identity", "rotate_key")
"""What is asked last, because it ends what others are about; then nodes deregister."""

_ASKS_OUTSIDE = {"validate_token"}
"""What is answered only where there is a provider: its own tests have one."""


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    """A registry with a private node that has everything that is not for everybody."""
    with society_in(tmp_path, wrong_tokens_per_minute=0) as registry:
        yield registry


def in_order(registry: Registry) -> list[Operation]:
    """Every message type, those last that change what others would be told."""
    last = {name: number for number, name in enumerate((*_ENDS, "deregister"), start=1)}
    return sorted(registry.application.operations, key=lambda known: last.get(known.type, 0))


def may_ask(operation: Operation, asker: Asker) -> bool:
    """Whether some rule of a message type may let somebody pass."""
    access = operation.access
    if asker.is_admin:
        return access.anyone or access.admin
    return access.anyone or bool(access.signed and asker.node_id)


def asked(
    registry: Registry, operation: Operation, asker: Asker
) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """What can be asked, unsigned and signed by every rule there is, each with its answer."""
    for question in questions(operation, asker.node_id or PEER):
        for proof in proofs(registry, operation, asker, question):
            yield question, registry.send(json.dumps({**question, **proof}).encode())


def proofs(
    registry: Registry, operation: Operation, asker: Asker, question: dict[str, Any]
) -> Iterator[dict[str, str]]:
    """Everything that somebody can show for a request; nothing is always among it."""
    if asker.is_admin:
        yield {"admin_token": ADMIN_TOKEN}
        return
    yield {}
    if not asker.node_id:
        return
    try:
        _, request = registry.application.operations.decode(json.dumps(question).encode())
    except ValueError:
        return
    for rule in operation.access.signed:
        yield {"signature": KEYS[asker.node_id - 1].sign(rule.message(request).decode())}


@pytest.mark.parametrize("asker", ASKERS, ids=lambda asker: asker.name)
def test_every_message_type_tells_each_only_what_is_for_them(
    registry: Registry, asker: Asker
) -> None:
    told: list[tuple[str, str]] = []
    let_in: set[str] = set()
    for operation in in_order(registry):
        if operation.type in _CHANGES_WHO_MAY:
            continue
        for _, answer in asked(registry, operation, asker):
            if answer["type"] != "error":
                let_in.add(operation.type)
            text = json.dumps(answer)
            for name, secret in SECRETS.items():
                allowed = MAY_SEE.get(name, {}).get(operation.type, set())
                if secret in text and asker.name not in allowed:
                    told.append((operation.type, name))
    assert told == []
    known = {operation.type: operation for operation in registry.application.operations}
    assert {name for name in let_in if not may_ask(known[name], asker)} == set()
    assert len(let_in) >= 10, "a walk that is refused everything finds nothing"


def test_every_message_type_is_answered_to_somebody(registry: Registry) -> None:
    """Else the walk would find nothing in a type because it is always refused."""
    unanswered = {
        operation.type
        for operation in in_order(registry)
        if all(
            answer["type"] == "error"
            for asker in ASKERS
            for _, answer in asked(registry, operation, asker)
        )
    }
    assert unanswered == _ASKS_OUTSIDE


def test_there_is_something_to_put_into_every_field(registry: Registry) -> None:
    for operation in registry.application.operations:
        for name in fields_of(operation):
            assert values_of(operation, name, PEER), f"questions.py: {operation.type}.{name}"


def test_what_depends_on_who_asks_is_in_the_table(registry: Registry) -> None:
    """What one is told and another is not, of the same thing, is a field that is left out."""
    hidden: set[tuple[str, str]] = set()
    compared = 0
    for operation in registry.application.operations:
        left_out = dict(operation.access.left_out)
        if operation.read is None or operation.write or operation.type in _READS_THAT_CHANGE:
            continue
        for answers in told_of_the_same(registry, operation):
            for one, other in combinations(answers, 2):
                compared += 1
                hidden |= {(operation.type, name) for name in set(differences(one, other))}
        hidden -= {(operation.type, name) for name in left_out}
    assert hidden == set()
    assert compared > 100


def test_what_is_left_out_always_is_told_nobody(registry: Registry) -> None:
    told = set()
    for operation in in_order(registry):
        never = {name for name, unless in operation.access.left_out if not unless}
        for asker in ASKERS if never else ():
            for _, answer in asked(registry, operation, asker):
                told |= {(operation.type, name) for name in never & set(names_in(answer))}
    assert told == set()


_READS_THAT_CHANGE = {"heartbeat", "set_breaker"}


def told_of_the_same(registry: Registry, operation: Operation) -> Iterator[list[Any]]:
    """For each thing that can be asked about, the answers of all who get one."""
    about: dict[str, list[Any]] = {}
    for asker in ASKERS:
        for question, answer in asked(registry, operation, asker):
            if answer["type"] != "error":
                same = {name: value for name, value in question.items() if name != "requester_id"}
                about.setdefault(str(same), []).append(answer)
    yield from about.values()


def differences(one: Any, other: Any, name: str = "") -> Iterator[str]:
    """The names of the fields, however deep, that are in one of two answers only, or differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        yield from one.keys() ^ other.keys()
        for key in one.keys() & other.keys():
            yield from differences(one[key], other[key], key)
    elif isinstance(one, list) and isinstance(other, list) and one and isinstance(one[0], dict):
        these, those = by_id(one), by_id(other)
        if these.keys() != those.keys():
            yield name
        for key in these.keys() & those.keys():
            yield from differences(these[key], those[key], name)
    elif one != other:
        yield name


def by_id(entries: list[dict[str, Any]]) -> dict[Any, dict[str, Any]]:
    """The entries of a list by what they are about."""
    return {entry.get("node_id", entry.get("id", str(entry))): entry for entry in entries}


def names_in(answer: Any) -> Iterator[str]:
    """The names of all fields, however deep."""
    if isinstance(answer, dict):
        yield from answer
        for value in answer.values():
            yield from names_in(value)
    elif isinstance(answer, list):
        for item in answer:
            yield from names_in(item)


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
