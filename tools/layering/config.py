"""The layers: which there are, what stands on them, and what each may import."""

import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from attrs import Attribute, fields, frozen

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
class Config:
    """The rules.

    Attributes:
        package: The package they are about.
        layers: From the bottom up.
    """

    package: str
    layers: tuple[Layer, ...]

    def room_of(self, module: str) -> str | None:
        """The room that a module is in.

        Args:
            module: A dotted name.

        Returns:
            None for a module that is not in the package, ``""`` for the package itself.
        """
        package, _, inside = module.partition(".")
        return inside.partition(".")[0] if package == self.package else None

    def layer_of(self, room: str) -> Layer:
        """The layer that a room is on: the one that names it, else that of the stores."""
        named = (layer for layer in self.layers if room in layer.rooms)
        return next(named, None) or next(layer for layer in self.layers if layer.stores)

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
