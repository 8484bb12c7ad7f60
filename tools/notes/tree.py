"""What the pages about the code's structure are made from: this tree, as the checker reads it."""

from functools import cache
from pathlib import Path

from tools.layering.config import read_config
from tools.layering.event_types import EventTypes, find_event_types
from tools.layering.project import Project, read_project
from tools.layering.subscriptions import Subscription, find_subscriptions

HERE = Path(__file__).parents[2]


@cache
def this_project() -> Project:
    """This tree."""
    return read_project(HERE, read_config(HERE / "pyproject.toml"), HERE)


@cache
def event_types() -> EventTypes:
    """The event types that are declared and published in it."""
    return find_event_types(this_project())


@cache
def subscriptions() -> tuple[Subscription, ...]:
    """Who follows the bus in it."""
    return find_subscriptions(this_project(), event_types())


def subscribers(event_type: str) -> list[Subscription]:
    """Who gets an event type, in order of room and name."""
    found = [each for each in subscriptions() if event_type in each.types(event_types())]
    return sorted(found, key=lambda each: (each.room, each.name))
