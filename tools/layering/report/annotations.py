"""For GitHub, which shows workflow commands beside the lines that they are about."""

from tools.layering.report.summary import Summary, chain_of
from tools.layering.violations import Violation


def as_annotations(summary: Summary) -> str:
    """One workflow command for each violation, and a line that sums up."""
    told = [_command(summary, each) for each in (*summary.violations, *summary.warnings)]
    return "\n".join([*told, summary.in_one_line()])


def _command(summary: Summary, violation: Violation) -> str:
    level = "warning" if violation.tolerated else "error"
    path = _property(summary.relative(violation.path))
    title = _property(f"layering: {violation.rule}")
    chain = f"\nchain: {chain_of(violation)}" if violation.chain else ""
    text = _data(f"{violation.breach}{chain}\ninstead: {violation.remedy}")
    return f"::{level} file={path},line={violation.line},title={title}::{text}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
