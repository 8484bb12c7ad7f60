"""One fact that happened, and the declaration of its kind."""

from collections.abc import Mapping
from typing import Any

from attrs import field, frozen


@frozen
class Event:
    """One thing that happened, as its publisher tells it.

    Attributes:
        source: The publishing store, for instance ``"membership"``. It takes no
            part in matching.
        type: The dotted name that subscriptions match, for instance
            ``"membership.joined"``.
        payload: The facts, by name. Subscribers share it and must not change it.
        number: The place in the change log, rising from 1. 0 for an event that is
            in no log. It takes no part in comparisons: the same fact is the same
            event wherever it was logged.
    """

    source: str
    type: str
    payload: Mapping[str, Any] = field(factory=dict)
    number: int = field(default=0, eq=False, kw_only=True)


@frozen
class EventType:
    """A declared kind of event; calling it makes one.

    The declarations are what the table of event types in ``architecture-notes/``
    is generated from, so a key that is not declared here cannot be published.

    Attributes:
        source: The store that publishes it.
        name: The dotted name, `Event.type`.
        says: What it means that this event happened, in one sentence.
        payload: Each payload key with what it holds. Values must be representable
            in JSON, because durable events are rows of the change log.
    """

    source: str
    name: str
    says: str
    payload: Mapping[str, str]

    def __call__(self, **payload: Any) -> Event:
        """Make an event of this kind.

        Raises:
            TypeError: The payload's keys are not exactly the declared ones.
        """
        if payload.keys() != self.payload.keys():
            missing = sorted(self.payload.keys() - payload.keys())
            unknown = sorted(payload.keys() - self.payload.keys())
            raise TypeError(f"{self.name}: missing payload keys {missing}, unknown {unknown}")
        return Event(self.source, self.name, payload)
