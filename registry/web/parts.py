"""The parts of a server that can be looked at over HTTP."""

from collections.abc import Callable, Mapping
from typing import Protocol

from attrs import frozen

from registry.directory import DirectoryView, Presence
from registry.dispatch import Authenticator, Dispatcher, OperationTable
from registry.events import InProcessBus, Projection
from registry.membership import MembershipView
from registry.persistence import Committer, Database
from registry.polo import PoloView
from registry.trust import TrustView


class Connections(Protocol):
    """What the listener tells of the connections of clients."""

    @property
    def connections(self) -> int:
        """How many are open."""

    @property
    def accepted(self) -> int:
        """How many were served so far."""

    @property
    def turned_away(self) -> int:
        """How many were not, because there were too many."""


@frozen(kw_only=True)
class Parts:
    """What is shown, and who may see it; everything is read on the thread that serves clients.

    Attributes:
        authenticator: Knows the admin token.
        bus: Where everything that happens is told.
        clock: Unix time in seconds.
        committer: Runs what writes.
        connections: Of the registry's clients.
        database: What everything is kept in.
        describe: The description of a network; empty for none.
        directory: Nodes.
        dispatchers: Run requests, by the name of their protocol.
        membership: Networks and members.
        operations: Every message type.
        polo: Scores.
        presence: Who was heard of when.
        projections: Every read model.
        trust: Who trusts whom.
    """

    authenticator: Authenticator
    bus: InProcessBus
    clock: Callable[[], float]
    committer: Committer
    connections: Connections
    database: Database
    describe: Callable[[int], str]
    directory: DirectoryView
    dispatchers: Mapping[str, Dispatcher]
    membership: MembershipView
    operations: OperationTable
    polo: PoloView
    presence: Presence
    projections: tuple[Projection, ...]
    trust: TrustView
