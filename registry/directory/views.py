"""The directory, as others read it."""

from bisect import bisect_left, bisect_right, insort
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice
from typing import Any, TypeVar

import msgspec
from attrs import evolve, frozen
from sqlalchemy import Connection, Text, cast, select

from registry.directory.messages import Heartbeat, ListNodes, Lookup, Resolve, ResolveHostname
from registry.directory.model import Node
from registry.directory.ports import (
    AddressOf,
    Badge,
    Caller,
    Clock,
    Member,
    Neighbours,
    Sources,
)
from registry.directory.presence import Presence
from registry.directory.store import NODE_COLUMNS
from registry.directory.tables import nodes
from registry.events import Bus, Event, Projection, Snapshots

T = TypeVar("T")

EXPIRY_WARNING = 24 * 3600
"""Seconds before a key expires from which heartbeats say so."""

HEARTBEAT_SKEW = 60
"""Seconds by which the time that a heartbeat says may differ from now."""

MOST_ANSWERS = 65_536
"""Encoded lookup answers kept at most."""

_DAY = 24 * 3600
_LISTS = [nodes.c.lan_addrs, nodes.c.tags]
_ALL = select(
    nodes.c.last_seen,
    # As text: mostly, there is nothing in it to be decoded.
    *(cast(column, Text) if column in _LISTS else column for column in NODE_COLUMNS),
).order_by(nodes.c.node_id)

ROWS_AT_ONCE = 10_000
"""Rows that are fetched together where all are read."""


class DirectoryView:
    """Nodes and what other stores say of them, in memory.

    Memberships and scores are copies, fed by the bus. The encoded answer to a
    lookup is kept until an event about its node arrives.

    Attributes:
        made_answers: How many answers to lookups were encoded so far.
    """

    def __init__(
        self,
        *,
        bus: Bus,
        snapshots: Snapshots,
        sources: Sources,
        neighbours: Neighbours,
        presence: Presence,
        clock: Clock,
        address_of: AddressOf,
        closed_lists: bool,
    ) -> None:
        """Begin to listen.

        Args:
            bus: Where everything that happens is told.
            snapshots: Opens the database to start from.
            sources: Other stores' facts to start from.
            neighbours: The other stores' read models.
            presence: Who was heard of when.
            clock: Unix time in seconds.
            address_of: Writes a node's address.
            closed_lists: Whether only members may list the nodes of networks that are not
                open.
        """
        self._snapshots = snapshots
        self._sources = sources
        self._neighbours = neighbours
        self._presence = presence
        self._clock = clock
        self._address_of = address_of
        self._closed_lists = closed_lists
        self._nodes: dict[int, Node] = {}
        self._ids: list[int] = []  # sorted
        self._node_of_hostname: dict[str, int] = {}
        self._networks: dict[int, frozenset[int]] = {}  # without the backbone
        self._scores: dict[int, int] = {}
        self._key_expiries: dict[int, int] = {}  # of the keys that expire, in unix seconds
        self._key_generations: dict[int, int] = {}  # of the nodes that had more than one
        self._badges: dict[int, dict[str, Any]] = {}  # as they are shown
        self._external_ids: dict[int, str] = {}
        self._answers: OrderedDict[int, bytes] = OrderedDict()
        self.made_answers = 0
        self._heartbeat_time = 0
        self._heartbeat_answer = b""
        self.projection = Projection(
            bus,
            (
                "node.*",
                "key.*",
                "identity.badge_changed",
                "identity.external_id_changed",
                "membership.*",
                "polo.changed",
            ),
            apply=self._apply,
            rebuild=self._rebuild,
        )

    def operations(self) -> dict[type, Callable[..., Mapping[str, Any] | bytes]]:
        """The requests that only read, each with the method that answers it."""
        return {
            Lookup: self.lookup,
            Resolve: self.resolve,
            ResolveHostname: self.resolve_hostname,
            ListNodes: self.list_nodes,
            Heartbeat: self.heartbeat,
        }

    def node(self, node_id: int) -> Node:
        """A registered node.

        Raises:
            LookupError: There is no such node.
        """
        self.projection.catch_up()
        node = self._nodes.get(node_id)
        if node is None:
            raise LookupError(f"node {node_id}: node not found")
        return node

    def exists(self, node_id: int) -> bool:
        """Whether a node is registered."""
        self.projection.catch_up()
        return node_id in self._nodes

    def ids(self) -> list[int]:
        """The ids of all registered nodes, in no order."""
        self.projection.catch_up()
        return list(self._nodes)

    def reachable(self, node_id: int, requester_id: int) -> Node:
        """A node whose endpoint the requester may know.

        A private node's endpoint is for the nodes that it trusts and that trust it, and
        for those that share a network with it other than the backbone.

        Raises:
            LookupError: One of the nodes is not registered.
            PermissionError: The node is private.
        """
        self.projection.catch_up()
        if requester_id not in self._nodes:
            raise LookupError(f"resolve denied: requester node {requester_id} is not registered")
        node = self.node(node_id)
        if not self._may_reach(requester_id, node):
            raise PermissionError(
                f"resolve denied: node {node_id} is private (establish mutual trust first)"
            )
        return node

    def endpoint_for(self, requester_id: int, node_id: int) -> str:
        """Where a requester reaches a node; raises as `reachable` does."""
        return self._endpoint(self.reachable(node_id, requester_id))

    def __len__(self) -> int:
        """How many nodes are registered."""
        self.projection.catch_up()
        return len(self._nodes)

    @property
    def kept_answers(self) -> int:
        """How many encoded answers to lookups are kept."""
        return len(self._answers)

    def lookup(self, request: Lookup, caller: Caller) -> dict[str, Any] | bytes:
        """Answer with what is publicly known of a node, or what a signer may know.

        Raises:
            LookupError: There is no such node.
        """
        self.projection.catch_up()
        if caller.node_id:
            return self._lookup_for(caller.node_id, self.node(request.node_id))
        answer = self._answers.get(request.node_id)
        if answer is None:
            node = self.node(request.node_id)
            answer = msgspec.json.encode(self._lookup_answer(node, in_full=node.public))
            self.made_answers += 1
            if not node.relay_only:  # whose endpoint is a beacon's, and beacons come and go
                self._keep(node.node_id, answer)
        return answer

    def resolve(self, request: Resolve, _caller: Caller) -> dict[str, Any]:
        """Answer with a node's endpoint, if the requester may know it (`reachable`).

        Raises:
            LookupError: One of the nodes is not registered.
            PermissionError: The node is private.
        """
        node = self.reachable(request.node_id, request.requester_id)
        answer: dict[str, Any] = {
            "node_id": node.node_id,
            "real_addr": self._endpoint(node),
            "key_age_days": self._key_age_days(node.node_id),
        }
        if node.relay_only:
            answer["relay_only"] = True
        elif node.lan_addrs:
            answer["lan_addrs"] = node.lan_addrs
        return answer

    def resolve_hostname(self, request: ResolveHostname, caller: Caller) -> dict[str, Any]:
        """Answer with the node that has a hostname.

        The answer holds no endpoint, and a real daemon asks without saying who it is
        before it can shake hands, so private nodes are found too. When one was last heard
        of is for those who may reach it.

        Raises:
            ValueError: The hostname is empty.
            LookupError: No node has the hostname.
        """
        self.projection.catch_up()
        if not request.hostname:
            raise ValueError("hostname: required")
        node_id = self._node_of_hostname.get(request.hostname)
        if node_id is None:
            raise LookupError(f'hostname "{request.hostname}" not found')
        node = self._nodes[node_id]
        answer = {
            "node_id": node_id,
            "address": self._address_of(0, node_id),
            "public": node.public,
            "hostname": request.hostname,
        }
        if self._may_reach(caller.node_id, node):
            answer["last_seen_unix"] = self._presence.last_seen(node_id)
        return answer

    def list_nodes(self, request: ListNodes, caller: Caller) -> dict[str, Any]:
        """Answer with a page of a network's nodes.

        Raises:
            LookupError: There is no such network.
            PermissionError: The backbone is listed for administrators only, and a network
                that is not open for its members as well.
        """
        self.projection.catch_up()
        listed = self._listed(request, caller)
        entry = (
            self._list_entry if self._is_inside(request.network_id, caller) else self._bare_entry
        )
        if caller.is_admin and request.network_id == 0:
            entry = self._admin_entry
        page = list(islice(listed, request.limit))
        answer: dict[str, Any] = {
            "nodes": [entry(request.network_id, node_id, member) for node_id, member in page]
        }
        if next(listed, None) is not None:
            answer["next_after"] = page[-1][0]
        return answer

    def heartbeat(self, request: Heartbeat, _caller: Caller) -> dict[str, Any] | bytes:
        """Note a node's sign of life and answer with the time.

        Raises:
            LookupError: There is no such node.
            PermissionError: It was not made now.
        """
        node_id = request.node_id
        self.projection.catch_up()
        if node_id not in self._nodes:
            raise LookupError(f"node {node_id}: node not found")
        if request.ts and abs(self._clock() - request.ts) > HEARTBEAT_SKEW:
            raise PermissionError(f"ts: is not within {HEARTBEAT_SKEW} s of now")
        now = self._presence.heard_of(node_id)
        expires_at = self._key_expiries.get(node_id)
        if expires_at is not None and expires_at < now + EXPIRY_WARNING:
            return {"time": now, "key_expiry_warning": True}
        if now != self._heartbeat_time:  # one encoding serves everybody for a second
            self._heartbeat_time = now
            self._heartbeat_answer = msgspec.json.encode({"type": "heartbeat_ok", "time": now})
        return self._heartbeat_answer

    def _keep(self, node_id: int, answer: bytes) -> None:
        if len(self._answers) >= MOST_ANSWERS:
            self._answers.popitem(last=False)
        self._answers[node_id] = answer

    def _may_reach(self, requester_id: int, node: Node) -> bool:
        """Whether a node may know how to reach another; node 0 is anyone."""
        if node.public:
            return True
        if requester_id not in self._nodes:
            return False
        node_id = node.node_id
        if requester_id == node_id or self._neighbours.trusted(requester_id, node_id):
            return True
        nowhere: frozenset[int] = frozenset()
        theirs = self._networks.get(requester_id, nowhere)
        return not theirs.isdisjoint(self._networks.get(node_id, nowhere))

    def _listed(self, request: ListNodes, caller: Caller) -> Iterator[tuple[int, Member | None]]:
        """The nodes of a network in order, if the caller may list them.

        On the backbone they are members of nothing.
        """
        network_id = request.network_id
        if network_id == 0:
            if not caller.is_admin:
                raise PermissionError(
                    "listing backbone nodes is not permitted (use lookup with a specific node_id)"
                )
            first = bisect_right(self._ids, request.after)
            ids = self._ids[first : first + request.limit + 1]
            return ((node_id, None) for node_id in ids)
        if not (self._is_inside(network_id, caller) or self._neighbours.is_steered(network_id)):
            who = f"node {caller.node_id}" if caller.node_id else "who does not sign"
            raise PermissionError(
                f"list_nodes denied: {who} is not a member of network {network_id}"
            )
        return self._neighbours.members_after(network_id, request.after)

    def _is_inside(self, network_id: int, caller: Caller) -> bool:
        """Whether a caller sees the list of a network as its members do."""
        return (
            caller.is_admin
            or not self._closed_lists
            or self._neighbours.is_open(network_id)
            or caller.node_id in self._neighbours.members(network_id)
        )

    def _endpoint(self, node: Node) -> str:
        return self._neighbours.relay_address() if node.relay_only else node.real_addr

    def _key_age_days(self, node_id: int) -> int:
        age = self._clock() - self._neighbours.key_in_use_since(node_id)
        return max(0, int(age)) // _DAY

    def _lookup_for(self, requester_id: int, node: Node) -> dict[str, Any]:
        """What a node may know of another."""
        if not self._may_reach(requester_id, node):
            return self._lookup_answer(node, in_full=False)
        answer = self._lookup_answer(node, in_full=True)
        return {**answer, "last_seen_unix": self._presence.last_seen(node.node_id)}

    def _lookup_answer(self, node: Node, *, in_full: bool) -> dict[str, Any]:
        answer: dict[str, Any] = {
            "type": "lookup_ok",
            "node_id": node.node_id,
            "address": self._address_of(0, node.node_id),
            "networks": [0, *sorted(self._networks.get(node.node_id, ()))],
            "public_key": self._neighbours.public_key(node.node_id),
            "public": node.public,
            "key_generation": self._key_generations.get(node.node_id, 0),
            "polo_score": self._scores.get(node.node_id, 0),
        }
        answer |= self._public_fields(node)
        if in_full:
            answer["real_addr"] = answer["endpoint"] = self._endpoint(node)
            if node.relay_only:
                answer["relay_only"] = True
        if self._presence.is_stale(node.node_id):
            answer["stale"] = True
        return answer

    def _bare_entry(self, network_id: int, node_id: int, _member: object) -> dict[str, Any]:
        """What a member's daemon needs, which does not say who it is, to find the others."""
        return {"node_id": node_id, "address": self._address_of(network_id, node_id)}

    def _list_entry(self, network_id: int, node_id: int, member: Member | None) -> dict[str, Any]:
        entry = self._bare_entry(network_id, node_id, member)
        if member is not None:
            entry["role"] = member.role
            if member.tags:
                entry["member_tags"] = member.tags
        node = self._nodes.get(node_id)
        if node is None:  # reaped: still a member, should it come back
            return {**entry, "offline": True}
        entry |= {"public": node.public, **self._public_fields(node)}
        if node.public:
            entry["real_addr"] = self._endpoint(node)
        if self._presence.is_stale(node_id):
            entry["stale"] = True
        entry["last_seen"] = _format_time(self._presence.last_seen(node_id))
        return entry

    def _admin_entry(self, network_id: int, node_id: int, member: Member | None) -> dict[str, Any]:
        entry = self._list_entry(network_id, node_id, member)
        external_id = self._external_ids.get(node_id)
        return {**entry, "external_id": external_id} if external_id else entry

    def _public_fields(self, node: Node) -> dict[str, Any]:
        """What anyone may know of a node, where there is something to know."""
        fields = {
            "hostname": node.hostname,
            "tags": node.tags,
            "version": node.version,
            "task_exec": node.task_exec,
        }
        said = {name: value for name, value in fields.items() if value}
        return said | self._badges.get(node.node_id, {})

    def _apply(self, event: Event) -> None:
        node_id = event.payload["node_id"]
        self._answers.pop(node_id, None)
        if event.source == "directory":
            self._apply_own(event, node_id)
        else:
            self._apply_copied(event, node_id)

    def _apply_own(self, event: Event, node_id: int) -> None:
        """Follow what this store said of a node."""
        payload = event.payload
        match event.type:
            case "node.registered":
                self._put(Node(**payload))
                self._presence.heard_of(node_id)
            case "node.hostname_changed":
                self._put(evolve(self._nodes[node_id], hostname=payload["hostname"]))
            case "node.visibility_changed":
                self._put(evolve(self._nodes[node_id], public=payload["public"]))
            case "node.tags_changed":
                self._put(evolve(self._nodes[node_id], tags=payload["tags"]))
            case "node.task_exec_changed":
                self._put(evolve(self._nodes[node_id], task_exec=payload["task_exec"]))
            case "node.deregistered" | "node.reaped":
                self._remove(node_id)

    def _apply_copied(self, event: Event, node_id: int) -> None:
        """Follow what other stores said of a node."""
        payload = event.payload
        match event.type:
            case "membership.joined":
                self._join(node_id, payload["network_id"])
            case "membership.left":
                self._leave(node_id, payload["network_id"])
            case "polo.changed":
                self._scores[node_id] = payload["polo_score"]
            case _ if event.source == "identity":
                self._apply_identity(event, node_id)

    def _apply_identity(self, event: Event, node_id: int) -> None:
        payload = event.payload
        match event.type:
            case "key.rotated":
                self._key_generations[node_id] = payload["rotate_count"]
                self._key_expiries.pop(node_id, None)
            case "key.expiry_changed":
                _set(self._key_expiries, node_id, payload["expires_at"])
            case "identity.external_id_changed":
                _set(self._external_ids, node_id, payload["external_id"])
            case "identity.badge_changed":
                badge = _ToldBadge(
                    payload["badge"],
                    payload["badge_sig"],
                    payload["provider"],
                    payload["verified_at"],
                )
                _set(self._badges, node_id, _shown(badge) if badge.badge else None)

    def _put(self, node: Node) -> None:
        known = self._nodes.get(node.node_id)
        if known is None:
            insort(self._ids, node.node_id)
        elif known.hostname:
            self._node_of_hostname.pop(known.hostname, None)
        self._nodes[node.node_id] = node
        if node.hostname:
            self._node_of_hostname[node.hostname] = node.node_id

    def _remove(self, node_id: int) -> None:
        node = self._nodes.pop(node_id)
        del self._ids[bisect_left(self._ids, node_id)]
        self._node_of_hostname.pop(node.hostname, None)
        self._presence.forget(node_id)

    def _join(self, node_id: int, network_id: int) -> None:
        self._networks[node_id] = self._networks.get(node_id, frozenset()) | {network_id}

    def _leave(self, node_id: int, network_id: int) -> None:
        left = self._networks.get(node_id, frozenset()) - {network_id}
        if left:
            self._networks[node_id] = left
        else:
            self._networks.pop(node_id, None)

    def _rebuild(self) -> int:
        for copy in (self._nodes, self._node_of_hostname, self._networks, self._answers):
            copy.clear()
        with self._snapshots() as snapshot:
            connection = snapshot.connection
            self._read_nodes(connection)
            for node_id, network_id in self._sources.memberships(connection):
                self._join(node_id, network_id)
            self._key_expiries = dict(self._sources.key_expiries(connection))
            self._key_generations = dict(self._sources.key_generations(connection))
            self._external_ids = dict(self._sources.external_ids(connection))
            badges = self._sources.badges(connection)
            self._badges = {node_id: _shown(badge) for node_id, badge in badges}
            self._scores = dict(self._sources.scores(connection))
            return snapshot.number

    def _read_nodes(self, connection: Connection) -> None:
        """Read every node, and when it was last heard of: most of what a start takes."""
        last_seen: dict[int, int] = {}
        times: dict[int, int] = {}  # one object for each that many nodes have in common
        for rows in connection.execute(_ALL).partitions(ROWS_AT_ONCE):
            for at, node_id, addr, lan_addrs, hostname, public, tags, *rest in rows:
                self._nodes[node_id] = Node(
                    node_id, addr, _list(lan_addrs), hostname, public, _list(tags), *rest
                )
                if hostname:
                    self._node_of_hostname[hostname] = node_id
                last_seen[node_id] = times.setdefault(at, at)
        self._ids = list(self._nodes)
        self._presence.restore(last_seen)


@frozen
class _ToldBadge:
    """A badge as an event tells it."""

    badge: str
    badge_sig: str
    provider: str
    verified_at: int


def _list(text: str) -> list[str] | tuple[()]:
    return () if text == "[]" else msgspec.json.decode(text, type=list[str])


def _set(copy: dict[int, T], node_id: int, value: T | None) -> None:
    """Keep a fact about a node, or forget it where there is none."""
    if value:
        copy[node_id] = value
    else:
        copy.pop(node_id, None)


def _shown(badge: Badge) -> dict[str, Any]:
    """A badge as it stands in answers."""
    return {
        "verified": True,
        "badge": badge.badge,
        "badge_sig": badge.badge_sig,
        "verification_provider": badge.provider,
        "verified_at": _format_time(badge.verified_at),
    }


def _format_time(unix_seconds: int) -> str:
    return datetime.fromtimestamp(unix_seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
