"""The nodes of a snapshot: their keys, what they say of themselves, and what others vouch for."""

from collections.abc import Iterator, Mapping

from registry.directory import LONGEST_VERSION, Node, check_lan_addrs, clean_tags
from registry.identity import AdoptedKey, ShownBadge, parse_public_key
from registry.takeover.report import Report, short
from registry.takeover.snapshot import GoNode, GoSnapshot, moment

_LAST_NODE_ID = 0xFFFF_FFFE


def path_of(node: GoNode) -> str:
    """Where a node stands in the snapshot."""
    return f'nodes["{node.id}"]'


def adopted_keys(snapshot: GoSnapshot, report: Report, now: int) -> Iterator[AdoptedKey]:
    """The keys of all nodes, each once, and those of nodes that are away.

    Raises:
        ValueError: A time is none.
    """
    owners: dict[bytes, int] = {}
    for node in snapshot.nodes.values():
        path = f"{path_of(node)}.public_key"
        key = report.attempt(path, b"", _new_key, node.public_key, node.id, owners)
        if key:
            owners[key] = node.id
            yield _adopted(node, key, report, now)
    bound = set(owners.values())
    for text, node_id in sorted(snapshot.node_of_key.items()):
        path = f'pub_key_idx["{text}"]'
        if node_id in snapshot.nodes and snapshot.nodes[node_id].public_key == text:
            continue
        if node_id in bound:
            report.leave_out(path, f"node {node_id} has another key")
            continue
        key = report.attempt(path, b"", _new_key, text, node_id, owners)
        if key:
            owners[key] = node_id
            bound.add(node_id)
            yield AdoptedKey(node_id=node_id, public_key=key, created_at=now)


def registered(node: GoNode, report: Report) -> Node:
    """A node as the directory keeps it."""
    path = path_of(node)
    return Node(
        node_id=node.id,
        real_addr=report.attempt(f"{path}.real_addr", "", short, node.real_addr, 300),
        lan_addrs=report.attempt(f"{path}.lan_addrs", (), check_lan_addrs, node.lan_addrs or ()),
        hostname=node.hostname,
        public=node.public,
        tags=report.attempt(f"{path}.tags", (), clean_tags, node.tags or ()),
        version=report.attempt(f"{path}.version", "", short, node.version, LONGEST_VERSION),
        relay_only=node.relay_only,
        task_exec=node.task_exec,
    )


def _new_key(text: str, node_id: int, owners: Mapping[bytes, int]) -> bytes:
    if not 1 <= node_id <= _LAST_NODE_ID:
        raise ValueError(f"node {node_id} cannot be")
    key = parse_public_key(text)
    if key in owners:
        raise ValueError(f"node {owners[key]} has the same key")
    return key


def _adopted(node: GoNode, key: bytes, report: Report, now: int) -> AdoptedKey:
    path = path_of(node)
    created_at = moment(node.key_created, f"{path}.key_created") or now
    rotated_at = moment(node.key_rotated, f"{path}.key_rotated")
    return AdoptedKey(
        node_id=node.id,
        public_key=key,
        owner=report.attempt(f"{path}.owner", "", short, node.owner, 256),
        created_at=created_at,
        rotated_at=(rotated_at or created_at) if node.key_rot_count > 0 else None,
        rotate_count=max(node.key_rot_count, 0),
        expires_at=moment(node.key_expires, f"{path}.key_expires"),
        external_id=report.attempt(f"{path}.external_id", "", short, node.external_id, 256),
        badge=report.attempt(f"{path}.badge", None, _badge, node, now),
        recovery=report.attempt(f"{path}.recovery_commitment", None, _recovery, node),
    )


def _badge(node: GoNode, now: int) -> ShownBadge | None:
    if not node.badge:
        return None
    verified_at = moment(node.verified_at, f"{path_of(node)}.verified_at") or now
    return ShownBadge(
        short(node.badge, 2048),
        short(node.badge_sig, 88),
        short(node.verification_provider, 2048),
        verified_at,
    )


def _recovery(node: GoNode) -> tuple[str, str] | None:
    if not node.recovery_commitment:
        return None
    return short(node.recovery_provider, 2048), short(node.recovery_commitment, 2048)
