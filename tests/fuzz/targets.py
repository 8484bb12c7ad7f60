"""The targets by name: each is a world in which any bytes can be tried."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import partial

from tests.fuzz import codecs
from tests.fuzz.people import people
from tests.fuzz.strangers import bodies, streams
from tests.fuzz.world import Target


@contextmanager
def _pure(target: Target) -> Iterator[Target]:
    """A target that needs no world."""
    yield target


TARGETS: Mapping[str, Callable[[], AbstractContextManager[Target]]] = {
    "addresses": partial(_pure, codecs.addresses),
    "binary-answers": partial(_pure, codecs.binary_answers),
    "binary-requests": partial(_pure, codecs.binary_requests),
    "bodies": bodies,
    "frames": partial(_pure, codecs.frames),
    "people": people,
    "streams": streams,
}
"""A function that makes the world and gives the target, by the target's name."""
