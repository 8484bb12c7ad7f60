"""What a seeded violation is."""

from collections.abc import Mapping

from attrs import field, frozen

POLO = "registry/polo/store.py"
DISPATCH = "registry/dispatch/__init__.py"


@frozen
class Seed:
    """A violation and its clean twin.

    Attributes:
        says: What is wrong.
        rule: The rule it breaks.
        breach: How its message goes on after the rule.
        bad: The file's text with the violation, on the line that ends in ``# here``.
        good: The same without it.
        path: The file.
        also: Other files of the tree, with and without the violation.
        chain: The names in the chain that is told.
    """

    says: str
    rule: str
    breach: str
    bad: str
    good: str
    path: str = POLO
    also: Mapping[str, str] = field(factory=dict)
    chain: tuple[str, ...] = ()

    @property
    def line(self) -> int:
        lines = self.bad.splitlines()
        return next(number for number, text in enumerate(lines, 1) if text.endswith("# here"))
