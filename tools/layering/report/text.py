"""For people at a terminal."""

from textwrap import shorten

from tools.layering.report.summary import Summary, chain_of
from tools.layering.violations import Violation

LONGEST_BREACH = 300
"""Characters of a breach at most: it may quote code."""


def as_text(summary: Summary) -> str:
    """A few lines for each violation, and one that sums up."""
    told = [_lines(each) for each in (*summary.violations, *summary.warnings)]
    return "\n".join([*told, summary.in_one_line()])


def _lines(violation: Violation) -> str:
    breach = shorten(violation.breach, LONGEST_BREACH)
    place = f"{violation.path}:{violation.line}"
    if (exemption := violation.tolerated) is not None:
        reason = f"tolerated by {exemption.owner}: {exemption.reason}"
        return f"{place}: warning: {violation.rule}: {breach}\n    {reason}"
    lines = [f"{place}: {violation.rule}: {breach}"]
    if violation.chain:
        lines.append(f"    chain: {chain_of(violation)}")
    return "\n".join([*lines, f"    instead: {violation.remedy}"])
