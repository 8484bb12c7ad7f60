"""What a node signs, as the dispatcher reads it from the requests."""

import pytest

from registry.dispatch import OperationTable
from registry.trust.messages import (
    PollHandshakes,
    ReportTrust,
    Request,
    RequestHandshake,
    RespondHandshake,
    RevokeTrust,
)
from tests.trust.helpers import World

_SIGNED: list[tuple[Request, str]] = [
    (ReportTrust(node_id=2, peer_id=5), "report_trust:2:5"),
    (RevokeTrust(node_id=2, peer_id=5), "revoke_trust:2:5"),
    (RequestHandshake(from_node_id=2, to_node_id=5, justification="x"), "handshake:2:5"),
    (PollHandshakes(node_id=2), "poll_handshakes:2"),
    (RespondHandshake(node_id=2, peer_id=5, accept=True), "respond:2:5"),
]


@pytest.mark.parametrize(("request_", "text"), _SIGNED, ids=[text for _, text in _SIGNED])
def test_a_node_signs_for_itself_and_nothing_else_will_do(
    world: World, request_: Request, text: str
) -> None:
    table = OperationTable()
    table.add(reads=world.view.operations(), writes=world.store.operations())
    [operation] = [known for known in table if known.message is type(request_)]
    [signed] = operation.access.signed
    assert signed.message(request_) == text.encode()
    assert signed.who(request_) == 2
    assert not operation.access.anyone
    assert not operation.access.admin
