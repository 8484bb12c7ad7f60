"""The layers: which there are, what stands on them, and what each may import."""

import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import msgspec
from attrs import Attribute, fields, frozen

from tools.layering.rules import RULES

SECTION = "tool.layering"
"""Where the rules are in a TOML file."""

_AT = re.compile(r"(?P<problem>.*) - at `\$(?P<key>.*)`", re.DOTALL)


class ConfigError(Exception):
    """Rules that cannot be read, or that contradict themselves."""


@frozen(kw_only=True)
class Layer:
    """One layer, and what the rooms on it may import.

    A room is a package or module directly in the checked package.

    Attributes:
        name: How messages call it.
        rooms: The rooms on it.
        stores: Whether also every room that no layer names is on it.
        siblings: Whether its rooms may import each other.
        may_import: The rooms of lower layers that its rooms may import; None for all.
        third_party: The modules outside the project and the standard library that its
            rooms may import, each with all that is in it; None for any.
    """

    name: str
    rooms: frozenset[str] = frozenset()
    stores: bool = False
    siblings: bool = False
    may_import: frozenset[str] | None = None
    third_party: frozenset[str] | None = None


@frozen(kw_only=True)
class Exemption:
    """A breach that is tolerated, and who answers for it.

    Patterns are those of a shell: ``*`` is any text.

    Attributes:
        rule: The rule that is broken.
        module: Pattern of the dotted name of the module that breaks it.
        target: Pattern of what the breach is about: a module, a table, an event type.
        owner: Who answers for it.
        reason: Why it is tolerated, and until when.
    """

    rule: str
    module: str
    owner: str
    reason: str
    target: str = "*"

    def covers(self, rule: str, module: str, target: str) -> bool:
        """Whether a breach is the one that is meant."""
        return (
            rule == self.rule
            and fnmatchcase(module, self.module)
            and fnmatchcase(target, self.target)
        )


@frozen(kw_only=True)
class Config:
    """The rules.

    Attributes:
        package: The package they are about.
        layers: From the bottom up.
        tests: The folder whose folders are named after the rooms that they test; None for
            no rule about tests.
        tests_may_import: The rooms that all tests may import, whatever layer they test.
        entry_points: The group of entry points by which packages elsewhere say that they
            are stores too; None if there can be none.
        notes: The folder that the generated notes are in; None for no notes.
        rules: The rules that hold; None for all.
        exceptions: What is tolerated.
    """

    package: str
    layers: tuple[Layer, ...]
    tests: str | None = None
    tests_may_import: frozenset[str] = frozenset()
    entry_points: str | None = None
    notes: str | None = None
    rules: frozenset[str] | None = None
    exceptions: tuple[Exemption, ...] = ()

    @property
    def stores(self) -> Layer:
        """The layer of the stores."""
        return next(layer for layer in self.layers if layer.stores)

    def layer_of(self, room: str) -> Layer:
        """The layer that a room is on: the one that names it, else that of the stores."""
        return next((layer for layer in self.layers if room in layer.rooms), self.stores)

    def is_above(self, layer: Layer, other: Layer) -> bool:
        """Whether the first layer is above the second."""
        return self.layers.index(layer) > self.layers.index(other)


def read_config(path: Path) -> Config:
    """Read the rules from a TOML file.

    Raises:
        ConfigError: The file cannot be read, or a key in it is wrong.
    """
    try:
        text = path.read_text(encoding="utf-8")
        section = tomllib.loads(text).get("tool", {}).get("layering")
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, AttributeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from error
    if section is None:
        raise ConfigError(f"{path}: {SECTION}: the section is missing")
    for key, problem in _problems(section):
        raise ConfigError(f"{path}: {SECTION}{key}: {problem}")
    return msgspec.convert(section, Config)


def _problems(section: Any) -> Iterator[tuple[str, str]]:
    """Everything that is wrong, as pairs of a key below the section and a problem."""
    try:
        config = msgspec.convert(section, Config)
    except msgspec.ValidationError as error:
        at = _AT.fullmatch(str(error))
        yield (at["key"], at["problem"]) if at else ("", str(error))
        return
    yield from _unknown_keys(section, fields(Config), "")
    for place, values in enumerate(section["layers"]):
        yield from _unknown_keys(values, fields(Layer), f".layers[{place}]")
    for place, values in enumerate(section.get("exceptions", ())):
        yield from _unknown_keys(values, fields(Exemption), f".exceptions[{place}]")
    yield from _contradictions(config)


def _unknown_keys(
    values: dict[str, Any], known: tuple["Attribute[Any]", ...], key: str
) -> Iterator[tuple[str, str]]:
    names = [attribute.name for attribute in known]
    for name in values.keys() - names:
        yield f"{key}.{name}", f"there is no such key; there are {', '.join(names)}"


def _contradictions(config: Config) -> Iterator[tuple[str, str]]:
    if not config.package.isidentifier():
        yield ".package", f"{config.package!r} is not the name of a top-level package"
    if sum(layer.stores for layer in config.layers) != 1:
        yield ".layers", "exactly one layer must have stores = true"
    for name in sorted((config.rules or set()) - RULES.keys()):
        yield ".rules", f"there is no rule {name!r}; there are {', '.join(RULES)}"
    yield from _careless_exceptions(config)
    rooms = Counter(room for layer in config.layers for room in layer.rooms)
    below: set[str] = set()
    for place, layer in enumerate(config.layers):
        key = f".layers[{place}]"
        for room in sorted(layer.rooms):
            if rooms[room] > 1:
                yield f"{key}.rooms", f"{room!r} is on more than one layer"
        for room in sorted((layer.may_import or set()) - below):
            yield f"{key}.may_import", f"{room!r} is a room of no layer below {layer.name}"
        below |= layer.rooms


def _careless_exceptions(config: Config) -> Iterator[tuple[str, str]]:
    for place, exemption in enumerate(config.exceptions):
        key = f".exceptions[{place}]"
        if exemption.rule not in RULES:
            yield f"{key}.rule", f"there is no rule {exemption.rule!r}"
        for name in ("owner", "reason"):
            if not getattr(exemption, name).strip():
                yield f"{key}.{name}", f"an exception needs {name} to say something"
