"""What a node signs, as the dispatcher reads it from the requests."""

import pytest

from registry.dispatch import OperationTable
from registry.policy.messages import Request, SetExprPolicy, SetNetworkPolicy
from tests.policy.helpers import World

_SIGNED: list[tuple[Request, str]] = [
    (
        SetNetworkPolicy(node_id=2, network_id=5, max_members=9, allowed_ports=[80, 443]),
        "set_network_policy:2:5:9:[80, 443]:None",
    ),
    (
        SetNetworkPolicy(node_id=2, network_id=5, description="for {tests}"),
        "set_network_policy:2:5:None:None:for {tests}",
    ),
    (
        SetExprPolicy(node_id=2, network_id=5, expr_policy='{"version": 1}'),
        'set_expr_policy:2:5:{"version": 1}',
    ),
]


@pytest.mark.parametrize(("request_", "text"), _SIGNED, ids=[text for _, text in _SIGNED])
def test_a_node_signs_what_it_sets(world: World, request_: Request, text: str) -> None:
    table = OperationTable()
    table.add(reads=world.view.operations(), writes=world.store.operations())
    [operation] = [known for known in table if known.message is type(request_)]
    [signed] = operation.access.signed
    assert signed.message(request_) == text.encode()
    assert operation.access.admin
    assert not operation.access.anyone
