"""The networks of a snapshot with their members, and the roles that wait in them."""

from collections.abc import Iterator, Mapping
from typing import Any

from registry.membership import (
    ADMIN,
    BACKBONE,
    MEMBER,
    OWNER,
    AdoptedNetwork,
    Member,
    check_network,
    check_tags,
    read_rules,
)
from registry.takeover.report import Report
from registry.takeover.snapshot import GoNetwork, GoSnapshot, moment

_ROLES = (OWNER, ADMIN, MEMBER)


def path_of(network: GoNetwork) -> str:
    """Where a network stands in the snapshot."""
    return f'networks["{network.id}"]'


def adopted_networks(
    snapshot: GoSnapshot, known: set[int], report: Report, now: int
) -> Iterator[AdoptedNetwork]:
    """All networks but the backbone, each with another name.

    Args:
        snapshot: What the old server kept.
        known: The nodes that can be members.
        report: Told what is left out.
        now: Unix seconds.

    Raises:
        ValueError: A time is none.
    """
    names: dict[str, int] = {}
    for network in snapshot.networks.values():
        if network.id == BACKBONE:
            continue
        path = path_of(network)
        adopted = AdoptedNetwork(
            network_id=network.id,
            name=network.name,
            join_rule=network.join_rule,
            token=network.token,
            admin_token=network.admin_token,
            enterprise=network.enterprise,
            rules=report.attempt(f"{path}.rules", None, _rules, network.rules),
            created_at=moment(network.created, f"{path}.created") or now,
            members=_members(network, known, report),
            waiting_roles=_waiting_roles(snapshot, network.id, report),
        )
        if report.attempt(path, None, _checked, adopted, names) is not None:
            names[network.name] = network.id
            yield adopted


def _checked(network: AdoptedNetwork, names: Mapping[str, int]) -> AdoptedNetwork | None:
    check_network(network)
    if network.name in names:
        raise ValueError(f"name: network {names[network.name]} has the same")
    return network


def _rules(rules: dict[str, Any] | None) -> dict[str, Any] | None:
    return read_rules(rules) if rules else None


def _members(network: GoNetwork, known: set[int], report: Report) -> dict[int, Member]:
    tags = network.member_tags or {}
    members: dict[int, Member] = {}
    owner = 0
    for node_id in network.members or ():
        if node_id not in known:
            report.leave_out(f"{path_of(network)}.members", f"there is no node {node_id}")
            continue
        role = _role(network, node_id, owner, report)
        owner = node_id if role == OWNER else owner
        path = f'{path_of(network)}.member_tags["{node_id}"]'
        kept = report.attempt(path, (), check_tags, tags.get(str(node_id)) or ())
        members[node_id] = Member(role, kept)
    return members


def _role(network: GoNetwork, node_id: int, owner: int, report: Report) -> str:
    """A member's role; of two owners, the second is an admin."""
    role = (network.member_roles or {}).get(str(node_id)) or MEMBER
    path = f'{path_of(network)}.member_roles["{node_id}"]'
    if role not in _ROLES:
        report.leave_out(path, f"{role[:40]!r} is no role")
        return MEMBER
    if role == OWNER and owner not in (0, node_id):
        report.leave_out(path, f"node {owner} is the owner: an admin from now on")
        return ADMIN
    return role


def _waiting_roles(snapshot: GoSnapshot, network_id: int, report: Report) -> dict[str, str]:
    roles = {}
    for place, waiting in enumerate(snapshot.waiting_roles.get(network_id, ())):
        path = f'rbac_pre_assign["{network_id}"][{place}]'
        if waiting.role not in _ROLES:
            report.leave_out(f"{path}.role", f"{waiting.role[:40]!r} is no role")
        elif not 1 <= len(waiting.external_id) <= 256:
            report.leave_out(f"{path}.external_id", "must have 1 to 256 characters")
        else:
            roles[waiting.external_id] = waiting.role
    return roles
