"""How many connections there are, in all and from where."""

from collections import Counter
from collections.abc import Callable

from registry.dispatch import site_of
from registry.listener.limits import Limits


class Guests:
    """Counts who is let in, so that nobody takes all the room."""

    def __init__(self, limits: Callable[[], Limits]) -> None:
        """Begin with nobody; the limits are asked for each time, because they may change."""
        self._limits = limits
        self._all = 0
        self._of_site: Counter[str] = Counter()

    def let_in(self, address: str) -> str:
        """Make room for a connection from an address; says why there is none, if so."""
        site, limits = site_of(address), self._limits()
        if self._all >= limits.connections:
            return "too many connections to the server: try again later"
        if self._of_site[site] >= limits.connections_per_address:
            return f"too many connections from {address}"
        self._all += 1
        self._of_site[site] += 1
        return ""

    def let_out(self, address: str) -> None:
        """A connection that was let in is gone."""
        site = site_of(address)
        self._all -= 1
        self._of_site[site] -= 1
        if not self._of_site[site]:
            del self._of_site[site]
