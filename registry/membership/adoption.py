"""Taking over the networks that another server kept, under the ids they had there."""

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import frozen
from sqlalchemy import insert

from registry.events import Transaction
from registry.membership import invitations, members, preassignments
from registry.membership.events import NETWORK_CREATED
from registry.membership.model import (
    INVITE,
    LAST_NETWORK_ID,
    OPEN,
    OWNER,
    TOKEN,
    Invite,
    Member,
    check_name,
)
from registry.membership.tables import networks, retired_ids
from registry.membership.tokens import hash_token

_ADD = insert(networks)
_RETIRE = insert(retired_ids)


@frozen(kw_only=True)
class AdoptedNetwork:
    """A network as another server kept it.

    Attributes:
        network_id: Its id, never 0.
        name: Unique.
        join_rule: How nodes come in.
        token: What lets them in, where that is the rule; empty for none.
        admin_token: What lets those manage it who have no role; empty for none.
        enterprise: Whether it carries the enterprise flag.
        rules: What its members' daemons follow, as `read_rules` gives them; None for none.
        created_at: When it was made, in unix seconds.
        members: Who is in it, at most one of them as owner.
        waiting_roles: Roles that wait, by external id.
    """

    network_id: int
    name: str
    join_rule: str
    token: str = ""
    admin_token: str = ""
    enterprise: bool = False
    rules: Mapping[str, Any] | None = None
    created_at: int
    members: Mapping[int, Member]
    waiting_roles: Mapping[str, str]


def check_network(network: AdoptedNetwork) -> None:
    """Check what a network must have, whoever kept it.

    Raises:
        ValueError: Its id, name, join rule or token cannot be.
    """
    if not 1 <= network.network_id <= LAST_NETWORK_ID:
        raise ValueError(f"id: {network.network_id} is not between 1 and {LAST_NETWORK_ID}")
    check_name(network.name)
    if network.join_rule not in (OPEN, TOKEN, INVITE):
        raise ValueError(f"join_rule: {network.join_rule[:40]!r} is not open, token or invite")
    if network.join_rule == TOKEN and not network.token:
        raise ValueError("token: a network with join_rule token needs one")


def adopt_networks(
    transaction: Transaction, adopted: Sequence[AdoptedNetwork], last_id: int, now: int
) -> None:
    """Make networks as they were on another server, with their members.

    Args:
        transaction: Where it happens; there are no networks yet.
        adopted: Each good by `check_network`, with an id and a name of its own.
        last_id: The highest id that was ever given there: none up to it is given again.
        now: Unix seconds.
    """
    for network in adopted:
        _adopt(transaction, network)
    if last_id > max((network.network_id for network in adopted), default=0):
        transaction.execute(_RETIRE, {"network_id": last_id, "retired_at": now})


def adopt_invite(
    transaction: Transaction, network_id: int, node_id: int, *, inviter_id: int, at: int
) -> None:
    """Have an invite wait that was made on another server."""
    invitations.put(transaction, network_id, node_id, Invite(inviter_id, at))


def _adopt(transaction: Transaction, network: AdoptedNetwork) -> None:
    facts = {
        "network_id": network.network_id,
        "name": network.name,
        "join_rule": network.join_rule,
        "enterprise": network.enterprise,
        "rules": network.rules,
        "created_at": network.created_at,
    }
    secrets = {
        "token": hash_token(network.token) if network.join_rule == TOKEN else None,
        "admin_token": hash_token(network.admin_token) if network.admin_token else None,
    }
    transaction.execute(_ADD, facts | secrets)
    owners = [node for node, member in network.members.items() if member.role == OWNER]
    transaction.publish(NETWORK_CREATED(**facts, owner_id=owners[0] if owners else 0))
    for node_id, member in network.members.items():
        _place(transaction, network, node_id, member)
    if network.waiting_roles:
        preassignments.replace(transaction, network.network_id, network.waiting_roles)


def _place(transaction: Transaction, network: AdoptedNetwork, node_id: int, member: Member) -> None:
    members.add(transaction, network.network_id, node_id, role=member.role, now=network.created_at)
    if member.tags:
        members.set_tags(transaction, network.network_id, node_id, member.tags)
