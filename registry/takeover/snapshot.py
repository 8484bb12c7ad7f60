"""The snapshot that the public Go server keeps: one JSON object with all that it knows.

Both formats are read: that of the rendezvous server (versions 0 and 1), and the older one
without roles, policies and tokens of administrators. Nothing is judged here but the shape.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, TypeVar

import msgspec
from attrs import frozen
from msgspec import Meta, Raw, Struct

NodeId = Annotated[int, Meta(ge=0, le=0xFFFF_FFFF)]
NetworkId = Annotated[int, Meta(ge=0, le=0xFFFF)]
Time = str

T = TypeVar("T")

NEWEST_VERSION = 1

NOT_TAKEN: Mapping[str, str] = {
    "audit_log": "the change log of this server begins with the import",
    "idp_config": "an identity provider is not asked by this server",
    "audit_export_config": "how the audit trail is exported is to be set up anew",
}
"""Parts that are left behind, and why."""

_STATISTICS = frozenset(
    {
        *("total_requests", "total_nodes", "online_nodes", "trust_links", "unique_tags"),
        *("task_executors", "start_time", "restart_events", "downtime_intervals"),
        *("last_heartbeat", "probe_states", "hourly_history", "daily_history"),
        *("net_hourly_history", "net_daily_history", "term"),
    }
)
"""Parts that are about the old server itself."""

_CHECKSUM = re.compile(rb',"checksum":"([0-9a-f]{64})"\}\s*\Z')


class GoNode(Struct, frozen=True, kw_only=True):
    """A node."""

    id: NodeId
    public_key: str
    owner: str = ""
    real_addr: str = ""
    public: bool = False
    last_seen: Time = ""
    hostname: str = ""
    tags: list[str] | None = None
    polo_score: int = 0
    task_exec: bool = False
    lan_addrs: list[str] | None = None
    key_created: Time = ""
    key_rotated: Time = ""
    key_rot_count: int = 0
    key_expires: Time = ""
    external_id: str = ""
    version: str = ""
    relay_only: bool = False
    badge: str = ""
    badge_sig: str = ""
    verification_provider: str = ""
    verified_at: Time = ""
    recovery_commitment: str = ""
    recovery_provider: str = ""


class GoPolicy(Struct, frozen=True, kw_only=True):
    """What a network allows."""

    max_members: int = 0
    allowed_ports: list[int] | None = None
    description: str = ""


class GoNetwork(Struct, frozen=True, kw_only=True):
    """A network."""

    id: NetworkId
    name: str
    join_rule: str = "open"
    token: str = ""
    members: list[NodeId] | None = None
    member_roles: dict[str, str] | None = None
    member_tags: dict[str, list[str] | None] | None = None
    admin_token: str = ""
    policy: GoPolicy | None = None
    rules: dict[str, Any] | None = None
    expr_policy: Raw = Raw(b"null")
    enterprise: bool = False
    created: Time = ""


class GoRequest(Struct, frozen=True, kw_only=True):
    """A handshake that waits for an answer."""

    from_node_id: NodeId
    justification: str = ""
    timestamp: Time = ""


class GoAnswer(Struct, frozen=True, kw_only=True):
    """An answer that waits for who had asked."""

    from_node_id: NodeId
    accept: bool = False
    timestamp: Time = ""


class GoInvite(Struct, frozen=True, kw_only=True):
    """An invite that waits for an answer."""

    network_id: NetworkId
    inviter_id: NodeId
    timestamp: Time = ""


class GoRole(Struct, frozen=True, kw_only=True):
    """A role that waits for somebody."""

    external_id: str
    role: str


@frozen(kw_only=True)
class GoSnapshot:
    """Everything that is in a snapshot and can be of use here.

    Attributes:
        next_node: The id that the next new node would have had.
        next_network: The same of networks.
        nodes: By id.
        networks: By id, the backbone included.
        trust_pairs: Who trusts whom, as it is written: ``LOWER:HIGHER``.
        node_of_key: Whose a base64 key is, also of nodes that are not there any more.
        requests: Handshakes, by who is asked.
        answers: By who had asked.
        invites: By who is invited.
        waiting_roles: By network.
        left_behind: The other parts of the snapshot, each with why it is not used.
        intact: Whether the checksum fits; None if there is none that can be checked.
    """

    next_node: int
    next_network: int
    nodes: Mapping[int, GoNode]
    networks: Mapping[int, GoNetwork]
    trust_pairs: Sequence[str]
    node_of_key: Mapping[str, int]
    requests: Mapping[int, Sequence[GoRequest]]
    answers: Mapping[int, Sequence[GoAnswer]]
    invites: Mapping[int, Sequence[GoInvite]]
    waiting_roles: Mapping[int, Sequence[GoRole]]
    left_behind: Mapping[str, str]
    intact: bool | None


def read_snapshot(data: bytes) -> GoSnapshot:
    """Read a snapshot.

    Raises:
        ValueError: It is none; the text says at which path what is wrong.
    """
    parts = _Parts(data)
    version = parts.take("version", int, 0)
    if version > NEWEST_VERSION:
        raise ValueError(f"version: {version} is newer than {NEWEST_VERSION}, the newest known")
    return GoSnapshot(
        next_node=parts.take("next_node", NodeId, 1),
        next_network=parts.take("next_net", NetworkId, 1),
        nodes=parts.entities("nodes", GoNode),
        networks=parts.entities("networks", GoNetwork),
        trust_pairs=parts.take("trust_pairs", list[str], []),
        node_of_key=parts.take("pub_key_idx", dict[str, NodeId], {}),
        requests=parts.by_id("handshake_inbox", list[GoRequest]),
        answers=parts.by_id("handshake_responses", list[GoAnswer]),
        invites=parts.by_id("invite_inbox", list[GoInvite]),
        waiting_roles=parts.by_id("rbac_pre_assign", list[GoRole]),
        left_behind=parts.left_behind(),
        intact=_is_intact(data),
    )


def moment(text: Time, path: str) -> int | None:
    """A time as Go writes it, in unix seconds; None for none.

    Raises:
        ValueError: It is no time; the text names the path.
    """
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{path}: {text[:40]!r} is not an RFC 3339 time") from None
    if at.year <= 1:  # how Go writes that there is none
        return None
    return int(at.timestamp())


class _Parts:
    """The parts of a snapshot, read one by one so that errors can name the path."""

    def __init__(self, data: bytes) -> None:
        try:
            self._parts = msgspec.json.decode(data, type=dict[str, Raw])
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise ValueError(f"this is no JSON object: {error}") from error
        if "nodes" not in self._parts or "next_node" not in self._parts:
            raise ValueError("this is no snapshot: it has no nodes and next_node")

    def take(self, name: str, kind: Any, default: T) -> T:
        """A part, or what stands for it where it is missing or null."""
        raw = self._parts.pop(name, None)
        if raw is None or bytes(raw) == b"null":
            return default
        value: T = _decode(raw, kind, name)
        return value

    def by_id(self, name: str, kind: Any) -> dict[int, Any]:
        """A part whose keys are ids; what is null there is left out."""
        read: dict[int, Any] = {}
        parts: dict[str, Raw] = self.take(name, dict[str, Raw], {})
        for key, raw in parts.items():
            path = f'{name}["{key}"]'
            if not (key.isascii() and key.isdigit()):
                raise ValueError(f"{path}: the key is not an id")
            if bytes(raw) != b"null":
                read[int(key)] = _decode(raw, kind, path)
        return read

    def entities(self, name: str, kind: type[T]) -> dict[int, T]:
        """A part whose keys are ids that its values say again, lowest id first."""
        read: dict[int, Any] = self.by_id(name, kind)
        for key, entity in read.items():
            if entity.id != key:
                raise ValueError(f'{name}["{key}"].id: is {entity.id}')
        return dict(sorted(read.items()))

    def left_behind(self) -> dict[str, str]:
        """What nobody took, with reasons; statistics together."""
        found = {
            name: NOT_TAKEN.get(name, "is not known here")
            for name in self._parts
            if name not in _STATISTICS and name != "checksum"
        }
        if self._parts.keys() & _STATISTICS:
            found["statistics"] = "are about the old server"
        return found


def _decode(raw: Raw, kind: Any, path: str) -> Any:
    try:
        return msgspec.json.decode(raw, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        text, _, inner = str(error).partition(" - at `$")
        raise ValueError(f"{path}{inner.rstrip('`')}: {text}") from error


def _is_intact(data: bytes) -> bool | None:
    """Whether the checksum is that of the bytes before it; None where it stands elsewhere."""
    found = _CHECKSUM.search(data)
    if found is None:
        return None
    rest = data[: found.start()] + b"}"
    wanted = found[1].decode()
    return any(hashlib.sha256(rest + end).hexdigest() == wanted for end in (b"", b"\n"))
