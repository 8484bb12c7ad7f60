"""Something to ask of every message type: requests that a society has an answer to."""

from collections.abc import Iterator
from itertools import product
from typing import Any

from registry.dispatch import Operation
from tests.system.registry import START
from tests.system.society import (
    BADGE,
    COLD,
    ENROLLMENT,
    FACTS,
    FIRM,
    ISSUER,
    JOIN_TOKEN,
    KEYS,
    LAB,
    MEMBER,
    OPEN,
    OTHER_FACTS,
    PRIVATE,
    RECOVERY,
    TRUSTED,
)

PROOFS = {"signature", "admin_token"}
"""The fields that say who asks, not what."""

_VALUES: dict[str, list[Any]] = {
    "accept": [True],
    "addr": ["192.0.2.1:9001"],
    "after": [0],
    "allowed_ports": [[80, 443]],
    "badge": [BADGE],
    "badge_sig": [ISSUER.sign(BADGE)],
    "beacon_id": [1],
    "blueprint": [{"name": "other", "roles": [{"external_id": "somebody", "role": "admin"}]}],
    "client_id": ["client"],
    "delta": [1],
    "description": ["a description"],
    "domain": ["example.test"],
    "enabled": [True],
    "endpoint": ["https://siem.example.test/other"],
    "enrollment": [ENROLLMENT],
    "enrollment_sig": [ISSUER.sign(ENROLLMENT)],
    "enterprise": [True],
    "entries": [[{"external_id": "nobody", "role": "member"}]],
    "expires_at": ["never", "2033-05-18T03:33:20Z"],
    "expr_policy": ['{"version": 1, "rules": [1]}'],
    "external_id": ["other"],
    "format": ["json"],
    "hostname": ["private"],
    "identity_token": [""],
    "idp_type": ["oidc"],
    "index": ["main"],
    "issuer": ["https://issuer.example.test"],
    "join_rule": ["open"],
    "justification": ["why not"],
    "limit": [1000],
    "max_members": [100],
    "name": ["another"],
    "network_admin_token": [""],
    "network_id": [0, LAB, OPEN, FIRM],
    "new_owner_id": [MEMBER],
    "new_public_key": [KEYS[-1].public],
    "node_b": [PRIVATE],
    "peer_id": [PRIVATE, TRUSTED],
    "polo_score": [1],
    "public": [False],
    "reason": ["because"],
    "recovery": [RECOVERY],
    "recovery_sig": [COLD.sign(RECOVERY)],
    "relay_only": [False],
    "remove_unlisted": [False],
    "rules": [None],
    "source": ["the-registry"],
    "state": ["closed"],
    "tags": [["x"]],
    "target_node_id": [PRIVATE, MEMBER],
    "tenant_id": ["tenant"],
    "timestamp": [START],
    "to_node_id": [PRIVATE],
    "token": [JOIN_TOKEN],
    "ts": [0, START],
    "url": ["https://hooks.example.test/other"],
    "version": ["1.18.0"],
}
"""What to put into each field, whatever the message type; the asker's own id is put in beside."""

_OF_TYPE: dict[str, dict[str, list[Any]]] = {
    "set_breaker": {"name": ["registry.punch"]},
    "set_idp_config": {"issuer": ["https://issuer.example.test"]},
    "set_hostname": {"hostname": ["renamed"]},
    "create_network": {"token": [""], "expr_policy": [None]},
    "rename_network": {"name": ["renamed"]},
    "rotate_key": {"new_public_key": [KEYS[-2].public]},
    "invite_to_network": {"target_node_id": [TRUSTED]},
    "join_network": {"network_id": [LAB, OPEN]},
}
"""What a message type needs in a field beside or in place of that."""

_THE_ASKER = {
    "node_id": [PRIVATE],
    "from_node_id": [],
    "inviter_id": [],
    "node_a": [],
    "rater_id": [],
    "requester_id": [],
}
"""The fields with the asker's own id, and whose else may be there."""


def fields_of(operation: Operation) -> list[str]:
    """What can be said in a request beside who asks."""
    return [name for name in operation.message.__struct_fields__ if name not in PROOFS]


def values_of(operation: Operation, name: str, me: int) -> list[Any]:
    """What to put into a field of a request of somebody who is a node.

    Raises:
        KeyError: Nobody has said yet what is worth putting in.
    """
    if name == "public_key":
        return [KEYS[me - 1].public]
    if name in FACTS:  # who registers again says the same as before
        return [FACTS[name] if me == PRIVATE else OTHER_FACTS[name]]
    if name in _THE_ASKER:
        return list(dict.fromkeys([*_THE_ASKER[name], me]))
    return _OF_TYPE.get(operation.type, {}).get(name) or _VALUES[name]


def questions(operation: Operation, me: int) -> Iterator[dict[str, Any]]:
    """Requests of a type that are about the private node, its networks, and the asker."""
    names = fields_of(operation)
    for values in product(*(values_of(operation, name, me) for name in names)):
        yield {"type": operation.type, **dict(zip(names, values, strict=True))}
