"""What every format tells."""

from collections.abc import Sequence
from pathlib import Path

from attrs import frozen

from tools.layering.violations import Violation


@frozen
class Summary:
    """The outcome of a check.

    Attributes:
        root: The folder that was checked.
        modules: How many files were.
        violations: What breaks a rule.
        warnings: What would, without an exception.
    """

    root: Path
    modules: int
    violations: Sequence[Violation]
    warnings: Sequence[Violation]

    def relative(self, path: Path) -> str:
        """A path as machines want it: from the root on, with slashes, where it is in there."""
        inside = path.is_relative_to(self.root)
        return (path.relative_to(self.root) if inside else path).as_posix()

    def in_one_line(self) -> str:
        """The figures."""
        figures = f"checked {self.modules} modules: {len(self.violations)} violations"
        return f"{figures}, {len(self.warnings)} warnings" if self.warnings else figures


def chain_of(violation: Violation, arrow: str = " -> ") -> str:
    """The chain in one line; empty where there is none."""
    return arrow.join(
        f"{step.name} ({step.path}:{step.line})" if step.path else step.name
        for step in violation.chain
    )
