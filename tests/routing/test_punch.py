"""Punching: two nodes learn each other's endpoints, if they may."""

import pytest

from registry.dispatch import OperationTable
from registry.routing.messages import Punch
from tests.routing.helpers import World

A, B, PRIVATE = 1, 2, 3


@pytest.mark.parametrize("requester", [A, B])
def test_either_of_two_nodes_learns_both_endpoints(world: World, requester: int) -> None:
    assert world.punch(requester, A, B) == {
        "node_a": A,
        "node_a_addr": "192.0.2.1:4000",
        "node_b": B,
        "node_b_addr": "192.0.2.2:4000",
    }


def test_somebody_else_learns_nothing(world: World) -> None:
    with pytest.raises(PermissionError, match="punch denied: requester must be participant"):
        world.punch(PRIVATE, A, B)


@pytest.mark.parametrize(("node_a", "node_b"), [(A, PRIVATE), (PRIVATE, A)])
def test_a_private_node_is_hidden_from_strangers(world: World, node_a: int, node_b: int) -> None:
    with pytest.raises(PermissionError, match="node 3 is private"):
        world.punch(A, node_a, node_b)


def test_a_private_node_is_found_by_its_peers(world: World) -> None:
    world.peers.add((A, PRIVATE))
    assert world.punch(A, A, PRIVATE)["node_b_addr"] == "192.0.2.3:4000"


def test_a_private_node_finds_public_ones(world: World) -> None:
    assert world.punch(PRIVATE, PRIVATE, A)["node_b_addr"] == "192.0.2.1:4000"


def test_being_a_peer_of_the_other_is_no_way_in(world: World) -> None:
    world.peers.add((PRIVATE, A))
    with pytest.raises(PermissionError, match="node 3 is private"):
        world.punch(A, A, PRIVATE)


def test_a_node_may_name_itself_twice(world: World) -> None:
    answer = world.punch(PRIVATE, PRIVATE, PRIVATE)
    assert answer["node_a_addr"] == answer["node_b_addr"] == "192.0.2.3:4000"


@pytest.mark.parametrize(("node_a", "node_b"), [(A, 77), (77, A)])
def test_both_must_be_registered(world: World, node_a: int, node_b: int) -> None:
    with pytest.raises(LookupError, match="node 77: node not found"):
        world.punch(A, node_a, node_b)


def test_the_requester_must_be_registered(world: World) -> None:
    with pytest.raises(LookupError, match="node 77: node not found"):
        world.punch(77, 77, A)


def test_it_changes_nothing(world: World) -> None:
    world.punch(A, A, B)
    assert world.events() == []


def test_the_requester_signs_which_two_it_means(world: World) -> None:
    table = OperationTable()
    table.add(reads=world.view.operations(), writes=world.store.operations())
    [operation] = [known for known in table if known.message is Punch]
    request = Punch(requester_id=A, node_a=A, node_b=B)
    [signed] = operation.access.signed
    assert signed.message(request) == b"punch:1:2"
    assert signed.who(request) == A
    assert not operation.access.anyone
    assert not operation.access.admin
