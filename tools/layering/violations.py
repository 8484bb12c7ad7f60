"""What is found, as it is told."""

from pathlib import Path
from typing import Protocol

from attrs import evolve, field, frozen

from tools.layering.config import SECTION, Exemption, Layer
from tools.layering.imports import Import
from tools.layering.modules import Module


@frozen(order=True)
class Step:
    """One step of a chain: a place, and what it imports or passes on.

    Attributes:
        name: A dotted name.
        path: The file that imports the next step; None at the end of the chain.
        line: The line in it.
    """

    name: str
    path: Path | None = None
    line: int = 0


@frozen(order=True)
class Violation:
    """One breach of a rule.

    Attributes:
        path: The file.
        line: The line in it.
        rule: The name of the rule.
        breach: What is wrong.
        remedy: What to do instead.
        module: The dotted name of the file; empty if it is not Python.
        target: What the breach is about: a module, a table, an event type.
        chain: How one came to the other, if not directly.
        tolerated: The exception that covers it: it is then a warning.
    """

    path: Path
    line: int
    rule: str
    breach: str
    remedy: str
    module: str = ""
    target: str = ""
    chain: tuple[Step, ...] = ()
    tolerated: Exemption | None = field(default=None, order=False)

    def under(self, exemption: Exemption) -> "Violation":
        """The same as a warning."""
        return evolve(self, tolerated=exemption)


@frozen
class Finding:
    """A breach that one import makes.

    Attributes:
        cause: The import.
        violation: The breach.
    """

    cause: Import
    violation: Violation


class Located(Protocol):
    """Anything at a line of a module."""

    @property
    def module(self) -> Module:
        """The module."""

    @property
    def line(self) -> int:
        """The line in it."""


def violation_at(at: Located, rule: str, breach: str, remedy: str, target: str) -> Violation:
    """A breach at a place in a module."""
    return Violation(at.module.path, at.line, rule, breach, remedy, at.module.name, target)


def remedy_for(layer: Layer) -> str:
    """What a room of a layer does instead of knowing another."""
    if layer.stores:
        return (
            f"a store (a room that {SECTION} names on no layer) has what it needs handed in by "
            "the composition root, through a Protocol or callable of its own, or subscribes to "
            "events"
        )
    return "have what is needed handed in from above, or move it below both"
