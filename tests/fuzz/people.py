"""A target: what nodes and an administrator ask one after the other, in a readable script.

Each line is a step::

    3 {"type":"set_tags","node_id":3,"tags":["x"]}

The first word says who asks: ``-`` a stranger, ``+`` an administrator, a number the node
that signs. ``@ 60`` lets so many seconds pass. Whatever cannot be understood is sent as it
is. A statement's signature that is ``!`` becomes the issuer's.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from attrs import define, field

from registry.dispatch.breakers import BREAKERS
from tests.fuzz.world import UNLIMITED, Target, World, require_clear, watched
from tests.harness.client import Key, Message
from tests.system.questions import questions
from tests.system.registry import ADMIN_TOKEN, Registry, registry_in
from tests.system.society import COLD, ISSUER, ISSUERS, KEYS, PEER, society_in

MOST_STEPS = 16
"""Of a script; the rest is passed over."""

MOST_SECONDS = 10**7
"""That pass at once."""

LONGEST_HISTORY = 2000
"""Steps that are taken in one world, before it is looked whether a restart changes it."""

_STATEMENTS = {"badge": ISSUER, "enrollment": ISSUER, "recovery": COLD}
_KEYS = {key.public: key for key in KEYS}
_SOFT = {"last_seen", "last_seen_unix", "time"}
"""What is not kept, or always moves."""

_ASIDE = {"get_breakers", "set_breaker", "heartbeat", "beacon_list", "punch"}
"""Reads that change something, or are about what a restart forgets."""


class Found(AssertionError):
    """Something that does not hold.

    Attributes:
        history: Every step since the world was made, as one script.
    """

    def __init__(self, history: bytes) -> None:
        super().__init__("see the cause")
        self.history = history


@contextmanager
def people() -> Iterator[Target]:
    """Scripts, one after the other in the same world, and now and then a new world."""
    with ExitStack() as parts:
        story = parts.enter_context(new_story())

        def run(script: bytes) -> None:
            nonlocal story
            try:
                story.play(script)
                if len(story.steps) > LONGEST_HISTORY:
                    story.require_the_same_after_a_restart()
                    parts.pop_all().close()
                    story = parts.enter_context(new_story())
            except Exception as error:
                raise Found(b"\n".join(story.steps)) from error

        yield run


@define(eq=False)
class Story:
    """What happened in one world since it was made.

    Attributes:
        steps: Every step.
    """

    _folder: Path
    _world: World
    _stop: Callable[[], None]
    steps: list[bytes] = field(factory=list)

    def play(self, script: bytes) -> None:
        """Take the steps of a script."""
        for step in script.split(b"\n")[:MOST_STEPS]:
            if step.strip():
                self.steps.append(step)
                self._take(step)

    def require_the_same_after_a_restart(self) -> None:
        """Nothing that is told is in memory only. Ends the story."""
        told = dict(_told(self._world.registry))
        start = self._world.registry.clock[0]
        self._stop()
        with registry_in(self._folder, **UNLIMITED, **ISSUERS) as again:
            again.clock[0] = start
            for question, answer in _told(again):
                assert answer == told[question], question

    def _take(self, step: bytes) -> None:
        who, _, what = step.partition(b" ")
        if who == b"@":
            self._wait(what)
            return
        before = self._world.written
        answer = self._world.registry.send(spoken(self._world.registry, who, what))
        require_clear(answer)
        if answer["type"] == "error":
            assert self._world.written == before, (step, answer)

    def _wait(self, seconds: bytes) -> None:
        if seconds.isdigit() and len(seconds) < 10:
            self._world.registry.clock[0] += min(int(seconds), MOST_SECONDS)


@contextmanager
def new_story() -> Iterator[Story]:
    """A new world, in which a society begins."""
    with TemporaryDirectory(prefix="fuzz-") as name, ExitStack() as running:
        folder = Path(name)
        registry = running.enter_context(society_in(folder, **UNLIMITED))
        yield Story(folder, running.enter_context(watched(registry)), running.close)


def _told(registry: Registry) -> Iterator[tuple[str, Any]]:
    """What everybody is told when they ask for anything; what is switched off is on again."""
    for name in BREAKERS:
        registry.as_admin("set_breaker", name=name, state="closed")
    for operation in registry.application.operations:
        if operation.read is None or operation.write or operation.type in _ASIDE:
            continue
        for node_id in range(1, PEER + 1):
            for who in (b"+", b"-", str(node_id).encode()):
                for question in questions(operation, node_id):
                    said = spoken(registry, who, json.dumps(question).encode())
                    yield f"{who.decode()} {question}", _hard(registry.send(said))


def _hard(answer: Any) -> Any:
    """An answer without what a restart forgets."""
    if isinstance(answer, dict):
        return {key: _hard(value) for key, value in answer.items() if key not in _SOFT}
    return [_hard(item) for item in answer] if isinstance(answer, list) else answer


def spoken(registry: Registry, who: bytes, what: bytes) -> bytes:
    """The bytes that somebody sends, with the proof that they can give."""
    try:
        message = json.loads(what)
    except (ValueError, RecursionError):
        return what
    if not isinstance(message, dict) or who not in _ASKERS:
        return what
    for name, issuer in _STATEMENTS.items():
        if message.get(f"{name}_sig") == "!" and isinstance(message.get(name), str):
            message[f"{name}_sig"] = issuer.sign(message[name])
    if who == b"+":
        message["admin_token"] = ADMIN_TOKEN
    elif who != b"-":
        message["signature"] = _signature(registry, int(who), message)
    return json.dumps(message).encode()


_ASKERS = {b"-", b"+", *(str(number).encode() for number in range(1, 10))}


def _signature(registry: Registry, node_id: int, message: Message) -> str:
    """What a node signs a request with, by the first rule that applies."""
    try:
        operation, request = registry.application.operations.decode(json.dumps(message).encode())
    except ValueError:
        return ""
    rules = [rule for rule in operation.access.signed if rule.applies(request)]
    if not rules:
        return ""
    who = rules[0].who(request)
    key = _KEYS.get(who) if isinstance(who, str) else _key_of(registry, node_id)
    return key.sign(rules[0].message(request).decode()) if key else ""


def _key_of(registry: Registry, node_id: int) -> Key | None:
    """The key that a node has now, if it is one of ours."""
    found = registry.send(json.dumps({"type": "lookup", "node_id": node_id}).encode())
    return _KEYS.get(found.get("public_key", ""))
