"""How violations are told."""

from collections.abc import Sequence
from textwrap import shorten

from tools.layering.contracts import Violation
from tools.layering.scan import Scan

LONGEST_BREACH = 200
"""Characters of a breach at most: it may quote code."""


def as_text(scan: Scan, violations: Sequence[Violation]) -> str:
    """One line for each violation, and one that sums up."""
    summary = f"checked {len(scan.modules)} modules: {len(violations)} violations"
    return "\n".join([*map(_line, violations), summary])


def _line(violation: Violation) -> str:
    breach = shorten(violation.breach, LONGEST_BREACH)
    return f"{violation.path}:{violation.line}: {violation.rule}: {breach}; {violation.remedy}"
