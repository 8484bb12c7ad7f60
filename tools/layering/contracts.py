"""The rules: from the imports of a package to its violations."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from attrs import frozen

from tools.layering.config import SECTION, Config, Layer
from tools.layering.imports import Import
from tools.layering.scan import Scan


@frozen(order=True)
class Violation:
    """One breach of a rule.

    Attributes:
        path: The file.
        line: The line in it.
        rule: The name of the rule.
        breach: What is imported by what.
        remedy: What to do instead.
    """

    path: Path
    line: int
    rule: str
    breach: str
    remedy: str


Contract = Callable[[Config, Scan], Iterator[Violation]]


def rooms_are_independent(config: Config, scan: Scan) -> Iterator[Violation]:
    """Rooms on one layer import none of each other, unless it says ``siblings = true``."""
    for each, importer, target in _between_layers(config, scan):
        if importer == target and not importer.siblings:
            reason = f"rooms of {importer.name} do not know each other"
            yield _violation(each, "independence", f"{reason}: {_remedy(importer)}")


def layers_point_down(config: Config, scan: Scan) -> Iterator[Violation]:
    """Nothing imports from a layer above its own."""
    for each, importer, target in _between_layers(config, scan):
        if config.is_above(target, importer):
            reason = f"{target.name} is above {importer.name}"
            yield _violation(each, "layers", f"{reason}: {_remedy(importer)}")


def package_imports_no_room(config: Config, scan: Scan) -> Iterator[Violation]:
    """The package's own ``__init__.py``, which runs before every room, imports none."""
    for each in scan.imports:
        if config.room_of(each.importer.name) == "" and config.room_of(each.target):
            remedy = (
                "whatever imports a room runs this file first: import the room where it is used"
            )
            yield _violation(each, "layers", remedy)


def layers_keep_to_their_list(config: Config, scan: Scan) -> Iterator[Violation]:
    """Where a layer says ``may_import``, its rooms import nothing else of the project."""
    for each in scan.imports:
        importer, room = _layer_of_importer(config, each), config.room_of(each.target)
        if importer is None or importer.may_import is None or room is None:
            continue
        is_below = room == "" or config.is_above(importer, config.layer_of(room))
        if is_below and room not in importer.may_import:
            yield _violation(each, "may-import", _list_remedy(config, importer))


def layers_keep_to_their_packages(config: Config, scan: Scan) -> Iterator[Violation]:
    """Where a layer says ``third_party``, its rooms import no other package."""
    for each in scan.imports:
        importer = _layer_of_importer(config, each)
        if importer is None or importer.third_party is None:
            continue
        is_foreign = config.room_of(each.target) is None
        if is_foreign and not _is_allowed(each.target, importer.third_party):
            yield _violation(each, "third-party", _packages_remedy(importer))


def stores_import_in_the_open(config: Config, scan: Scan) -> Iterator[Violation]:
    """A store imports nothing of which the text does not say what it is."""
    for each in scan.opaque:
        room = config.room_of(each.importer.name)
        if room and config.layer_of(room).stores:
            yield Violation(
                each.importer.path,
                each.line,
                "unresolvable",
                f"{each.written} in {each.importer.name} may import anything",
                "write the imported module's name here, or have it handed in through a port",
            )


CONTRACTS: tuple[Contract, ...] = (
    rooms_are_independent,
    layers_point_down,
    package_imports_no_room,
    layers_keep_to_their_list,
    layers_keep_to_their_packages,
    stores_import_in_the_open,
)
"""Every rule; none reports what another does."""


def check(config: Config, scan: Scan) -> list[Violation]:
    """All violations, in order of file and line."""
    return sorted(each for contract in CONTRACTS for each in contract(config, scan))


def _between_layers(config: Config, scan: Scan) -> Iterator[tuple[Import, Layer, Layer]]:
    """The imports from one room to another, each with the layers of both."""
    for each in scan.imports:
        importer, target = config.room_of(each.importer.name), config.room_of(each.target)
        if importer and target and importer != target:
            yield each, config.layer_of(importer), config.layer_of(target)


def _layer_of_importer(config: Config, each: Import) -> Layer | None:
    """The layer of the room that imports; None for the package itself."""
    room = config.room_of(each.importer.name)
    return config.layer_of(room) if room else None


def _is_allowed(target: str, allowed: frozenset[str]) -> bool:
    return target.partition(".")[0] in sys.stdlib_module_names or any(
        f"{target}.".startswith(f"{module}.") for module in allowed
    )


def _violation(each: Import, rule: str, remedy: str) -> Violation:
    return Violation(
        each.importer.path,
        each.line,
        rule,
        f"{each.target} is imported by {each.importer.name}",
        remedy,
    )


def _remedy(layer: Layer) -> str:
    if layer.stores:
        return (
            f"a store (a room that {SECTION} names on no layer) has what it needs handed in by "
            "the composition root, through a Protocol or callable of its own, or subscribes to "
            "events"
        )
    return "have what is needed handed in from above, or move it below both"


def _list_remedy(config: Config, layer: Layer) -> str:
    allowed = ", ".join(f"{config.package}.{room}" for room in sorted(layer.may_import or ()))
    return f"{layer.name} may import {allowed or 'nothing'} of the project: {_remedy(layer)}"


def _packages_remedy(layer: Layer) -> str:
    allowed = ", ".join(sorted(layer.third_party or ())) or "nothing"
    return (
        f"{layer.name} may import {allowed} beside the standard library: use it above and hand "
        f"in what it does, or allow it in third_party of {layer.name} in {SECTION}.layers"
    )
