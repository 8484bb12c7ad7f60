"""What connections may ask of the server."""

from attrs import field, frozen
from attrs.validators import ge


@frozen(kw_only=True)
class Limits:
    """What connections may ask of the server.

    Attributes:
        connections: Open connections at most.
        frame_bytes: Bytes in one request at most.
        idle_seconds: How long a connection may be silent before it is closed.
    """

    connections: int = field(default=10_000, validator=ge(1))
    frame_bytes: int = field(default=1024 * 1024, validator=ge(1024))
    idle_seconds: float = field(default=300.0, validator=ge(1))
