"""All rules together."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from tools.layering.contracts import events, face, layers, reach, tables
from tools.layering.contracts.exceptions import tolerate
from tools.layering.project import Project
from tools.layering.violations import Finding, Violation

ONE_IMPORT: tuple[Callable[[Project], Iterator[Finding]], ...] = (
    layers.rooms_are_independent,
    layers.layers_point_down,
    layers.package_imports_no_room,
    layers.layers_keep_to_their_list,
    layers.layers_keep_to_their_packages,
    layers.tests_stay_on_their_layer,
)
"""The rules that one import breaks alone; none reports what another does."""

IMPORTS_TOGETHER = (
    face.rooms_show_a_face,
    reach.rooms_reach_nothing_else,
    reach.modules_import_in_no_circle,
)
"""The rules about imports that are each allowed; they leave out those that are not."""

WHOLE_TEXT: tuple[Callable[[Project], Iterator[Violation]], ...] = (
    layers.imports_are_in_the_open,
    events.events_fit_together,
    tables.tables_belong_to_one_store,
)
"""The rules about everything else."""


def check(project: Project, config_path: Path) -> list[Violation]:
    """All violations in what is checked, in order of file and line.

    Args:
        project: What was read.
        config_path: The file that the rules are in.
    """
    found = (each for each in _found(project) if each.path in project.checked)
    rules = project.config.rules
    wanted = (each for each in found if rules is None or each.rule in rules)
    return sorted(tolerate(wanted, project.config, config_path))


def _found(project: Project) -> Iterator[Violation]:
    findings = [each for contract in ONE_IMPORT for each in contract(project)]
    refused = frozenset(each.cause for each in findings)
    yield from _one_for_each_line(each.violation for each in findings)
    for contract in IMPORTS_TOGETHER:
        yield from contract(project, refused)
    for rule in WHOLE_TEXT:
        yield from rule(project)


def _one_for_each_line(violations: Iterable[Violation]) -> Iterable[Violation]:
    """One of the violations that the names of one ``from`` make, with a chain if any has one."""
    kept: dict[tuple[Path, int, str, str], Violation] = {}
    for each in violations:
        key = each.path, each.line, each.rule, each.target
        if key not in kept or not kept[key].chain:
            kept[key] = each
    return kept.values()
