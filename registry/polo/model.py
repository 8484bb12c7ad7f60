"""What the polo store keeps."""

from attrs import frozen


@frozen
class ScoreChange:
    """One change of a node's score.

    Attributes:
        at: When, in unix seconds.
        rater_id: The node that rated; 0 for an administrator.
        delta: By how much the score changed.
        polo_score: The score after it.
    """

    at: int
    rater_id: int
    delta: int
    polo_score: int
