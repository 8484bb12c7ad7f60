"""The operations of the membership store."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import bindparam, delete, func, insert, select, update

from registry.events import Event, Transaction
from registry.membership import invitations, members, preassignments
from registry.membership.events import (
    NETWORK_CREATED,
    NETWORK_DELETED,
    NETWORK_ENTERPRISE_CHANGED,
    NETWORK_RENAMED,
)
from registry.membership.messages import (
    CreateNetwork,
    DeleteNetwork,
    DemoteMember,
    InviteToNetwork,
    JoinNetwork,
    KickMember,
    LeaveNetwork,
    PromoteMember,
    RenameNetwork,
    RespondInvite,
    SetMemberTags,
    SetNetworkEnterprise,
    TransferOwnership,
)
from registry.membership.model import (
    ADMIN,
    BACKBONE,
    INVITE,
    LAST_NETWORK_ID,
    MEMBER,
    OPEN,
    OWNER,
    TOKEN,
    Invite,
    check_name,
    check_tags,
)
from registry.membership.ports import (
    AddressOf,
    Caller,
    Clock,
    ExternalIdOf,
    MemberLimit,
    NodeExists,
    Terms,
)
from registry.membership.rules import read_rules
from registry.membership.tables import networks, retired_ids
from registry.membership.tokens import hash_token, token_matches

_THIS = networks.c.network_id == bindparam("network")
_NETWORK = select(
    networks.c.network_id,
    networks.c.name,
    networks.c.join_rule,
    networks.c.enterprise,
    networks.c.rules,
    networks.c.token,
).where(_THIS)
_ADMIN_TOKEN = select(networks.c.admin_token).where(_THIS)
_BY_NAME = select(networks.c.network_id).where(networks.c.name == bindparam("wanted"))
_SYNCED_AT = select(networks.c.synced_at).where(_THIS)
_SET_SYNCED_AT = update(networks).where(_THIS).values(synced_at=bindparam("value"))
_SET_NAME = update(networks).where(_THIS).values(name=bindparam("value"))
_SET_ENTERPRISE = update(networks).where(_THIS).values(enterprise=bindparam("value"))
_DELETE = delete(networks).where(_THIS)
_LAST_ID = select(func.max(networks.c.network_id))
_LAST_RETIRED_ID = select(func.max(retired_ids.c.network_id))
_LONGEST_RETIRED_ID = (
    select(retired_ids.c.network_id)
    .order_by(retired_ids.c.retired_at, retired_ids.c.network_id)
    .limit(1)
)
_BRING_BACK = delete(retired_ids).where(retired_ids.c.network_id == bindparam("network"))


class MembershipStore:
    """Makes and removes networks, and says who is in them with which role."""

    def __init__(
        self,
        *,
        clock: Clock,
        address_of: AddressOf,
        node_exists: NodeExists,
        external_id_of: ExternalIdOf,
        member_limit: MemberLimit,
        terms: Terms,
    ) -> None:
        self._clock = clock
        self._address_of = address_of
        self._node_exists = node_exists
        self._external_id_of = external_id_of
        self._member_limit = member_limit
        self._terms = terms

    def operations(self) -> dict[type, Callable[..., Mapping[str, Any]]]:
        """The requests that write, each with the method that answers it.

        `CreateNetwork` is not among them: what it says of the network's expression policy
        is for another store, so it is answered in ``registry.dispatch``.
        """
        return {
            JoinNetwork: self.join_network,
            LeaveNetwork: self.leave_network,
            DeleteNetwork: self.delete_network,
            RenameNetwork: self.rename_network,
            SetNetworkEnterprise: self.set_network_enterprise,
            InviteToNetwork: self.invite_to_network,
            RespondInvite: self.respond_invite,
            PromoteMember: self.promote_member,
            DemoteMember: self.demote_member,
            KickMember: self.kick_member,
            TransferOwnership: self.transfer_ownership,
            SetMemberTags: self.set_member_tags,
        }

    # What other stores ask, in a transaction.

    def exists(self, transaction: Transaction, network_id: int) -> bool:
        """Whether there is a network; the backbone is always there."""
        return network_id == BACKBONE or self._find(transaction, network_id) is not None

    def role_of(self, transaction: Transaction, network_id: int, node_id: int) -> str:
        """A node's role in a network; empty if it is not a member.

        Raises:
            LookupError: There is no such network.
        """
        role = members.role_of(transaction, network_id, node_id)
        if not role and not self.exists(transaction, network_id):
            raise LookupError(f"network {network_id}: network not found")
        return role

    def admin_token_matches(self, transaction: Transaction, network_id: int, token: str) -> bool:
        """Whether a token is the network's own admin token; false where it has none.

        Raises:
            LookupError: There is no such network.
        """
        if not self.exists(transaction, network_id):
            raise LookupError(f"network {network_id}: network not found")
        kept: bytes | None = transaction.execute(_ADMIN_TOKEN, {"network": network_id}).scalar()
        return kept is not None and token_matches(token, kept)

    def member_count(self, transaction: Transaction, network_id: int) -> int:
        """How many members a network has."""
        return members.count(transaction, network_id)

    def named(self, transaction: Transaction, name: str) -> int:
        """The network of a name; 0 if there is none."""
        return transaction.execute(_BY_NAME, {"wanted": name}).scalar() or 0

    def is_enterprise(self, transaction: Transaction, network_id: int) -> bool:
        """Whether a network carries the enterprise flag.

        Raises:
            LookupError: There is no such network.
        """
        network = self._find(transaction, network_id)
        if network is None:
            raise LookupError(f"network {network_id}: network not found")
        return bool(network.enterprise)

    def roles(self, transaction: Transaction, network_id: int) -> dict[int, str]:
        """The members of a network, each with its role."""
        return members.roles(transaction, network_id)

    # What those who span stores have it do, in a transaction.

    def give_role(self, transaction: Transaction, network_id: int, node_id: int, role: str) -> None:
        """Give a member another role; if it is the owner's, the old owner becomes an admin."""
        old_owner = members.owner_of(transaction, network_id) if role == OWNER else 0
        if old_owner:
            members.set_role(transaction, network_id, old_owner, ADMIN)
        members.set_role(transaction, network_id, node_id, role)

    def dismiss(self, transaction: Transaction, network_id: int, node_id: int) -> None:
        """Put a member out of a network because an outside directory says so."""
        self._remove(transaction, network_id, node_id, reason="synced")

    def preassign(
        self, transaction: Transaction, network_id: int, roles: Mapping[str, str]
    ) -> None:
        """Have roles wait in a network for those with an external id, and no others."""
        preassignments.replace(transaction, network_id, roles)

    def preassign_one(
        self, transaction: Transaction, network_id: int, external_id: str, role: str
    ) -> None:
        """Have a role wait for somebody, unless one does already."""
        preassignments.add(transaction, network_id, external_id, role)

    def drop_preassigned(self, transaction: Transaction, network_id: int, external_id: str) -> None:
        """Have no role wait for somebody."""
        preassignments.drop(transaction, network_id, external_id)

    def preassigned_count(self, transaction: Transaction, network_id: int) -> int:
        """How many roles wait in a network."""
        return preassignments.count(transaction, network_id)

    def note_sync(self, transaction: Transaction, network_id: int) -> None:
        """Note that the members were just brought in line with an outside directory."""
        now = int(self._clock())
        transaction.execute(_SET_SYNCED_AT, {"network": network_id, "value": now})

    def last_sync(self, transaction: Transaction, network_id: int) -> int | None:
        """When that was, in unix seconds; None for never."""
        at: int | None = transaction.execute(_SYNCED_AT, {"network": network_id}).scalar()
        return at

    # Networks.

    def create_network(
        self, transaction: Transaction, request: CreateNetwork, _caller: Caller
    ) -> dict[str, Any]:
        """Make a network, with a node as its owner and first member, or empty.

        What the request says of an expression policy is left to others.

        Raises:
            ValueError: The name is malformed or taken, a token is missing, or the rules
                cannot be followed.
            LookupError: The owner is not registered, or there are no more network ids.
        """
        check_name(request.name)
        join_rule = request.join_rule or OPEN
        if join_rule == TOKEN and not request.token:
            raise ValueError("token: a network with join_rule token needs one")
        rules = read_rules(request.rules) if request.rules else None
        if request.node_id:
            self._require_node(transaction, request.node_id)
        self._require_free_name(transaction, request.name)
        network_id, now = self._new_id(transaction), int(self._clock())
        facts = {
            "network_id": network_id,
            "name": request.name,
            "join_rule": join_rule,
            "enterprise": request.enterprise,
            "rules": rules,
            "created_at": now,
        }
        secrets = {
            "token": hash_token(request.token) if join_rule == TOKEN else None,
            "admin_token": _hash_if_any(request.network_admin_token),
        }
        transaction.execute(insert(networks), facts | secrets)
        transaction.publish(NETWORK_CREATED(**facts, owner_id=request.node_id))
        if request.node_id:
            members.add(transaction, network_id, request.node_id, role=OWNER, now=now)
        answer = {
            "network_id": network_id,
            "name": request.name,
            "enterprise": request.enterprise,
        }
        return {**answer, "managed": True} if rules else answer

    def rename_network(
        self, transaction: Transaction, request: RenameNetwork, _caller: Caller
    ) -> dict[str, Any]:
        """Give a network another name.

        Raises:
            LookupError: There is no such network.
            ValueError: The name is malformed or taken.
        """
        network = self._get(transaction, request.network_id, "rename")
        check_name(request.name)
        if request.name != network.name:
            self._require_free_name(transaction, request.name)
            transaction.execute(_SET_NAME, {"network": request.network_id, "value": request.name})
            transaction.publish(
                NETWORK_RENAMED(
                    network_id=request.network_id, name=request.name, old_name=network.name
                )
            )
        return {"network_id": request.network_id, "name": request.name}

    def set_network_enterprise(
        self, transaction: Transaction, request: SetNetworkEnterprise, _caller: Caller
    ) -> dict[str, Any]:
        """Set or clear a network's enterprise flag.

        Raises:
            LookupError: There is no such network.
            ValueError: It is the backbone.
        """
        network = self._get(transaction, request.network_id, "set enterprise on")
        if request.enterprise != network.enterprise:
            transaction.execute(
                _SET_ENTERPRISE, {"network": request.network_id, "value": request.enterprise}
            )
            transaction.publish(
                NETWORK_ENTERPRISE_CHANGED(
                    network_id=request.network_id, enterprise=request.enterprise
                )
            )
        return {"network_id": request.network_id, "enterprise": request.enterprise}

    def delete_network(
        self, transaction: Transaction, request: DeleteNetwork, _caller: Caller
    ) -> dict[str, Any]:
        """Remove a network: its members leave it, its invites are dropped.

        Raises:
            LookupError: There is no such network.
            ValueError: It is the backbone.
        """
        network_id = request.network_id
        network = self._get(transaction, network_id, "delete")
        members.remove_all(transaction, network_id, reason="network_deleted")
        invitations.drop_of_network(transaction, network_id)
        preassignments.drop_of_network(transaction, network_id)
        transaction.execute(_DELETE, {"network": network_id})
        transaction.execute(
            insert(retired_ids), {"network_id": network_id, "retired_at": int(self._clock())}
        )
        transaction.publish(NETWORK_DELETED(network_id=network_id, name=network.name))
        return {"network_id": network_id}

    # Coming and going.

    def join_network(
        self, transaction: Transaction, request: JoinNetwork, _caller: Caller
    ) -> dict[str, Any]:
        """Put a node into a network that is open, or whose token it knows.

        Raises:
            LookupError: There is no such node or network.
            PermissionError: The token is wrong, an invite is needed, or the network is full.
            ValueError: The node is in it already, or it is the backbone.
        """
        network = self._get(transaction, request.network_id, "join")
        self._require_node(transaction, request.node_id)
        if network.join_rule == INVITE:
            raise PermissionError(
                f"network_id: network {request.network_id} is invite-only "
                "(invite_to_network, then respond_invite)"
            )
        if network.join_rule == TOKEN and not token_matches(request.token, network.token):
            raise PermissionError(f"token: invalid token for network {request.network_id}")
        self._require_may_join(transaction, request.network_id, request.node_id)
        self._join(transaction, request.network_id, request.node_id)
        answer = {
            "network_id": request.network_id,
            "address": self._address_of(request.network_id, request.node_id),
            **self._terms(transaction, request.network_id),
        }
        return {**answer, "rules": network.rules} if network.rules else answer

    def leave_network(
        self, transaction: Transaction, request: LeaveNetwork, _caller: Caller
    ) -> dict[str, Any]:
        """Take a node out of a network, and drop the invites it made there.

        An owner who leaves leaves the network without one; that of an enterprise network
        has to hand it over first.

        Raises:
            LookupError: There is no such network, or the node is not in it.
            PermissionError: The node owns an enterprise network.
            ValueError: It is the backbone.
        """
        network = self._get(transaction, request.network_id, "leave")
        role = self._member_role(transaction, request.network_id, request.node_id, "node_id")
        if network.enterprise and role == OWNER:
            raise PermissionError(
                "node_id: cannot leave network: owner must transfer ownership first"
            )
        self._remove(transaction, request.network_id, request.node_id, reason="left")
        return {"network_id": request.network_id}

    def kick_member(
        self, transaction: Transaction, request: KickMember, caller: Caller
    ) -> dict[str, Any]:
        """Put a member out of a network, and drop the invites it made there.

        Raises:
            LookupError: There is no such network, or the target is not in it.
            PermissionError: The target is the owner, or an admin and so is the caller.
            ValueError: It is the backbone.
        """
        network_id, target = request.network_id, request.target_node_id
        self._get(transaction, network_id, "kick from")
        held = self._member_role(transaction, network_id, target)
        if held == OWNER:
            raise PermissionError("target_node_id: cannot kick the network owner")
        if held == ADMIN and members.role_of(transaction, network_id, caller.node_id) == ADMIN:
            raise PermissionError("target_node_id: admins cannot kick other admins")
        self._remove(transaction, network_id, target, reason="kicked")
        return {"network_id": network_id, "target_node_id": target}

    # Invites.

    def invite_to_network(
        self, transaction: Transaction, request: InviteToNetwork, _caller: Caller
    ) -> dict[str, Any]:
        """Put an invite into a node's inbox; one that waits there already is no error.

        Raises:
            LookupError: There is no such network, or one of the nodes is not registered.
            PermissionError: The inbox is full.
            ValueError: The network is not invite-only, or the target is in it already.
        """
        network_id, target = request.network_id, request.target_node_id
        self._require_invitable(transaction, request)
        now = int(self._clock())
        waiting = {
            network: invite
            for network, invite in invitations.inbox(transaction, target).items()
            if not invitations.expired(invite, now)
        }
        answer = {"network_id": network_id, "target_node_id": target}
        if network_id in waiting:
            return {**answer, "status": "already_invited"}
        if len(waiting) >= invitations.LARGEST_INBOX:
            raise PermissionError(f"target_node_id: invite inbox full for node {target}")
        invitations.put(transaction, network_id, target, Invite(request.inviter_id, now))
        return answer

    def respond_invite(
        self, transaction: Transaction, request: RespondInvite, _caller: Caller
    ) -> dict[str, Any]:
        """Accept an invite and join the network, or decline it.

        Raises:
            LookupError: The node is not registered, or no invite waits for it, or it expired.
            PermissionError: The network is full; the invite goes on waiting.
        """
        network_id, node_id = request.network_id, request.node_id
        self._require_node(transaction, node_id)
        invite = invitations.inbox(transaction, node_id).get(network_id)
        if invite is None:
            raise LookupError(
                f"network_id: no pending invite for node {node_id} to network {network_id}"
            )
        if invitations.expired(invite, self._clock()):
            raise LookupError(
                f"network_id: invite for node {node_id} to network {network_id} has expired"
            )
        if request.accept:
            self._require_may_join(transaction, network_id, node_id)
        invitations.take(transaction, network_id, node_id, accept=request.accept)
        if request.accept:
            self._join(transaction, network_id, node_id)
        return {"network_id": network_id, "accepted": request.accept}

    # Roles.

    def promote_member(
        self, transaction: Transaction, request: PromoteMember, _caller: Caller
    ) -> dict[str, Any]:
        """Make a member an admin.

        Raises:
            LookupError: There is no such network, or the target is not in it.
            ValueError: The target is not a plain member.
        """
        return self._change_role(transaction, request, ADMIN, "promote")

    def demote_member(
        self, transaction: Transaction, request: DemoteMember, _caller: Caller
    ) -> dict[str, Any]:
        """Make an admin a plain member.

        Raises:
            LookupError: There is no such network, or the target is not in it.
            ValueError: The target is not an admin.
        """
        return self._change_role(transaction, request, MEMBER, "demote")

    def transfer_ownership(
        self, transaction: Transaction, request: TransferOwnership, _caller: Caller
    ) -> dict[str, Any]:
        """Make another member the owner; the old owner, if there is one, becomes an admin.

        Raises:
            LookupError: There is no such network, or the new owner is not in it.
            ValueError: The new owner is the owner already.
        """
        network_id, new_owner = request.network_id, request.new_owner_id
        self._get(transaction, network_id, "transfer")
        if self._member_role(transaction, network_id, new_owner, "new_owner_id") == OWNER:
            raise ValueError(f"new_owner_id: node {new_owner} is already the owner")
        old_owner = members.owner_of(transaction, network_id)
        self.give_role(transaction, network_id, new_owner, OWNER)
        return {"network_id": network_id, "old_owner": old_owner, "new_owner": new_owner}

    def set_member_tags(
        self, transaction: Transaction, request: SetMemberTags, _caller: Caller
    ) -> dict[str, Any]:
        """Replace a member's tags within a network.

        Raises:
            LookupError: There is no such network, or the target is not in it.
            ValueError: There are too many tags, or one is malformed.
        """
        network_id, target = request.network_id, request.target_node_id
        self._get(transaction, network_id, "tag members of")
        tags = check_tags(request.tags or ())
        self._member_role(transaction, network_id, target)
        members.set_tags(transaction, network_id, target, tags)
        return {"network_id": network_id, "target_node_id": target, "tags": tags}

    # What follows from what others do.

    def on_node_deregistered(self, transaction: Transaction, event: Event) -> None:
        """Take a node that left for good out of every network; drop the invites it got or made.

        A network that it owned stays, without an owner, as on the public server; an
        administrator may give it a new one by ``transfer_ownership``.
        """
        node_id = event.payload["node_id"]
        members.remove_from_all(transaction, node_id, reason="deregistered")
        invitations.drop_of_node(transaction, node_id)

    def _find(self, transaction: Transaction, network_id: int) -> Any:
        return transaction.execute(_NETWORK, {"network": network_id}).one_or_none()

    def _get(self, transaction: Transaction, network_id: int, action: str) -> Any:
        if network_id == BACKBONE:
            raise ValueError(f"network_id: cannot {action} the backbone network")
        network = self._find(transaction, network_id)
        if network is None:
            raise LookupError(f"network {network_id}: network not found")
        return network

    def _new_id(self, transaction: Transaction) -> int:
        """An id that no network ever had, or else the one that is unused the longest."""
        last: int = max(
            transaction.execute(statement).scalar() or 0
            for statement in (_LAST_ID, _LAST_RETIRED_ID)
        )
        if last < LAST_NETWORK_ID:
            return last + 1
        unused: int | None = transaction.execute(_LONGEST_RETIRED_ID).scalar()
        if unused is None:
            raise LookupError(f"network ID space exhausted (max {LAST_NETWORK_ID} networks)")
        transaction.execute(_BRING_BACK, {"network": unused})
        return unused

    def _require_free_name(self, transaction: Transaction, name: str) -> None:
        if transaction.execute(_BY_NAME, {"wanted": name}).one_or_none() is not None:
            raise ValueError(f'name: network "{name}" already exists')

    def _require_node(self, transaction: Transaction, node_id: int, field: str = "node_id") -> None:
        if not self._node_exists(transaction, node_id):
            raise LookupError(f"{field}: node {node_id} not registered")

    def _member_role(
        self,
        transaction: Transaction,
        network_id: int,
        node_id: int,
        field: str = "target_node_id",
    ) -> str:
        role = members.role_of(transaction, network_id, node_id)
        if not role:
            raise LookupError(f"{field}: node {node_id} is not a member of network {network_id}")
        return role

    def _require_may_join(self, transaction: Transaction, network_id: int, node_id: int) -> None:
        if members.role_of(transaction, network_id, node_id):
            raise ValueError(f"node_id: node {node_id} already in network {network_id}")
        limit = self._member_limit(transaction, network_id)
        if limit and members.count(transaction, network_id) >= limit:
            raise PermissionError(f"network_id: network membership limit reached ({limit} members)")

    def _require_invitable(self, transaction: Transaction, request: InviteToNetwork) -> None:
        network_id, target = request.network_id, request.target_node_id
        if request.inviter_id == target:
            raise ValueError("target_node_id: cannot invite yourself")
        network = self._get(transaction, network_id, "invite to")
        self._require_node(transaction, request.inviter_id, "inviter_id")
        if network.join_rule != INVITE:
            raise ValueError(
                f"network_id: network {network_id} is not invite-only (rule: {network.join_rule})"
            )
        self._require_node(transaction, target, "target_node_id")
        if members.role_of(transaction, network_id, target):
            raise ValueError(
                f"target_node_id: node {target} is already a member of network {network_id}"
            )

    def _join(self, transaction: Transaction, network_id: int, node_id: int) -> None:
        role = self._role_on_joining(transaction, network_id, node_id)
        members.add(transaction, network_id, node_id, role=role, now=int(self._clock()))

    def _role_on_joining(self, transaction: Transaction, network_id: int, node_id: int) -> str:
        """The role that waits for a node; by joining, nobody takes a network from its owner."""
        external_id = self._external_id_of(transaction, node_id)
        if not external_id:
            return MEMBER
        role = preassignments.role_for(transaction, network_id, external_id)
        if role == OWNER and members.owner_of(transaction, network_id):
            return ADMIN
        return role or MEMBER

    def _remove(
        self, transaction: Transaction, network_id: int, node_id: int, *, reason: str
    ) -> None:
        members.remove(transaction, network_id, node_id, reason)
        invitations.drop_between(transaction, network_id, node_id)

    def _change_role(
        self,
        transaction: Transaction,
        request: PromoteMember | DemoteMember,
        role: str,
        action: str,
    ) -> dict[str, Any]:
        network_id, target = request.network_id, request.target_node_id
        self._get(transaction, network_id, f"{action} in")
        held = self._member_role(transaction, network_id, target)
        if held == OWNER:
            raise ValueError(f"target_node_id: cannot {action} the owner")
        if held == role:
            raise ValueError(f"target_node_id: node {target} is already {role}")
        members.set_role(transaction, network_id, target, role)
        return {"network_id": network_id, "target_node_id": target, "role": role}


def _hash_if_any(token: str) -> bytes | None:
    return hash_token(token) if token else None
