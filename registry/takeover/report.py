"""What was taken over and what was not."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from attrs import define, field, frozen

T = TypeVar("T")
P = ParamSpec("P")


@frozen
class LeftOut:
    """Something of a snapshot that was not taken over.

    Attributes:
        path: Where it stands there.
        reason: Why not.
    """

    path: str
    reason: str


@define
class Report:
    """What was taken over and what was not.

    Attributes:
        taken: How many of what.
        left_out: The rest, as far as it was looked at.
    """

    taken: dict[str, int] = field(factory=dict)
    left_out: list[LeftOut] = field(factory=list)

    def leave_out(self, path: str, reason: object) -> None:
        """Note that something is not taken."""
        self.left_out.append(LeftOut(path, str(reason)))

    def attempt(
        self,
        path: str,
        otherwise: T,
        make: Callable[P, T],
        *arguments: P.args,
        **named: P.kwargs,
    ) -> T:
        """Make something of what stands at a path, or leave it out and take something else."""
        try:
            return make(*arguments, **named)
        except (ValueError, LookupError, PermissionError) as error:
            self.leave_out(path, error)
            return otherwise


def short(text: str, most: int) -> str:
    """A text that is not too long.

    Raises:
        ValueError: It is.
    """
    if len(text) > most:
        raise ValueError(f"longer than {most} characters")
    return text


def both_known(path: str, node_ids: tuple[int, int], known: set[int], report: Report) -> bool:
    """Whether two nodes are among those known; else one is noted as missing."""
    for node_id in node_ids:
        if node_id not in known:
            report.leave_out(path, f"there is no node {node_id}")
            return False
    return True
