"""The rooms of the project: which module is in which, and which room may know which."""

from collections.abc import Mapping

from attrs import field, frozen

from tools.layering.config import Config, Layer


@frozen
class Rooms:
    """The packages and modules directly in the checked package, and stores elsewhere.

    A room is found by its place: whatever is directly in the package is one, whether a
    layer names it or not.

    Attributes:
        config: The rules.
        outside: The packages of stores that live outside the package, each with the names
            that its entry points give it.
    """

    config: Config
    outside: Mapping[str, frozenset[str]] = field(factory=dict)

    def of(self, module: str) -> str | None:
        """The room that a module is in.

        Args:
            module: A dotted name.

        Returns:
            None for a module that is in no room, ``""`` for the package itself.
        """
        top, _, inside = module.partition(".")
        if top == self.config.package:
            return inside.partition(".")[0]
        return top if top in self.outside else None

    def dotted(self, room: str) -> str:
        """The dotted name of a room."""
        return room if room in self.outside else f"{self.config.package}.{room}"

    def tested_by(self, module: str) -> str | None:
        """The room that a module of the tests is about, if its folder is named after one."""
        top, _, inside = module.partition(".")
        room, _, rest = inside.partition(".")
        return room if rest and top == self.config.tests else None

    def layer(self, room: str) -> Layer:
        """The layer that a room is on."""
        return self.config.stores if room in self.outside else self.config.layer_of(room)

    def is_store(self, room: str) -> bool:
        """Whether a room is a store."""
        return self.layer(room).stores

    def may_know(self, room: str, other: str) -> bool:
        """Whether the layers let one room know another, lists left aside."""
        mine, theirs = self.layer(room), self.layer(other)
        if mine == theirs:
            return mine.siblings or room == other
        return self.config.is_above(mine, theirs)

    def tests_may_know(self, room: str, other: str) -> bool:
        """Whether the tests of one room may know another."""
        return other in self.config.tests_may_import or self.may_know(room, other)

    def prefixes(self, store: str) -> frozenset[str]:
        """What the names of a store's tables may begin with."""
        return frozenset(f"{name}_" for name in {store, *self.outside.get(store, ())})
