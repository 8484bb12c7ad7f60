"""What the directory keeps, and what it accepts."""

import re
import sys
from collections.abc import Iterable, Sequence

from attrs import field, frozen

MOST_TAGS = 10
MOST_LAN_ADDRS = 16
LONGEST_ADDR = 262
"""Characters of ``host:port``: a DNS name has at most 255."""
LONGEST_VERSION = 64

_HOSTNAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_TAG = re.compile(r"[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?")
_PORT = re.compile(r"[0-9]{1,5}")
_RESERVED = frozenset({"localhost", "backbone", "broadcast"})


def _strings(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(values)


@frozen
class Node:
    """A registered node.

    Attributes:
        node_id: Its id.
        real_addr: Its endpoint, ``host:port``.
        lan_addrs: Its endpoints in its own network.
        hostname: Unique; empty for none.
        public: Whether anyone may learn its endpoint.
        tags: What it says it is good for.
        version: The version of its daemon, as it says.
        relay_only: Whether it is reached through a beacon only.
        task_exec: Whether it runs tasks for others, as it says.
    """

    node_id: int
    real_addr: str
    lan_addrs: tuple[str, ...] = field(converter=_strings, default=())
    hostname: str = ""
    public: bool = False
    tags: tuple[str, ...] = field(converter=_strings, default=())
    version: str = field(converter=sys.intern, default="")  # many have the same
    relay_only: bool = False
    task_exec: bool = False


def check_hostname(hostname: str) -> None:
    """Check a hostname; empty is allowed and means none.

    Raises:
        ValueError: It breaks a rule of the public server.
    """
    if not hostname:
        return
    if len(hostname) > 63:
        raise ValueError("hostname too long (max 63 chars)")
    if not _HOSTNAME.fullmatch(hostname):
        raise ValueError(
            "hostname must be lowercase alphanumeric with hyphens, start/end with alphanumeric"
        )
    if hostname in _RESERVED:
        raise ValueError(f'hostname "{hostname}" is reserved')


def clean_tags(tags: Sequence[str]) -> tuple[str, ...]:
    """Tags without a leading ``#`` and without repetitions.

    Raises:
        ValueError: There are too many, or one breaks a rule of the public server.
    """
    cleaned = tuple(dict.fromkeys(tag.removeprefix("#") for tag in tags))
    if len(cleaned) > MOST_TAGS:
        raise ValueError(f"tags: too many tags (max {MOST_TAGS})")
    for tag in cleaned:
        if not tag:
            raise ValueError("tags: empty tag not allowed")
        if len(tag) > 32:
            raise ValueError(f'tags: tag "{tag[:40]}" too long (max 32 chars)')
        if not _TAG.fullmatch(tag):
            raise ValueError(f'tags: tag "{tag}" must be lowercase alphanumeric with hyphens')
    return cleaned


def observed_endpoint(listen_addr: str, sender: str, sender_port: int) -> str:
    """The endpoint of a node: the sender's address with the announced port.

    What a node says its address is proves nothing, and behind a NAT it is wrong.

    Args:
        listen_addr: ``host:port`` as announced, or empty.
        sender: The IP address that the registration came from.
        sender_port: The port that it came from, for want of an announced one.

    Raises:
        ValueError: The announced address has no port.
    """
    port: str | int = sender_port
    if listen_addr:
        _, colon, port = listen_addr.rpartition(":")
        if not (colon and _PORT.fullmatch(port) and 0 < int(port) <= 0xFFFF):
            raise ValueError("listen_addr: must be host:port with a port of 1 to 65535")
    return f"[{sender}]:{port}" if ":" in sender else f"{sender}:{port}"


def check_lan_addrs(addrs: Sequence[str]) -> tuple[str, ...]:
    """Check the endpoints a node has in its own network.

    Raises:
        ValueError: There are too many, or one is too long.
    """
    if len(addrs) > MOST_LAN_ADDRS:
        raise ValueError(f"lan_addrs: at most {MOST_LAN_ADDRS}")
    if any(len(addr) > LONGEST_ADDR for addr in addrs):
        raise ValueError(f"lan_addrs: an address has at most {LONGEST_ADDR} characters")
    return tuple(addr for addr in addrs if addr)
