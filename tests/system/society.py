"""A small society in a registry: a private node with secrets, and others who may know some."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.harness.client import Key
from tests.system.registry import START, Registry, registry_in

PRIVATE, TRUSTED, MEMBER, PEER = 1, 2, 3, 4
"""The node whose secrets these are; one it trusts; one in its networks; another."""

LAB, OPEN, FIRM = 1, 2, 3
"""The private node's networks: one that takes a token, an open one, one for enterprises."""

KEYS = [Key(bytes([number]) * 32) for number in range(1, 9)]
"""The nodes' keys in the order of their ids, and some that no node has yet: always the same."""

ISSUER, COLD = Key(b"i" * 32), Key(b"c" * 32)
"""Who signs badges and enrollments, and who signs recoveries."""

ISSUERS = {"badge_keys": f"b1={ISSUER.public}", "recovery_keys": f"r1={COLD.public}"}
"""The settings that say so."""

ENDPOINT, LAN = "198.51.100.7:40777", "10.77.0.1:40777"
"""Where the private node is."""

OWNER = "owner-secret@example.test"
FACTS: dict[str, Any] = {"listen_addr": ":40777", "lan_addrs": [LAN], "owner": OWNER}
OTHER_FACTS: dict[str, Any] = {"listen_addr": ":4001", "lan_addrs": [], "owner": ""}
"""What the private node says when it registers, and what the others say."""

EXTERNAL_ID = "external-secret"
JOIN_TOKEN, NETWORK_TOKEN = "join-token-secret", "network-token-secret"
CLOSED = "closed-network-secret"
JUSTIFICATION = "justification-secret"
WEBHOOK = "https://hooks.example.test/audit?key=webhook-secret"
IDENTITY_WEBHOOK = "https://hooks.example.test/identity?key=webhook-secret"
EXPORT_TOKEN = "export-token-secret"
BREAKER_REASON = "breaker-reason-secret"

BADGE = f"pilotbadge:v1:{PRIVATE}:github:{START}:0:b1:octocat"
ENROLLMENT = f"pilotenroll:v1:{PRIVATE}:github:c0ffee:{START}:b1"
RECOVERY = f"pilotrecover:v1:{PRIVATE}:{KEYS[-1].public}:c0ffee:{START + 600}:n1:r1"
"""What the issuers say about the private node. It is enrolled; the others were not used."""


@contextmanager
def society_in(folder: Path, **settings: Any) -> Iterator[Registry]:
    """A registry with a society in it, in which everything waits that can wait for an answer.

    The peer has asked the private node for a handshake; the private node has invited the
    peer, and the trusted node has asked the peer.
    """
    with registry_in(folder, **ISSUERS, **settings) as registry:
        _people(registry)
        _networks(registry)
        _outlets(registry)
        registry.clock[0] += 1
        yield registry


def _people(registry: Registry) -> None:
    registry.register(KEYS[PRIVATE - 1], hostname="private", **FACTS)
    for node_id in (TRUSTED, MEMBER, PEER):
        registry.register(KEYS[node_id - 1], **OTHER_FACTS)
    registry.trust(PRIVATE, TRUSTED)
    registry.as_admin("set_external_id", node_id=PRIVATE, external_id=EXTERNAL_ID)
    enrollment = {"enrollment": ENROLLMENT, "enrollment_sig": ISSUER.sign(ENROLLMENT)}
    registry.signed(PRIVATE, "enroll_recovery", node_id=PRIVATE, **enrollment)
    for asking, asked in ((PEER, PRIVATE), (TRUSTED, PEER)):
        registry.signed(
            asking,
            "request_handshake",
            from_node_id=asking,
            to_node_id=asked,
            justification=JUSTIFICATION,
        )


def _networks(registry: Registry) -> None:
    tokens = {"token": JOIN_TOKEN, "network_admin_token": NETWORK_TOKEN}
    lab = registry.network(PRIVATE, name=CLOSED, join_rule="token", **tokens)
    registry.signed(MEMBER, "join_network", node_id=MEMBER, network_id=lab, token=JOIN_TOKEN)
    opened = registry.network(PRIVATE, name="open")
    firm = registry.network(PRIVATE, name="firm", join_rule="invite", enterprise=True)
    assert (lab, opened, firm) == (LAB, OPEN, FIRM)
    for invited in (MEMBER, PEER):
        people = {"inviter_id": PRIVATE, "target_node_id": invited}
        registry.signed(PRIVATE, "invite_to_network", network_id=FIRM, **people)
    registry.signed(MEMBER, "respond_invite", node_id=MEMBER, network_id=FIRM, accept=True)
    registry.as_admin("promote_member", network_id=FIRM, target_node_id=MEMBER)


def _outlets(registry: Registry) -> None:
    registry.as_admin("set_webhook", url=WEBHOOK)
    registry.as_admin("set_identity_webhook", url=IDENTITY_WEBHOOK)
    export = {"format": "splunk_hec", "endpoint": "https://siem.example.test/collector"}
    registry.as_admin("set_audit_export", token=EXPORT_TOKEN, **export)
    breaker = {"name": "registry.beacon_register", "state": "open", "reason": BREAKER_REASON}
    registry.as_admin("set_breaker", **breaker)
    registry.as_admin("set_breaker", **breaker | {"state": "closed"})
