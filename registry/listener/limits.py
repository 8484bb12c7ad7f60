"""What connections may ask of the server."""

from attrs import field, frozen
from attrs.validators import ge


@frozen(kw_only=True)
class Limits:
    """What connections may ask of the server.

    Attributes:
        connections: Open connections at most.
        connections_per_address: Those from one IPv4 address, or one IPv6 /64.
        frame_bytes: Bytes in one request at most, once somebody was proved to send it.
        stranger_frame_bytes: Bytes in one request at most before that.
        idle_seconds: How long a connection may be silent before it is closed.
        request_seconds: How long a request may take to arrive once it has begun.
        answer_seconds: How long a client may leave its answers unread.
    """

    connections: int = field(default=10_000, validator=ge(1))
    connections_per_address: int = field(default=1000, validator=ge(1))
    frame_bytes: int = field(default=1024 * 1024, validator=ge(1024))
    stranger_frame_bytes: int = field(default=128 * 1024, validator=ge(1024))
    idle_seconds: float = field(default=300.0, validator=ge(1))
    request_seconds: float = field(default=30.0, validator=ge(1))
    answer_seconds: float = field(default=30.0, validator=ge(1))
