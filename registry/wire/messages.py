"""The messages of the binary protocol (wire.md, "Binary protocol")."""

from enum import IntEnum

from msgspec import Struct


class MessageType(IntEnum):
    """The first byte of a frame."""

    JSON = 0x00
    HEARTBEAT = 0x01
    LOOKUP = 0x02
    RESOLVE = 0x03
    HEARTBEAT_OK = 0x81
    LOOKUP_OK = 0x82
    RESOLVE_OK = 0x83
    ERROR = 0xFF


class JsonMessage(Struct, frozen=True):
    """A request or an answer of the JSON protocol, as it is."""

    body: bytes


class HeartbeatRequest(Struct, frozen=True):
    """A node is alive; it signs ``heartbeat:{node_id}``."""

    node_id: int
    signature: bytes


class LookupRequest(Struct, frozen=True):
    """What everybody may know about a node."""

    node_id: int


class ResolveRequest(Struct, frozen=True):
    """Where a node is reached; the requester signs ``resolve:{requester_id}:{node_id}``."""

    node_id: int
    requester_id: int
    signature: bytes


class HeartbeatOk(Struct, frozen=True):
    """The registry's time in unix seconds, and whether the node's key expires soon."""

    time: int
    key_expires_soon: bool = False


class LookupOk(Struct, frozen=True):
    """What everybody may know about a node.

    Attributes:
        node_id: The node.
        public: Whether everybody may know its endpoint.
        task_exec: Whether it runs tasks for others.
        networks: The networks it is in.
        public_key: 32 bytes; empty for a node without a key.
        hostname: Its name, or empty.
        tags: What it says about itself; at most 255.
        real_addr: Its endpoint; empty unless the reader may see it.
        external_id: Who it is elsewhere; empty unless the reader may see it.
    """

    node_id: int
    public: bool = False
    task_exec: bool = False
    networks: tuple[int, ...] = ()
    public_key: bytes = b""
    hostname: str = ""
    tags: tuple[str, ...] = ()
    real_addr: str = ""
    external_id: str = ""


class ResolveOk(Struct, frozen=True):
    """Where a node is reached.

    Attributes:
        node_id: The node.
        real_addr: Its endpoint.
        lan_addrs: Its endpoints in its own network.
        key_age_days: For how long it has had its key; None if that is unknown.
    """

    node_id: int
    real_addr: str
    lan_addrs: tuple[str, ...] = ()
    key_age_days: int | None = None


class ErrorAnswer(Struct, frozen=True):
    """What was wrong with a request."""

    text: str


Request = JsonMessage | HeartbeatRequest | LookupRequest | ResolveRequest
Answer = JsonMessage | HeartbeatOk | LookupOk | ResolveOk | ErrorAnswer
