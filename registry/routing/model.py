"""What the routing store keeps."""

import re

from attrs import frozen

LONGEST_ADDR = 262
"""Characters of ``host:port``: a DNS name has at most 255."""

_ADDR = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+(?:%[A-Za-z0-9._-]+)?\]):([0-9]{1,5})")


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
    match = _ADDR.fullmatch(addr)
    if match is None or len(addr) > LONGEST_ADDR:
        raise ValueError("addr: must be host:port, with an IPv6 address in brackets")
    if not 0 < int(match[1]) <= 0xFFFF:
        raise ValueError("addr: must have a port of 1 to 65535")
