"""Who may ask for what, as the dispatcher reads it from the requests."""

import pytest

from registry.dispatch import Access, OperationTable
from registry.polo.messages import (
    GetPoloHistory,
    GetPoloScore,
    ListPoloScores,
    Request,
    SetPoloScore,
    UpdatePoloScore,
)
from tests.polo.helpers import World

_RATING = UpdatePoloScore(rater_id=2, node_id=5, delta=-3, timestamp=1_700_000_000)


def access_of(world: World, message: type[Request]) -> Access:
    table = OperationTable()
    table.add(reads=world.view.operations(), writes=world.store.operations())
    [operation] = [known for known in table if known.message is message]
    return operation.access


@pytest.mark.parametrize(
    ("request_", "text"),
    [
        (_RATING, "update_polo_score:2:5:-3:1700000000"),
        (GetPoloHistory(node_id=2), "get_polo_history:2"),
    ],
    ids=["update", "history"],
)
def test_a_node_signs_or_an_administrator_asks(world: World, request_: Request, text: str) -> None:
    access = access_of(world, type(request_))
    [signed] = access.signed
    assert signed.message(request_) == text.encode()
    assert signed.who(request_) == 2
    assert access.admin
    assert not access.anyone


def test_only_an_administrator_sets(world: World) -> None:
    access = access_of(world, SetPoloScore)
    assert access.admin
    assert not access.anyone
    assert not access.signed


@pytest.mark.parametrize("message", [GetPoloScore, ListPoloScores])
def test_anyone_reads(world: World, message: type[Request]) -> None:
    assert access_of(world, message).anyone
