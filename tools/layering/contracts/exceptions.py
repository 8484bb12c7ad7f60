"""What is tolerated: a breach with an owner and a reason is a warning."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from tools.layering.config import SECTION, Config
from tools.layering.violations import Violation


def tolerate(
    violations: Iterable[Violation], config: Config, config_path: Path
) -> Iterator[Violation]:
    """The violations, as warnings where an exception covers them.

    An exception that covers none is a violation itself, so that none outlives its breach.

    Args:
        violations: What was found.
        config: The rules.
        config_path: The file that they are in.
    """
    used = set[int]()
    for each in violations:
        covering = [
            place
            for place, exemption in enumerate(config.exceptions)
            if exemption.covers(each.rule, each.module, each.target)
        ]
        used.update(covering)
        yield each.under(config.exceptions[covering[0]]) if covering else each
    for place, exemption in enumerate(config.exceptions):
        if place not in used:
            yield Violation(
                config_path,
                _line_of(config_path, place),
                "stale-exception",
                f"the exception of {exemption.owner} from {exemption.rule} for "
                f"{exemption.module} to {exemption.target} matches nothing any more",
                f"remove it from {SECTION}.exceptions",
                target=exemption.module,
            )


def _line_of(path: Path, place: int) -> int:
    """The line where an exception begins in the file; 1 if that cannot be told."""
    text = path.read_text(encoding="utf-8")
    head = rf"^\s*\[\[\s*{re.escape(SECTION)}\.exceptions\s*\]\]"
    heads = list(re.finditer(head, text, re.MULTILINE))
    if place < len(heads):
        return text.count("\n", 0, heads[place].end()) + 1
    inline = re.search(r"^\s*exceptions\s*=", text, re.MULTILINE)
    return text.count("\n", 0, inline.end()) + 1 if inline else 1
