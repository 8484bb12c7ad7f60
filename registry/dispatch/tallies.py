"""How many requests there were of a message type, how they ended, and how long they took.

Everything here is on the way of every request, so it is counted in plain numbers. Whoever
shows them, for instance as metrics, reads them when it is asked.
"""

from attrs import define, field

from registry.dispatch.errors import error_kind
from registry.persistence import Histogram

BOUNDS = (1e-6, 2.5e-6, 10e-6, 50e-6, 250e-6, 1e-3, 2.5e-3, 10e-3, 50e-3, 250e-3, 1.0)
"""Seconds: from an answer that is remembered to a write that waits for the disk."""

SAMPLE_EVERY = 64
"""Of the requests that are answered from `Recall`, one in so many is timed: a power of two."""


def _histogram() -> Histogram:
    return Histogram(BOUNDS)


@define(eq=False)
class Tally:
    """The requests of one message type; counted on the thread that serves clients.

    Attributes:
        repeats: Those that were remembered and answered again.
        errors: Those that ended in an error, by its kind (`error_kind`).
        repeat_seconds: How long a sample of the remembered ones took.
        seconds: How long each of all the others took, up to its answer.
    """

    repeats: int = 0
    errors: dict[str, int] = field(factory=dict)
    repeat_seconds: Histogram = field(factory=_histogram)
    seconds: Histogram = field(factory=_histogram)

    @property
    def requests(self) -> int:
        """How many requests there were."""
        return self.repeats + self.seconds.count

    def note_error(self, error: Exception) -> None:
        """Count a request that ended in an error."""
        kind = error_kind(error)
        self.errors[kind] = self.errors.get(kind, 0) + 1
