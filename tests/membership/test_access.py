"""What a node signs, as the dispatcher reads it from the requests."""

import pytest

from registry.dispatch import OperationTable
from registry.membership.messages import (
    DeleteNetwork,
    DemoteMember,
    InviteToNetwork,
    JoinNetwork,
    KickMember,
    LeaveNetwork,
    PollInvites,
    PromoteMember,
    RenameNetwork,
    Request,
    RespondInvite,
    SetMemberTags,
    TransferOwnership,
)
from tests.membership.helpers import World

_SIGNED: list[tuple[Request, str]] = [
    (JoinNetwork(node_id=2, network_id=5), "join_network:2:5"),
    (LeaveNetwork(node_id=2, network_id=5), "leave_network:2:5"),
    (DeleteNetwork(node_id=2, network_id=5), "delete_network:2:5"),
    (RenameNetwork(node_id=2, network_id=5, name="lab"), "rename_network:2:5:lab"),
    (InviteToNetwork(inviter_id=2, network_id=5, target_node_id=3), "invite:2:5:3"),
    (PollInvites(node_id=2), "poll_invites:2"),
    (RespondInvite(node_id=2, network_id=5, accept=True), "respond_invite:2:5"),
    (PromoteMember(node_id=2, network_id=5, target_node_id=3), "promote_member:2:5:3"),
    (DemoteMember(node_id=2, network_id=5, target_node_id=3), "demote_member:2:5:3"),
    (KickMember(node_id=2, network_id=5, target_node_id=3), "kick_member:2:5:3"),
    (TransferOwnership(node_id=2, network_id=5, new_owner_id=3), "transfer_ownership:2:5:3"),
    (
        SetMemberTags(node_id=2, network_id=5, target_node_id=3, tags=["x"]),
        "set_member_tags:2:5:3",
    ),
]


@pytest.mark.parametrize(("request_", "text"), _SIGNED, ids=[text for _, text in _SIGNED])
def test_a_node_signs(world: World, request_: Request, text: str) -> None:
    table = OperationTable()
    table.add(reads=world.view.operations(), writes=world.store.operations())
    [operation] = [known for known in table if known.message is type(request_)]
    [signed] = operation.access.signed
    assert signed.message(request_) == text.encode()
    assert signed.who(request_) == 2
    assert not operation.access.anyone
