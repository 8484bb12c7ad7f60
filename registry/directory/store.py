"""The operations of the directory store."""

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from attrs import evolve, frozen
from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from registry.directory.events import (
    HOSTNAME_CHANGED,
    NODE_DEREGISTERED,
    NODE_REAPED,
    NODE_REGISTERED,
    TAGS_CHANGED,
    TASK_EXEC_CHANGED,
    VISIBILITY_CHANGED,
)
from registry.directory.messages import (
    Deregister,
    SetHostname,
    SetTags,
    SetTaskExec,
    SetVisibility,
)
from registry.directory.model import Node, check_hostname, clean_tags
from registry.directory.ports import Caller, Clock
from registry.directory.tables import nodes
from registry.events import Transaction

NODE_COLUMNS = (  # in the order of the attributes of `Node`
    nodes.c.node_id,
    nodes.c.real_addr,
    nodes.c.lan_addrs,
    func.coalesce(nodes.c.hostname, ""),
    nodes.c.public,
    nodes.c.tags,
    nodes.c.version,
    nodes.c.relay_only,
    nodes.c.task_exec,
)
_SELECT = select(*NODE_COLUMNS)
_BY_ID = _SELECT.where(nodes.c.node_id == bindparam("node"))
_BY_IDS = _SELECT.where(nodes.c.node_id.in_(bindparam("wanted", expanding=True)))
_EXISTS = select(nodes.c.node_id).where(nodes.c.node_id == bindparam("node"))
_BY_HOSTNAME = select(nodes.c.node_id).where(nodes.c.hostname == bindparam("name"))
_BY_HOSTNAMES = select(nodes.c.hostname, nodes.c.node_id).where(
    nodes.c.hostname.in_(bindparam("wanted", expanding=True))
)
_THIS = nodes.c.node_id == bindparam("node")
_INSERT = insert(nodes)
_UPDATE_ENDPOINT = (
    update(nodes)
    .where(_THIS)
    .values(
        real_addr=bindparam("new_real_addr"),
        lan_addrs=bindparam("new_lan_addrs"),
        hostname=bindparam("new_hostname"),
        version=bindparam("new_version"),
        relay_only=bindparam("new_relay_only"),
        last_seen=bindparam("now"),
    )
)
_SET_HOSTNAME = update(nodes).where(_THIS).values(hostname=bindparam("value"))
_SET_PUBLIC = update(nodes).where(_THIS).values(public=bindparam("value"))
_SET_TAGS = update(nodes).where(_THIS).values(tags=bindparam("value"))
_SET_TASK_EXEC = update(nodes).where(_THIS).values(task_exec=bindparam("value"))
_SET_LAST_SEEN = (
    update(nodes)
    .where(_THIS, nodes.c.last_seen < bindparam("value"))  # another process may know better
    .values(last_seen=bindparam("value"))
)
_SEEN_SINCE = select(nodes.c.node_id, nodes.c.last_seen).where(
    nodes.c.last_seen >= bindparam("since")
)
_DELETE = delete(nodes).where(_THIS)
_REAP = delete(nodes).where(_THIS, nodes.c.last_seen < bindparam("since"))


@frozen
class Registration:
    """What became of a registration.

    Attributes:
        hostname: The node's hostname now; empty for none.
        hostname_error: Why the hostname that was asked for was not given; empty if it was.
    """

    hostname: str
    hostname_error: str = ""


def seen_since(connection: Connection, since: float) -> list[tuple[int, int]]:
    """Which nodes were heard of since a time, as far as it was saved: ids and unix seconds."""
    rows = connection.execute(_SEEN_SINCE, {"since": math.floor(since)})
    return [(node_id, at) for node_id, at in rows]


class DirectoryStore:
    """Adds, changes and removes nodes."""

    def __init__(self, *, clock: Clock, last_seen: Callable[[int], int]) -> None:
        """Make the store.

        Args:
            clock: Unix time in seconds.
            last_seen: When a node was last heard of, in unix seconds.
        """
        self._clock = clock
        self._last_seen = last_seen

    def operations(self) -> dict[type, Callable[..., Mapping[str, Any]]]:
        """The requests that write, each with the method that answers it."""
        return {
            SetHostname: self.set_hostname,
            SetVisibility: self.set_visibility,
            SetTags: self.set_tags,
            SetTaskExec: self.set_task_exec,
            Deregister: self.deregister,
        }

    def exists(self, transaction: Transaction, node_id: int) -> bool:
        """Whether a node is registered."""
        return transaction.execute(_EXISTS, {"node": node_id}).one_or_none() is not None

    def register(self, transaction: Transaction, arrivals: Sequence[Node]) -> list[Registration]:
        """Add nodes, or bring their endpoints up to date.

        What a node that is there already has set (visibility, tags) stays. A hostname
        that cannot be given is left out and does not fail the registration.

        Args:
            transaction: Where it happens.
            arrivals: As they announce themselves; an empty hostname asks for none.
        """
        known = self._known(transaction, arrivals)
        holders = self._holders(transaction, arrivals)
        added: dict[int, Node] = {}
        updated: dict[int, Node] = {}
        registrations = []
        for node in arrivals:
            hostname, problem = _grant_hostname(node, holders)
            if hostname:
                holders[hostname] = node.node_id
            before = known.get(node.node_id)
            after = known[node.node_id] = _arrive(node, hostname, before)
            (updated if before and node.node_id not in added else added)[node.node_id] = after
            registrations.append(Registration(after.hostname, problem))
        self._save(transaction, added.values(), updated.values())
        return registrations

    def set_hostname(
        self, transaction: Transaction, request: SetHostname, _caller: Caller
    ) -> dict[str, Any]:
        """Give a node a hostname, or take it away.

        Raises:
            ValueError: The hostname is malformed or reserved.
            LookupError: There is no such node.
            PermissionError: Another node has the hostname.
        """
        try:
            check_hostname(request.hostname)
        except ValueError as error:
            raise ValueError(f"invalid hostname: {error}") from None
        node = self._get(transaction, request.node_id)
        holder = self._holder(transaction, request.hostname)
        if holder not in (None, request.node_id):
            raise PermissionError(f'hostname "{request.hostname}" already in use by node {holder}')
        if node.hostname != request.hostname:
            transaction.execute(
                _SET_HOSTNAME, {"node": request.node_id, "value": request.hostname or None}
            )
            transaction.publish(
                HOSTNAME_CHANGED(node_id=request.node_id, hostname=request.hostname)
            )
        return {"node_id": request.node_id, "hostname": request.hostname}

    def suggest_hostname(self, transaction: Transaction, node_id: int, hostname: str) -> bool:
        """Give a node that has no hostname this one, if it is well formed and free.

        Returns:
            Whether the node has it now.
        """
        try:
            check_hostname(hostname)
        except ValueError:
            return False
        node = self._find(transaction, node_id)
        if not hostname or node is None or node.hostname or self._holder(transaction, hostname):
            return False
        transaction.execute(_SET_HOSTNAME, {"node": node_id, "value": hostname})
        transaction.publish(HOSTNAME_CHANGED(node_id=node_id, hostname=hostname))
        return True

    def set_visibility(
        self, transaction: Transaction, request: SetVisibility, _caller: Caller
    ) -> dict[str, Any]:
        """Make a node public or private.

        Raises:
            LookupError: There is no such node.
        """
        node = self._get(transaction, request.node_id)
        if node.public != request.public:
            transaction.execute(_SET_PUBLIC, {"node": request.node_id, "value": request.public})
            transaction.publish(VISIBILITY_CHANGED(node_id=request.node_id, public=request.public))
        return {
            "node_id": request.node_id,
            "visibility": "public" if request.public else "private",
        }

    def set_tags(
        self, transaction: Transaction, request: SetTags, _caller: Caller
    ) -> dict[str, Any]:
        """Replace a node's tags.

        Raises:
            ValueError: There are too many, or one is malformed.
            LookupError: There is no such node.
        """
        tags = clean_tags(request.tags or ())
        node = self._get(transaction, request.node_id)
        if node.tags != tags:
            transaction.execute(_SET_TAGS, {"node": request.node_id, "value": tags})
            transaction.publish(TAGS_CHANGED(node_id=request.node_id, tags=tags))
        return {"node_id": request.node_id, "tags": tags}

    def set_task_exec(
        self, transaction: Transaction, request: SetTaskExec, _caller: Caller
    ) -> dict[str, Any]:
        """Note whether a node runs tasks for others.

        Raises:
            LookupError: There is no such node.
        """
        node = self._get(transaction, request.node_id)
        if node.task_exec != request.enabled:
            transaction.execute(_SET_TASK_EXEC, {"node": request.node_id, "value": request.enabled})
            transaction.publish(
                TASK_EXEC_CHANGED(node_id=request.node_id, task_exec=request.enabled)
            )
        return {"node_id": request.node_id, "task_exec": request.enabled}

    def deregister(
        self, transaction: Transaction, request: Deregister, _caller: Caller
    ) -> dict[str, Any]:
        """Remove a node; one that is gone already is no error."""
        if transaction.execute(_DELETE, {"node": request.node_id}).rowcount:
            transaction.publish(NODE_DEREGISTERED(node_id=request.node_id))
        return {}

    def reap(
        self, transaction: Transaction, node_ids: Sequence[int], silent_since: float
    ) -> list[int]:
        """Remove the nodes that have still not been heard of.

        Args:
            transaction: Where it happens.
            node_ids: Which nodes seemed silent.
            silent_since: Unix time; a node heard of after it stays.

        Returns:
            Those that were removed.
        """
        reaped = []
        for node_id in node_ids:
            if self._last_seen(node_id) >= silent_since:
                continue
            # The table knows of registrations that the bus has not told of yet.
            since = math.ceil(silent_since)
            if transaction.execute(_REAP, {"node": node_id, "since": since}).rowcount:
                transaction.publish(NODE_REAPED(node_id=node_id))
                reaped.append(node_id)
        return reaped

    def save_last_seen(self, transaction: Transaction, last_seen: Mapping[int, int]) -> None:
        """Write back when nodes were last heard of, in unix seconds."""
        if last_seen:
            rows = [{"node": node_id, "value": at} for node_id, at in last_seen.items()]
            transaction.execute_many(_SET_LAST_SEEN, rows)

    def _find(self, transaction: Transaction, node_id: int) -> Node | None:
        row = transaction.execute(_BY_ID, {"node": node_id}).one_or_none()
        return None if row is None else _node(row)

    def _get(self, transaction: Transaction, node_id: int) -> Node:
        node = self._find(transaction, node_id)
        if node is None:
            raise LookupError(f"node {node_id}: node not found")
        return node

    def _holder(self, transaction: Transaction, hostname: str) -> int | None:
        """The node that has a hostname."""
        if not hostname:
            return None
        holder: int | None = transaction.execute(_BY_HOSTNAME, {"name": hostname}).scalar()
        return holder

    def _known(self, transaction: Transaction, arrivals: Sequence[Node]) -> dict[int, Node]:
        """Those of the nodes that are registered, as they are."""
        wanted = [node.node_id for node in arrivals]
        known = map(_node, transaction.execute(_BY_IDS, {"wanted": wanted}))
        return {node.node_id: node for node in known}

    def _holders(self, transaction: Transaction, arrivals: Sequence[Node]) -> dict[str, int]:
        """Who has the hostnames that are asked for."""
        wanted = [node.hostname for node in arrivals if node.hostname]
        if not wanted:
            return {}
        rows = transaction.execute(_BY_HOSTNAMES, {"wanted": wanted})
        return {row.hostname: row.node_id for row in rows}

    def _save(
        self, transaction: Transaction, added: Collection[Node], updated: Collection[Node]
    ) -> None:
        now = int(self._clock())
        if added:
            rows = [{**_row(node), "last_seen": now} for node in added]
            transaction.execute_many(_INSERT, rows)
        if updated:
            rows = [
                {
                    "node": node.node_id,
                    "new_real_addr": node.real_addr,
                    "new_lan_addrs": node.lan_addrs,
                    "new_hostname": node.hostname or None,
                    "new_version": node.version,
                    "new_relay_only": node.relay_only,
                    "now": now,
                }
                for node in updated
            ]
            transaction.execute_many(_UPDATE_ENDPOINT, rows)
        for node in (*added, *updated):
            transaction.publish(NODE_REGISTERED(**{**_row(node), "hostname": node.hostname}))


def _node(row: Iterable[Any]) -> Node:
    """A node as it stands in the table."""
    return Node(*row)


def _grant_hostname(node: Node, holders: Mapping[str, int]) -> tuple[str, str]:
    """The hostname that a registering node gets, and why not the one it asked for."""
    if not node.hostname:
        return "", ""
    try:
        check_hostname(node.hostname)
    except ValueError as error:
        return "", str(error)
    if holders.get(node.hostname, node.node_id) != node.node_id:
        return "", f'hostname "{node.hostname}" already in use'
    return node.hostname, ""


def _arrive(node: Node, hostname: str, before: Node | None) -> Node:
    """What becomes of a node that announces itself and is granted a hostname."""
    if before is None:
        return node if node.hostname == hostname else evolve(node, hostname=hostname)
    return evolve(
        before,
        real_addr=node.real_addr,
        lan_addrs=node.lan_addrs,
        hostname=hostname or before.hostname,
        version=node.version or before.version,
        relay_only=node.relay_only,
    )


def _row(node: Node) -> dict[str, Any]:
    """A node as it stands in the table."""
    return {
        "node_id": node.node_id,
        "real_addr": node.real_addr,
        "lan_addrs": node.lan_addrs,
        "hostname": node.hostname or None,
        "public": node.public,
        "tags": node.tags,
        "version": node.version,
        "relay_only": node.relay_only,
        "task_exec": node.task_exec,
    }
