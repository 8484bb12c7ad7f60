"""Everything that clients can ask a registry about what it keeps, for comparing two of them."""

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec
from attrs import frozen

from registry.composition import Application
from registry.dispatch import Caller
from registry.events import Event

Ask = Callable[["Question"], Any]
"""Gets the answer to a question; an error is an answer too."""

_ADMIN = Caller("", 0, is_admin=True)

_OF_THE_MOMENT = frozenset({"last_seen", "last_seen_unix", "stale", "type"})
"""What is in answers and is not kept, or not at once: when nodes were heard of."""

_AT_A_TIME = 1000


@frozen
class Question:
    """A request, without who asks.

    Attributes:
        type: The message type.
        fields: Its fields with their values.
    """

    type: str
    fields: tuple[tuple[str, int], ...] = ()

    def __str__(self) -> str:
        return " ".join([self.type, *(f"{name}={value}" for name, value in self.fields)])


def questions_about(application: Application) -> Iterator[Question]:
    """All that can be asked about what a registry keeps."""
    shown = application.shown
    yield Question("list_networks")
    for node_id in sorted(shown.directory.ids()):
        yield Question("lookup", (("node_id", node_id),))
        yield Question("get_key_info", (("node_id", node_id),))
    for network in (0, *(network.network_id for network in shown.membership.networks())):
        for kind in ("list_nodes", "get_network_policy", "get_expr_policy"):
            yield Question(kind, (("network_id", network),))
    for node_id, peer_id in sorted(shown.trust.links()):
        yield Question("check_trust", (("node_id", node_id), ("peer_id", peer_id)))


def ask_here(application: Application) -> Ask:
    """Ask a registry in this process, as an administrator."""

    def ask(question: Question) -> Any:
        body = msgspec.json.encode({"type": question.type, **dict(question.fields)})
        operation, request = application.operations.decode(body)
        assert operation.read is not None
        try:
            answer = operation.read(request, _ADMIN)
        except (LookupError, ValueError, PermissionError) as error:
            return {"error": str(error)}
        raw = answer if isinstance(answer, bytes) else msgspec.json.encode(answer)
        return lasting(json.loads(raw))

    return ask


def lasting(answer: Any) -> Any:
    """An answer without what belongs to the moment."""
    if isinstance(answer, dict):
        kept = ((key, value) for key, value in answer.items() if key not in _OF_THE_MOMENT)
        return {key: lasting(value) for key, value in kept}
    if isinstance(answer, list):
        return [lasting(element) for element in answer]
    return answer


def differences(one: Any, other: Any, path: str = "") -> Iterator[str]:
    """Where two answers differ, and how; the path of a field in front."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted(one.keys() | other.keys()):
            inner = f"{path}.{key}" if path else key
            yield from differences(one.get(key), other.get(key), inner)
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for place, (left, right) in enumerate(zip(one, other, strict=True)):
            yield from differences(left, right, f"{path}[{place}]")
    elif one != other:
        yield f"{path}: {_brief(one)} and {_brief(other)}"


class ReplayFailed(ValueError):
    """A read model could not follow what the change log tells."""


def replay(events: Iterable[Event], application: Application) -> None:
    """Tell the read models of an empty registry everything that ever happened.

    Args:
        events: From the change log, from its beginning.
        application: Not started, over a database with nothing in it.

    Raises:
        ReplayFailed: A read model could not follow an event.
    """
    number = 0
    _catch_up(application, number)
    for event in events:
        application.bus.publish(event)
        number = event.number
        if not number % _AT_A_TIME:
            _catch_up(application, number)
    _catch_up(application, number)


def _catch_up(application: Application, number: int) -> None:
    for projection in application.projections:
        try:
            projection.catch_up()
        except Exception as error:
            raise ReplayFailed(
                f"{projection.name} cannot follow the changes up to {number}: "
                f"{type(error).__name__}: {error}"
            ) from error


def _brief(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
