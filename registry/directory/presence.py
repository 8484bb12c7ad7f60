"""Who was heard of when: soft state, in memory."""

from collections.abc import Iterable

from registry.directory.events import NODE_BACK, NODE_STALE
from registry.directory.ports import Clock
from registry.events import Bus


class Presence:
    """The last sign of life of every registered node.

    A heartbeat costs no write: what was heard is written back in batches
    (`take_unsaved`), and a crash forgets at most what came after the last one. Nobody
    is thought to have been silent while the server was down, since it did not listen.
    """

    def __init__(self, *, bus: Bus, clock: Clock, stale_after: float) -> None:
        """Begin to listen.

        Args:
            bus: Told of nodes that become stale or come back.
            clock: Unix time in seconds.
            stale_after: Seconds of silence after which a node counts as stale.
        """
        self._bus = bus
        self._clock = clock
        self._stale_after = stale_after
        self._started_at = clock()
        self._downtime = 0.0
        self._last_seen: dict[int, int] = {}
        self._unsaved: set[int] = set()
        self._stale: set[int] = set()

    def heard_of(self, node_id: int) -> int:
        """Note a sign of life.

        Returns:
            The time of it, in unix seconds.
        """
        now = self._last_seen[node_id] = int(self._clock())
        self._unsaved.add(node_id)
        if node_id in self._stale:
            self._is_back(node_id)
        return now

    def heard_elsewhere(self, last_seen: Iterable[tuple[int, int]]) -> None:
        """Note signs of life that other processes took and saved: node ids and unix seconds."""
        for node_id, at in last_seen:
            if at > self._last_seen.get(node_id, at):
                self._last_seen[node_id] = at
                if node_id in self._stale and at >= self._clock() - self._stale_after:
                    self._is_back(node_id)

    def _is_back(self, node_id: int) -> None:
        self._stale.discard(node_id)
        self._bus.publish(NODE_BACK(node_id=node_id))

    def restore(self, last_seen: dict[int, int]) -> None:
        """Take over the registered nodes from the database, with what was saved of them.

        What is known here and is newer stays. What is given belongs to this from now on.
        """
        if last_seen and not self._last_seen:  # a start, not a rebuild later on
            self._downtime = max(0.0, self._started_at - max(last_seen.values()))
        if self._last_seen:
            last_seen = {
                node_id: max(saved, self.last_seen(node_id)) for node_id, saved in last_seen.items()
            }
        self._last_seen = last_seen
        self._unsaved &= last_seen.keys()
        self._stale &= last_seen.keys()

    def forget(self, node_id: int) -> None:
        """Drop a node that is no longer registered."""
        self._last_seen.pop(node_id, None)
        self._unsaved.discard(node_id)
        self._stale.discard(node_id)

    def now(self) -> float:
        """The time by the clock that signs of life are noted with, in unix seconds."""
        return self._clock()

    def last_seen(self, node_id: int) -> int:
        """The last sign of life, in unix seconds; 0 for a node never heard of."""
        return self._last_seen.get(node_id, 0)

    def is_stale(self, node_id: int) -> bool:
        """Whether the node counts as offline."""
        return node_id in self._stale

    @property
    def stale_count(self) -> int:
        """How many nodes count as offline."""
        return len(self._stale)

    def silent_for(self, seconds: float) -> list[int]:
        """The nodes that were silent for so long, while the server listened."""
        before = self._clock() - seconds
        before_then = before - self._downtime  # for nodes not heard of since the start
        return [
            node_id
            for node_id, seen in self._last_seen.items()
            if seen < (before if seen >= self._started_at else before_then)
        ]

    def mark_stale(self) -> None:
        """Mark the nodes that have been silent for too long, and tell the bus."""
        for node_id in self.silent_for(self._stale_after):
            if node_id not in self._stale:
                self._stale.add(node_id)
                self._bus.publish(NODE_STALE(node_id=node_id))

    def take_unsaved(self) -> dict[int, int]:
        """What was heard since the last call, to be written back."""
        unsaved, self._unsaved = self._unsaved, set()
        return {node: self._last_seen[node] for node in unsaved if node in self._last_seen}

    def save_again(self, node_ids: Iterable[int]) -> None:
        """Give nodes out once more by `take_unsaved`, because writing them back failed."""
        self._unsaved.update(node_id for node_id in node_ids if node_id in self._last_seen)
