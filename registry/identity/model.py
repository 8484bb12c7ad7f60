"""What the identity store keeps."""

from datetime import UTC, datetime

from attrs import frozen


@frozen
class NodeKey:
    """The key of a node and its history, in unix seconds.

    Attributes:
        public_key: 32 bytes.
        owner: Who runs the node, as it says itself; it proves nothing.
        created_at: When the node was first registered.
        rotated_at: When it last got another key; None for never.
        rotate_count: How often it got another key.
        expires_at: Until when the key is good; None for ever.
    """

    public_key: bytes
    owner: str
    created_at: int
    rotated_at: int | None = None
    rotate_count: int = 0
    expires_at: int | None = None

    @property
    def in_use_since(self) -> int:
        """When this very key came into use."""
        return self.created_at if self.rotated_at is None else self.rotated_at

    def expired(self, now: float) -> bool:
        """Whether the key is no longer good."""
        return self.expires_at is not None and now >= self.expires_at


def format_time(unix_seconds: int) -> str:
    """A moment as RFC 3339 in UTC, as the public server writes it."""
    return datetime.fromtimestamp(unix_seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
