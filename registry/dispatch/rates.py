"""How often one address may do something."""

import ipaddress
import threading
from collections import OrderedDict
from collections.abc import Callable

MOST_ADDRESSES = 65_536
"""Addresses that are remembered at most; the one longest unheard of is forgotten first."""

MOST_DEBT = 1000
"""Tokens that an address can owe; with ten a minute, that is an hour and a half."""


def site_of(address: str) -> str:
    """Whom an address belongs to: an IPv4 address itself, an IPv6 one its /64.

    Whoever has one IPv6 address has all of its /64, and could come from another each time.
    """
    if ":" not in address:
        return address
    number = ipaddress.ip_address(address.partition("%")[0])
    mapped = getattr(number, "ipv4_mapped", None)
    if mapped is not None:
        return str(mapped)
    return str(ipaddress.ip_network((number, 64), strict=False).network_address)


class AddressRates:
    """A bucket of tokens for every address, refilled evenly; what is done takes one.

    Safe across threads.
    """

    def __init__(self, per_minute: float, burst: float, *, clock: Callable[[], float]) -> None:
        """Begin with full buckets.

        Args:
            per_minute: Tokens that a bucket gets in a minute; 0 for no limit at all.
            burst: Tokens that a bucket holds at most.
            clock: Seconds, from anywhere.
        """
        self._lock = threading.Lock()
        self._clock = clock
        self._per_second = self._burst = 0.0
        self.allow(per_minute, burst)
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # tokens, when

    def allow(self, per_minute: float, burst: float) -> None:
        """Refill, and fill, by other numbers from now on."""
        with self._lock:
            self._per_second = per_minute / 60
            self._burst = burst

    def take(self, address: str) -> bool:
        """Take a token; false if there is none."""
        with self._lock:
            tokens = self._tokens(address)
            if tokens < 1:
                return False
            self._put(address, tokens - 1)
            return True

    def charge(self, address: str) -> None:
        """Take a token even if there is none: what is known too late is paid for later."""
        with self._lock:
            self._put(address, max(self._tokens(address) - 1, -MOST_DEBT))

    def is_empty(self, address: str) -> bool:
        """Whether an address has no token left."""
        with self._lock:
            return self._tokens(address) < 1

    def _tokens(self, address: str) -> float:
        if not self._per_second:
            return self._burst
        tokens, since = self._buckets.get(site_of(address), (self._burst, 0.0))
        return min(self._burst, tokens + (self._clock() - since) * self._per_second)

    def _put(self, address: str, tokens: float) -> None:
        if not self._per_second:
            return
        site = site_of(address)
        self._buckets[site] = (tokens, self._clock())
        self._buckets.move_to_end(site)
        if len(self._buckets) > MOST_ADDRESSES:
            self._buckets.popitem(last=False)
