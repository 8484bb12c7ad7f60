"""Directory sync: bringing a network's members in line with an outside directory of people."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar

from attrs import define, field
from msgspec import Meta, Struct

from registry.directory import DirectoryStore
from registry.dispatch.authentication import Caller
from registry.dispatch.events import DIRECTORY_SYNCED
from registry.events import Transaction
from registry.membership import MembershipStore

NetworkId = Annotated[int, Meta(ge=1, le=0xFFFF)]

ExternalIdOf = Callable[[Transaction, int], str]
"""By which id a node's holder is known elsewhere; empty if it is not."""

MOST_ENTRIES = 10_000
"""Entries that one request can have."""

_ROLES = ("owner", "admin", "member")


class Entry(Struct, frozen=True, kw_only=True):
    """Somebody in the outside directory; one without an ``external_id`` is passed over."""

    external_id: Annotated[str, Meta(max_length=256)] = ""
    display_name: str = ""
    role: str = ""
    disabled: bool = False


class DirectorySync(Struct, frozen=True, kw_only=True, tag_field="type", tag="directory_sync"):
    """Give the members of an enterprise network the roles that a directory says they have.

    Members are found by their external ids, in any case of letters. Who is disabled there
    is put out, and who is not listed at all too if ``remove_unlisted`` says so; members
    without an external id stay. For those who are no members yet the role waits.
    """

    access: ClassVar[tuple[str, ...]] = ("admin",)
    network_id: NetworkId
    entries: Annotated[list[Entry], Meta(min_length=1, max_length=MOST_ENTRIES)]
    remove_unlisted: bool = False
    signature: str = ""
    admin_token: str = ""


class DirectoryStatus(Struct, frozen=True, kw_only=True, tag_field="type", tag="directory_status"):
    """How many members of a network have an external id, and when it was last synced."""

    access: ClassVar[tuple[str, ...]] = ("admin",)
    left_out: ClassVar[tuple[str, ...]] = ("external_id always",)
    network_id: NetworkId
    signature: str = ""
    admin_token: str = ""


class DirectorySyncer:
    """Answers ``directory_sync`` and ``directory_status``.

    It asks identity who the members are, and tells membership and the directory.
    """

    def __init__(
        self,
        *,
        membership: MembershipStore,
        directory: DirectoryStore,
        external_id_of: ExternalIdOf,
    ) -> None:
        self._membership = membership
        self._directory = directory
        self._external_id_of = external_id_of

    def operations(self) -> dict[type, Callable[..., dict[str, Any]]]:
        """The requests that are answered in a transaction, each with its method."""
        return {DirectorySync: self.directory_sync, DirectoryStatus: self.directory_status}

    def directory_sync(
        self, transaction: Transaction, request: DirectorySync, _caller: Caller
    ) -> dict[str, Any]:
        """Bring a network's members in line with a directory.

        The directory is the judge: it may take a network's owner the role, or put it out.

        Raises:
            LookupError: There is no such network.
            PermissionError: It is no enterprise network.
            ValueError: The directory names several owners.
        """
        network_id = request.network_id
        if not self._membership.is_enterprise(transaction, network_id):
            raise PermissionError("network_id: directory sync requires enterprise network")
        entries = {entry.external_id.lower(): entry for entry in request.entries}
        entries.pop("", None)
        _require_one_owner(entries.values())
        members = self._members(transaction, network_id)
        sync = _Sync(transaction, network_id, self._membership, self._directory)
        for external_id, entry in entries.items():
            sync.follow(entry, members.get(external_id, ()))
        if request.remove_unlisted:
            for external_id in sorted(members.keys() - entries.keys() - {""}):
                sync.dismiss(members[external_id], f"removed unlisted {external_id}")
        self._membership.note_sync(transaction, network_id)
        counts = {
            "mapped": sync.mapped,
            "unmapped": len(entries) - sync.mapped,
            "updated": sync.updated,
            "disabled": sync.disabled,
        }
        transaction.publish(DIRECTORY_SYNCED(network_id=network_id, **counts))
        return {**counts, "actions": sync.actions}

    def directory_status(
        self, transaction: Transaction, request: DirectoryStatus, _caller: Caller
    ) -> dict[str, Any]:
        """Answer with how far a network's members are known elsewhere.

        Raises:
            LookupError: There is no such network.
        """
        network_id = request.network_id
        enterprise = self._membership.is_enterprise(transaction, network_id)
        members = self._members(transaction, network_id)
        total = sum(len(nodes) for nodes in members.values())
        unmapped = len(members.get("", ()))
        answer: dict[str, Any] = {
            "network_id": network_id,
            "total": total,
            "mapped": total - unmapped,
            "unmapped": unmapped,
            "enterprise": enterprise,
        }
        if waiting := self._membership.preassigned_count(transaction, network_id):
            answer["pre_assignments"] = waiting
        if (at := self._membership.last_sync(transaction, network_id)) is not None:
            answer["last_sync"] = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return answer

    def _members(self, transaction: Transaction, network_id: int) -> dict[str, list[int]]:
        """The members of a network by external id; those without one by the empty id."""
        members: dict[str, list[int]] = {}
        for node_id in sorted(self._membership.roles(transaction, network_id)):
            external_id = self._external_id_of(transaction, node_id).lower()
            members.setdefault(external_id, []).append(node_id)
        return members


@define(eq=False)
class _Sync:
    """One run, and what it has done so far.

    Attributes:
        mapped: Entries that are members.
        updated: Members that have another role now.
        disabled: Members that were put out.
        actions: What was done, in words.
    """

    _transaction: Transaction
    _network_id: int
    _membership: MembershipStore
    _directory: DirectoryStore
    mapped: int = 0
    updated: int = 0
    disabled: int = 0
    actions: list[str] = field(factory=list)

    def follow(self, entry: Entry, nodes: Sequence[int]) -> None:
        """Do what the directory says of somebody, who has these nodes in the network."""
        self.mapped += bool(nodes)
        if entry.disabled:
            self._membership.drop_preassigned(
                self._transaction, self._network_id, entry.external_id
            )
            self.dismiss(nodes, f"disabled {entry.external_id}")
            return
        role = _role(entry)
        if role and not nodes:
            self._membership.preassign_one(
                self._transaction, self._network_id, entry.external_id, role
            )
        for node_id in nodes:
            self._give_role(node_id, role, entry.external_id)
            self._directory.suggest_hostname(self._transaction, node_id, entry.display_name)
            if role == "owner":
                role = "admin"  # of somebody's nodes, one can own the network

    def dismiss(self, nodes: Iterable[int], action: str) -> None:
        """Put members out."""
        for node_id in nodes:
            self._membership.dismiss(self._transaction, self._network_id, node_id)
            self.disabled += 1
            self.actions.append(f"{action} (node {node_id})")

    def _give_role(self, node_id: int, role: str, external_id: str) -> None:
        held = self._membership.role_of(self._transaction, self._network_id, node_id)
        if role in ("", held):
            return
        self._membership.give_role(self._transaction, self._network_id, node_id, role)
        self.updated += 1
        self.actions.append(f"role {external_id}: {held} → {role} (node {node_id})")


def _role(entry: Entry) -> str:
    """The role that an entry names; empty for none, and member for one that is unknown here."""
    if not entry.role:
        return ""
    return entry.role if entry.role in _ROLES else "member"


def _require_one_owner(entries: Iterable[Entry]) -> None:
    owners = [entry for entry in entries if entry.role == "owner" and not entry.disabled]
    if len(owners) > 1:
        raise ValueError(f"entries: {len(owners)} owners, but a network can have one only")
