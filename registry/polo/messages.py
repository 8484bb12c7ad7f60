"""The requests the polo store answers."""

from typing import Annotated, ClassVar

from msgspec import Meta, Struct

NodeId = Annotated[int, Meta(ge=1, le=0xFFFF_FFFE)]
Score = Annotated[int, Meta(ge=-(2**31), le=2**31 - 1)]


class Request(Struct, frozen=True, kw_only=True, tag_field="type"):
    """What any request may carry beside its own fields."""

    signature: str = ""
    admin_token: str = ""


class GetPoloScore(Request, frozen=True, tag="get_polo_score"):
    """The score of a node."""

    access: ClassVar[tuple[str, ...]] = ("anyone",)
    node_id: NodeId


class SetPoloScore(Request, frozen=True, tag="set_polo_score"):
    """Set a node's score."""

    access: ClassVar[tuple[str, ...]] = ("admin",)
    node_id: NodeId
    polo_score: Score


class UpdatePoloScore(Request, frozen=True, tag="update_polo_score"):
    """Move a node's score by a delta.

    A rater other than an administrator says who it is and when it signed, in unix
    seconds; a rating older than its last one is refused, so none can be replayed.
    """

    access: ClassVar[tuple[str, ...]] = (
        "rater_id signs update_polo_score:{rater_id}:{node_id}:{delta}:{timestamp}",
        "admin",
    )
    node_id: NodeId
    delta: Score
    rater_id: int = 0
    timestamp: int = 0


class GetPoloHistory(Request, frozen=True, tag="get_polo_history"):
    """The newest changes of a node's score, newest first."""

    access: ClassVar[tuple[str, ...]] = ("node_id signs get_polo_history:{node_id}", "admin")
    node_id: NodeId
    limit: Annotated[int, Meta(ge=1, le=1000)] = 100


class ListPoloScores(Request, frozen=True, tag="list_polo_scores"):
    """The nodes with the highest scores, highest first."""

    access: ClassVar[tuple[str, ...]] = ("anyone",)
    limit: Annotated[int, Meta(ge=1, le=1000)] = 100
