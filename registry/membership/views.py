"""Networks, members and waiting invites, as others read them."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from attrs import evolve
from sqlalchemy import func, select

from registry.events import Bus, Event, Projection, Snapshots
from registry.membership.invitations import expired
from registry.membership.messages import GetMemberRole, GetMemberTags, ListNetworks, PollInvites
from registry.membership.model import (
    ADMIN,
    BACKBONE,
    MEMBER,
    OPEN,
    OWNER,
    Invite,
    Member,
    Network,
)
from registry.membership.ports import Caller, Clock, HasExprPolicy, NodeCount, Summary
from registry.membership.tables import invites, members, networks, preassigned_roles

_NETWORKS = select(
    networks.c.network_id,
    networks.c.name,
    networks.c.join_rule,
    networks.c.enterprise,
    networks.c.rules,
    networks.c.created_at,
)
_MEMBERS = select(members.c.network_id, members.c.node_id, members.c.role, members.c.tags)
_PREASSIGNED = select(preassigned_roles.c.network_id, func.count()).group_by(
    preassigned_roles.c.network_id
)
_INVITES = select(invites.c.node_id, invites.c.network_id, invites.c.inviter_id, invites.c.at)

_MEMBER_OF_ROLE = {role: Member(role) for role in (OWNER, ADMIN, MEMBER)}  # shared
_NOWHERE: Mapping[int, Member] = MappingProxyType({})


class MembershipView:
    """Every network with its members, and every waiting invite, in memory."""

    def __init__(
        self,
        *,
        bus: Bus,
        snapshots: Snapshots,
        clock: Clock,
        node_count: NodeCount,
        summary: Summary,
        has_expr_policy: HasExprPolicy,
        closed_lists: bool,
    ) -> None:
        """Begin to listen.

        Args:
            bus: Where everything that happens is told.
            snapshots: Opens the database to start from.
            clock: Unix time in seconds.
            node_count: How many nodes are registered.
            summary: What else is said of a network.
            has_expr_policy: Whether a network has an expression policy.
            closed_lists: Whether only members are told of networks that are not open, and
                of how many members a network has.
        """
        self._snapshots = snapshots
        self._clock = clock
        self._node_count = node_count
        self._summary = summary
        self._has_expr_policy = has_expr_policy
        self._closed_lists = closed_lists
        self._networks: dict[int, Network] = {}
        self._members: dict[int, dict[int, Member]] = {}  # by network, then by node
        self._member_ids: dict[int, list[int]] = {}  # by network, sorted
        self._roles: dict[int, dict[int, Member]] = {}  # by node, then by network
        self._invites: dict[int, dict[int, Invite]] = {}  # by node, then by network
        self._preassigned: dict[int, int] = {}  # how many roles wait, by network
        self.projection = Projection(
            bus, ("network.*", "membership.*"), apply=self._apply, rebuild=self._rebuild
        )

    def operations(self) -> dict[type, Callable[..., Mapping[str, Any]]]:
        """The requests that only read, each with the method that answers it."""
        return {
            ListNetworks: self.list_networks,
            GetMemberRole: self.get_member_role,
            GetMemberTags: self.get_member_tags,
            PollInvites: self.poll_invites,
        }

    def exists(self, network_id: int) -> bool:
        """Whether there is a network; the backbone is always there."""
        self.projection.catch_up()
        return network_id == BACKBONE or network_id in self._networks

    def is_open(self, network_id: int) -> bool:
        """Whether a network takes in whoever comes; false where there is none."""
        self.projection.catch_up()
        network = self._networks.get(network_id)
        return network is not None and network.join_rule == OPEN

    def is_steered(self, network_id: int) -> bool:
        """Whether members' daemons follow rules or an expression policy of the network.

        They need to find it, and each other, in lists that they ask for without saying
        who they are.
        """
        self.projection.catch_up()
        network = self._networks.get(network_id)
        return network is not None and self._steers(network)

    def members(self, network_id: int) -> Mapping[int, Member]:
        """The members of a network by node id, as they are while nothing happens.

        Raises:
            LookupError: There is no such network, or it is the backbone.
        """
        self.projection.catch_up()
        if network_id not in self._networks:
            raise LookupError(f"network {network_id}: network not found")
        return MappingProxyType(self._members[network_id])

    def members_after(self, network_id: int, node_id: int) -> Iterator[tuple[int, Member]]:
        """The members of a network whose ids are above one, in order.

        Raises:
            LookupError: There is no such network.
        """
        members = self.members(network_id)
        ids = self._member_ids[network_id]
        places = range(bisect_right(ids, node_id), len(ids))
        return ((ids[place], members[ids[place]]) for place in places)

    def networks(self) -> list[Network]:
        """Every network in the order of their ids, without the backbone."""
        self.projection.catch_up()
        return [network for _, network in sorted(self._networks.items())]

    def preassigned_count(self, network_id: int) -> int:
        """How many roles wait in a network for those who are known elsewhere."""
        self.projection.catch_up()
        return self._preassigned.get(network_id, 0)

    def networks_of(self, node_id: int) -> tuple[int, ...]:
        """The networks a node is in, in the order of their ids, without the backbone."""
        self.projection.catch_up()
        return tuple(sorted(self._roles.get(node_id, _NOWHERE)))

    def share_network(self, node_id: int, peer_id: int) -> bool:
        """Whether two nodes are in one network other than the backbone."""
        self.projection.catch_up()
        theirs = self._roles.get(node_id, _NOWHERE)
        return not theirs.keys().isdisjoint(self._roles.get(peer_id, _NOWHERE))

    def __len__(self) -> int:
        """How many networks there are, without the backbone."""
        self.projection.catch_up()
        return len(self._networks)

    def list_networks(self, _request: ListNetworks, caller: Caller) -> dict[str, Any]:
        """Answer with the networks that the caller may know of, the backbone first."""
        self.projection.catch_up()
        backbone: dict[str, Any] = {
            "id": BACKBONE,
            "name": "backbone",
            "join_rule": OPEN,
            "enterprise": False,
        }
        if caller.node_id or self._sees_all(caller):
            backbone["members"] = self._node_count()
        backbone.update(self._summary(BACKBONE))
        if self._has_expr_policy(BACKBONE):
            backbone["has_expr_policy"] = True
        entries = (self._entry(network, caller) for _, network in sorted(self._networks.items()))
        return {"networks": [backbone, *filter(None, entries)]}

    def get_member_role(self, request: GetMemberRole, _caller: Caller) -> dict[str, Any]:
        """Answer with a member's role.

        Raises:
            LookupError: There is no such network, or the node is not in it.
        """
        network_id, target = request.network_id, request.target_node_id
        role = self._member(network_id, target).role
        return {"network_id": network_id, "target_node_id": target, "role": role}

    def get_member_tags(self, request: GetMemberTags, _caller: Caller) -> dict[str, Any]:
        """Answer with the tags of one member, or of every member by node id.

        Raises:
            LookupError: There is no such network, or the node is not in it.
        """
        network_id, target = request.network_id, request.target_node_id
        if target:
            tags = self._member(network_id, target).tags
            return {"network_id": network_id, "target_node_id": target, "tags": tags}
        tags_of = {str(node): member.tags for node, member in self.members(network_id).items()}
        return {"network_id": network_id, "members": tags_of}

    def poll_invites(self, request: PollInvites, _caller: Caller) -> dict[str, Any]:
        """Answer with the invites that wait for a node."""
        self.projection.catch_up()
        now = self._clock()
        waiting = self._invites.get(request.node_id, {})
        return {
            "invites": [
                {"network_id": network_id, "inviter_id": invite.inviter_id, "timestamp": invite.at}
                for network_id, invite in waiting.items()
                if not expired(invite, now)
            ]
        }

    def _member(self, network_id: int, node_id: int) -> Member:
        member = self.members(network_id).get(node_id)
        if member is None:
            raise LookupError(
                f"target_node_id: node {node_id} is not a member of network {network_id}"
            )
        return member

    def _sees_all(self, caller: Caller) -> bool:
        return caller.is_admin or not self._closed_lists

    def _is_inside(self, network_id: int, caller: Caller) -> bool:
        """Whether a caller sees a network as its members do."""
        return self._sees_all(caller) or caller.node_id in self._members[network_id]

    def _steers(self, network: Network) -> bool:
        return bool(network.rules) or self._has_expr_policy(network.network_id)

    def _entry(self, network: Network, caller: Caller) -> dict[str, Any]:
        """What a caller is told of a network; empty for nothing."""
        if self._is_inside(network.network_id, caller):
            counted = {"members": len(self._members[network.network_id])}
            return {**self._full_entry(network), **counted}
        if network.join_rule == OPEN:
            return self._full_entry(network)
        return self._bare_entry(network) if self._steers(network) else {}

    def _full_entry(self, network: Network) -> dict[str, Any]:
        return {
            **self._bare_entry(network),
            "created": network.created_at,
            **self._summary(network.network_id),
        }

    def _bare_entry(self, network: Network) -> dict[str, Any]:
        """What a member's daemon, or its administrator's tool, cannot do without."""
        entry: dict[str, Any] = {
            "id": network.network_id,
            "name": network.name,
            "join_rule": network.join_rule,
            "enterprise": network.enterprise,
        }
        if network.rules:
            entry |= {"managed": True, "rules": network.rules}
        if self._has_expr_policy(network.network_id):
            entry["has_expr_policy"] = True
        return entry

    def _apply(self, event: Event) -> None:
        if event.type.startswith("network."):
            self._apply_to_network(event)
        else:
            self._apply_to_node(event)

    def _apply_to_network(self, event: Event) -> None:
        payload = event.payload
        network_id = payload["network_id"]
        match event.type:
            case "network.created":
                facts = {name: fact for name, fact in payload.items() if name != "owner_id"}
                self._put(Network(**facts))
            case "network.renamed":
                self._networks[network_id] = evolve(
                    self._networks[network_id], name=payload["name"]
                )
            case "network.enterprise_changed":
                self._networks[network_id] = evolve(
                    self._networks[network_id], enterprise=payload["enterprise"]
                )
            case "network.roles_preassigned":
                self._preassigned[network_id] = payload["waiting"]
            case "network.deleted":
                self._preassigned.pop(network_id, None)
                del self._networks[network_id], self._members[network_id]
                del self._member_ids[network_id]

    def _apply_to_node(self, event: Event) -> None:
        payload = event.payload
        node_id, network_id = payload["node_id"], payload["network_id"]
        match event.type:
            case "membership.joined":
                self._place(network_id, node_id, _MEMBER_OF_ROLE[payload["role"]])
            case "membership.role_changed":
                member = evolve(self._members[network_id][node_id], role=payload["role"])
                self._place(network_id, node_id, member)
            case "membership.tags_changed":
                member = evolve(self._members[network_id][node_id], tags=payload["tags"])
                self._place(network_id, node_id, member)
            case "membership.left":
                del self._members[network_id][node_id]
                ids = self._member_ids[network_id]
                del ids[bisect_left(ids, node_id)]
                _discard(self._roles, node_id, network_id)
            case "membership.invited":
                self._invite(node_id, network_id, Invite(payload["inviter_id"], payload["at"]))
            case "membership.invite_answered" | "membership.invite_dropped":
                _discard(self._invites, node_id, network_id)

    def _put(self, network: Network) -> None:
        self._networks[network.network_id] = network
        self._members[network.network_id] = {}
        self._member_ids[network.network_id] = []

    def _place(self, network_id: int, node_id: int, member: Member) -> None:
        if node_id not in self._members[network_id]:
            insort(self._member_ids[network_id], node_id)
        self._members[network_id][node_id] = member
        self._roles.setdefault(node_id, {})[network_id] = member

    def _invite(self, node_id: int, network_id: int, invite: Invite) -> None:
        self._invites.setdefault(node_id, {})[network_id] = invite

    def _rebuild(self) -> int:
        for copy in (self._networks, self._members, self._member_ids, self._roles, self._invites):
            copy.clear()
        self._preassigned.clear()
        with self._snapshots() as snapshot:
            for row in snapshot.connection.execute(_NETWORKS):
                self._put(Network(*row))
            for network_id, node_id, role, tags in snapshot.connection.execute(_MEMBERS):
                member = Member(role, tags) if tags else _MEMBER_OF_ROLE[role]
                self._place(network_id, node_id, member)
            for network_id, waiting in snapshot.connection.execute(_PREASSIGNED):
                self._preassigned[network_id] = waiting
            for node_id, network_id, *invite in snapshot.connection.execute(_INVITES):
                self._invite(node_id, network_id, Invite(*invite))
            return snapshot.number


def _discard(of_node: dict[int, dict[int, Any]], node_id: int, network_id: int) -> None:
    """Take one network from what a node has, and the node when nothing is left."""
    held = of_node[node_id]
    del held[network_id]
    if not held:
        del of_node[node_id]
