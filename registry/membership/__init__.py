"""The membership store: networks, who is in them with which role, and who is invited.

The backbone, network 0, is the network of every registered node. It is not kept here:
nobody joins or leaves it.

- `MembershipStore`: the operations that write.
- `MembershipView`: networks, members and waiting invites, from memory.
- `CreateNetwork`, `SetNetworkEnterprise`: requests of which those who span stores make use.
- `memberships`: every membership in a database, for read models that start from there.
- `adopt_networks`, `adopt_invite`: take over what another server kept; `check_network`,
  `check_tags` and `read_rules` say whether it can be.
"""

from registry.membership.adoption import (
    AdoptedNetwork,
    adopt_invite,
    adopt_networks,
    check_network,
)
from registry.membership.events import EVENTS
from registry.membership.members import memberships
from registry.membership.messages import CreateNetwork, JoinNetwork, SetNetworkEnterprise
from registry.membership.model import (
    ADMIN,
    BACKBONE,
    MEMBER,
    OWNER,
    Member,
    Network,
    check_tags,
)
from registry.membership.rules import read_rules
from registry.membership.store import MembershipStore
from registry.membership.tables import SCHEMA_STEPS
from registry.membership.views import MembershipView

__all__ = [
    "ADMIN",
    "BACKBONE",
    "EVENTS",
    "MEMBER",
    "OWNER",
    "SCHEMA_STEPS",
    "AdoptedNetwork",
    "CreateNetwork",
    "JoinNetwork",
    "Member",
    "MembershipStore",
    "MembershipView",
    "Network",
    "SetNetworkEnterprise",
    "adopt_invite",
    "adopt_networks",
    "check_network",
    "check_tags",
    "memberships",
    "read_rules",
]
