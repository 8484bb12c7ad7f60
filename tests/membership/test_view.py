"""Whatever happens, the view that followed agrees with one that starts afresh."""

import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from registry.membership.messages import (
    CreateNetwork,
    DeleteNetwork,
    DemoteMember,
    InviteToNetwork,
    JoinNetwork,
    KickMember,
    LeaveNetwork,
    ListNetworks,
    PollInvites,
    PromoteMember,
    RenameNetwork,
    Request,
    RespondInvite,
    SetMemberTags,
    TransferOwnership,
)
from registry.membership.views import MembershipView
from tests.examples import examples
from tests.membership.helpers import ADMIN, Caller, World, world_in

_nodes = st.integers(1, 4)
_networks = st.integers(1, 3)
_names = st.sampled_from(["a", "b", "c"])
_requests: st.SearchStrategy[Request] = st.one_of(
    st.builds(
        CreateNetwork,
        node_id=_nodes,
        name=_names,
        join_rule=st.sampled_from(["open", "invite"]),
    ),
    st.builds(JoinNetwork, node_id=_nodes, network_id=_networks),
    st.builds(JoinNetwork, node_id=_nodes, network_id=_networks),
    st.builds(LeaveNetwork, node_id=_nodes, network_id=_networks),
    st.builds(RenameNetwork, network_id=_networks, name=_names),
    st.builds(DeleteNetwork, network_id=_networks),
    st.builds(InviteToNetwork, network_id=_networks, inviter_id=_nodes, target_node_id=_nodes),
    st.builds(RespondInvite, node_id=_nodes, network_id=_networks, accept=st.booleans()),
    st.builds(PromoteMember, network_id=_networks, target_node_id=_nodes),
    st.builds(DemoteMember, network_id=_networks, target_node_id=_nodes),
    st.builds(
        SetMemberTags,
        network_id=_networks,
        target_node_id=_nodes,
        tags=st.sampled_from([[], ["x"], ["x", "y"]]),
    ),
    st.builds(KickMember, network_id=_networks, target_node_id=_nodes),
    st.builds(TransferOwnership, network_id=_networks, new_owner_id=_nodes),
)
_steps = st.lists(st.one_of(_requests, _requests, _requests, _nodes), max_size=40)


def _contents(view: MembershipView) -> dict[str, Any]:
    """Everything a view can answer."""
    listed = view.list_networks(ListNetworks(), ADMIN)["networks"]
    return {
        "networks": listed,
        "members": {entry["id"]: dict(view.members(entry["id"])) for entry in listed[1:]},
        "networks_of": {node: view.networks_of(node) for node in range(1, 5)},
        "invites": {
            node: sorted(
                entry["network_id"]
                for entry in view.poll_invites(PollInvites(node_id=node), Caller())["invites"]
            )
            for node in range(1, 5)
        },
    }


def _take(world: World, step: Request | int) -> None:
    with suppress(ValueError, PermissionError, LookupError):
        if isinstance(step, int):
            world.deregister(step)
            world.nodes.add(step)  # it registers again
        else:
            world.write(step)


@settings(max_examples=examples(40))
@given(steps=_steps)
def test_following_is_as_good_as_starting_afresh(steps: list[Request | int]) -> None:
    with tempfile.TemporaryDirectory() as folder, world_in(Path(folder)) as world:
        world.view.projection.catch_up()
        for step in steps:
            _take(world, step)
        contents = _contents(world.view)
        assert contents == _contents(world.new_view())
        assert world.view.projection.rebuilds == 1
        for members in contents["members"].values():
            assert [member.role for member in members.values()].count("owner") <= 1
        for node, networks in contents["networks_of"].items():
            assert all(node in contents["members"][network] for network in networks)
