"""Remembering requests that were read and proved before.

Clients repeat themselves: a heartbeat of a node has the same bytes each time, signature
included, and so has a lookup. What those bytes ask for, and who proved to ask it, need not
be found out again while the key that proved it is good.
"""

from collections import OrderedDict

from attrs import define

from registry.dispatch.authentication import Caller
from registry.dispatch.dialects import Reading
from registry.dispatch.operations import Answer, Handler
from registry.dispatch.tallies import Tally
from registry.events import Bus, Event, Projection

MOST_REQUESTS = 65_536
"""How many requests are remembered at most."""

LONGEST_REQUEST = 512
"""Bytes of a request that is remembered: more than any heartbeat, lookup or resolve has."""


LONGEST_FRAME = 1024
"""Bytes of an answer that is kept with its request: a longer one is written anew each time.

Else whoever asks for long lists in many ways could fill the memory with them.
"""


@define(eq=False)
class Remembered:
    """A request for something that is answered from memory, read and proved."""

    reading: Reading
    caller: Caller
    _read: Handler
    tally: Tally  # the operation's, but nearer
    _answer: Answer = None
    _frame: bytes = b""

    def repeat(self) -> bytes | None:
        """The frame of the answer as it is now; None if memory has no answer.

        While the answer is the same object as the last time, so is its frame.

        Raises:
            Exception: Whatever the operation raises.
        """
        answer = self._read(self.reading.request, self.caller)
        if answer is None:
            return None
        if answer is self._answer:
            return self._frame
        frame = self.reading.respond(self.reading.operation, answer)
        if isinstance(answer, bytes) and len(frame) <= LONGEST_FRAME:
            self._answer, self._frame = answer, frame
        return frame


class Recall:
    """The requests that were remembered last, by their bytes.

    What a node has signed is forgotten when its key changes or gets an expiry.
    """

    def __init__(self, bus: Bus) -> None:
        self._remembered: OrderedDict[bytes, Remembered] = OrderedDict()
        self._signed_by: dict[int, list[bytes]] = {}
        self.projection = Projection(
            bus,
            ("key.rotated", "key.expiry_changed"),
            apply=self._apply,
            rebuild=self._rebuild,
        )

    def __len__(self) -> int:
        """How many requests are remembered."""
        self.projection.catch_up()
        return len(self._remembered)

    def get(self, frame: bytes) -> Remembered | None:
        """What a request's bytes ask for, if that is remembered."""
        self.projection.catch_up()
        return self._remembered.get(frame)

    def keep(self, frame: bytes, remembered: Remembered) -> None:
        """Remember a request, and forget the oldest where there are too many.

        Not remembered are requests that are long, that an administrator makes, or that
        are signed with a key that will expire.
        """
        caller = remembered.caller
        if len(frame) > LONGEST_REQUEST or caller.is_admin or caller.key_expires:
            return
        if frame in self._remembered:
            return
        if len(self._remembered) >= MOST_REQUESTS:
            self._forget_oldest()
        self._remembered[frame] = remembered
        if caller.node_id:
            self._signed_by.setdefault(caller.node_id, []).append(frame)

    def clear(self) -> None:
        """Forget everything."""
        self._remembered.clear()
        self._signed_by.clear()

    def _forget_oldest(self) -> None:
        frame, oldest = self._remembered.popitem(last=False)
        node_id = oldest.caller.node_id
        if node_id:
            signed = self._signed_by[node_id]
            signed.remove(frame)
            if not signed:
                del self._signed_by[node_id]

    def _apply(self, event: Event) -> None:
        for frame in self._signed_by.pop(event.payload["node_id"], ()):
            del self._remembered[frame]

    def _rebuild(self) -> int:
        """Begin anew: what was forgotten is found out again, so no database is asked."""
        self.clear()
        return 0
