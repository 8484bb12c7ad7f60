"""A measurement beside what it is measured by, and whether that is good enough."""

from collections.abc import Sequence
from statistics import median

from attrs import frozen


@frozen(kw_only=True)
class Bar:
    """One line of a comparison.

    Both sides are measured in rounds that take turns, and the ratio is the median of the
    rounds' ratios: what slows the machine down for a while slows both.

    Attributes:
        name: What is compared.
        unit: What both figures are in.
        ours: The registry's figure, for each round.
        reference: What it is compared with, for each round.
        beside: What the reference is.
        least: The ratio must be at least this; None for no such bar.
        most: The ratio must be at most this; None for no such bar.
        note: What else a reader should know.
    """

    name: str
    unit: str
    ours: Sequence[float]
    reference: Sequence[float]
    beside: str
    least: float | None = None
    most: float | None = None
    note: str = ""

    @property
    def ratio(self) -> float:
        """Ours by the reference, the median over the rounds."""
        return median(ours / other for ours, other in zip(self.ours, self.reference, strict=True))

    @property
    def met(self) -> bool | None:
        """Whether the bar is met; None where there is none."""
        if self.least is not None:
            return self.ratio >= self.least
        if self.most is not None:
            return self.ratio <= self.most
        return None

    @property
    def bar(self) -> str:
        """The bar, for people."""
        if self.least is not None:
            return f"at least {self.least:g}"
        return "" if self.most is None else f"at most {self.most:g}"
