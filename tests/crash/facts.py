"""What must be true after a crash, given what was acknowledged before it."""

from typing import Any


class Facts:
    """The fields of something, each with the one value it must have, or two it may have.

    Attributes:
        kept: Changes never acknowledged that were found to have happened.
        lost: Changes never acknowledged that were found not to have happened.
    """

    def __init__(self, **fields: Any) -> None:
        self._possible = {field: [value] for field, value in fields.items()}
        self.kept = 0
        self.lost = 0

    def __getitem__(self, field: str) -> Any:
        """What was last acknowledged."""
        return self._possible[field][0]

    def ask(self, field: str, value: Any) -> None:
        """Note that a change is about to be asked for: from now on it may happen."""
        self._possible[field] = [self[field], value]

    def acknowledge(self, field: str) -> None:
        """Note that the change was acknowledged: from now on it has happened."""
        self._possible[field] = self._possible[field][-1:]

    def check(self, found: dict[str, Any], what: str) -> None:
        """Compare with what is there after a crash, which ends all doubts.

        Raises:
            AssertionError: It cannot be so; the text starts with ``what``.
        """
        for field, value in found.items():
            possible = self._possible[field]
            assert value in possible, f"{what}: {field} is {value!r}, must be of {possible!r}"
            if len(possible) == 2:
                self.kept += value == possible[1]
                self.lost += value != possible[1]
            self._possible[field] = [value]
