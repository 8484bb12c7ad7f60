"""What the routing store keeps."""

from attrs import frozen

LONGEST_ADDR = 262
"""Characters of ``host:port``: a DNS name has at most 255."""


@frozen
class Beacon:
    """A beacon and its lease.

    Attributes:
        beacon_id: The number it chose.
        addr: Where it is reached, ``host:port``.
        expires_at: When its lease ends, in unix seconds.
    """

    beacon_id: int
    addr: str
    expires_at: int


def check_addr(addr: str) -> None:
    """Check where a beacon says it is reached.

    Raises:
        ValueError: It is not ``host:port``.
    """
    host, _, port = addr.rpartition(":")
    if not host or len(addr) > LONGEST_ADDR:
        raise ValueError("addr: must be host:port")
    if not (port.isascii() and port.isdigit() and 0 < int(port) <= 0xFFFF):
        raise ValueError("addr: must have a port of 1 to 65535")
