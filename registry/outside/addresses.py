"""Which addresses this server calls: none that lead inside, where it is trusted more.

Whoever may configure an address could else have the server ask what only the server can
reach: a metadata service, a database, the router.
"""

import ipaddress
from urllib.parse import urlsplit

LONGEST_URL = 2048
"""Characters."""

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_SCHEMES = ("http", "https")
_INSIDE_NAMES = ("localhost", "local", "internal", "home.arpa")
"""Top-level names, or what stands for one, that are never outside."""

_NAT64 = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052: an IPv4 address in the last 32 bits


class ForbiddenAddress(ValueError):
    """An address that leads inside."""


def check_url(url: str, field: str, *, allow_inside: bool) -> str:
    """Check the form of an address, and where it leads as far as that shows.

    Names are not looked up here: what they stand for is checked at every call.

    Args:
        url: What is to be configured.
        field: The request's field, for the error.
        allow_inside: Whether it may lead inside.

    Returns:
        The address.

    Raises:
        ForbiddenAddress: It leads inside.
        ValueError: It is malformed.
    """
    if len(url) > LONGEST_URL:
        raise ValueError(f"{field}: longer than {LONGEST_URL} characters")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise ValueError(f"{field}: {error}") from None
    if parts.scheme not in _SCHEMES:
        raise ValueError(f"{field}: must begin with http:// or https://")
    if not host or port == 0 or not url.isprintable() or " " in url:
        raise ValueError(f"{field}: has no valid host and port")
    if parts.username is not None or parts.fragment:
        raise ValueError(f"{field}: must have neither a user name nor a fragment")
    if not allow_inside and _is_inside_name(host):
        raise ForbiddenAddress(f"{field}: {host} leads inside, which this server does not allow")
    return url


def is_inside(text: str) -> bool:
    """Whether an IP address is not one of the public internet.

    Addresses that carry an IPv4 address are as far inside as that one.

    Raises:
        ValueError: It is no IP address.
    """
    address = _innermost(ipaddress.ip_address(text.partition("%")[0]))
    return not address.is_global or address.is_multicast or address.is_reserved


def _is_inside_name(host: str) -> bool:
    try:
        return is_inside(host)
    except ValueError:
        pass
    name = host.rstrip(".").lower()
    if not name.strip("0123456789.") or name.startswith("0x"):
        return True  # 2130706433, 127.1, 0x7f000001: some resolvers take them for addresses
    return any(name == inside or name.endswith(f".{inside}") for inside in _INSIDE_NAMES)


def _innermost(address: Address) -> Address:
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else None) or address
