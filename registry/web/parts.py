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


class AuditProgress(Protocol):
    """What is told of the writing of the audit log."""

    @property
    def number(self) -> int:
        """The number of the last entry."""


class Deliveries(Protocol):
    """What is told of one outlet; what is counted is counted since the start."""

    @property
    def position(self) -> int | None:
        """Up to which entry everything is dealt with; None where nothing is to be sent."""

    @property
    def delivered(self) -> int:
        """How many entries were taken."""

    @property
    def given_up(self) -> int:
        """How many were not, and will not be sent again."""

    @property
    def failed_attempts(self) -> int:
        """How often there was no going on for a while."""


@frozen(kw_only=True)
class Parts:
    """What is shown, and who may see it; everything is read on the thread that serves clients.

    Attributes:
        audit: The writing of the audit log.
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
        outlets: Where what happens is sent to, by name.
        polo: Scores.
        presence: Who was heard of when.
        projections: Every read model.
        trust: Who trusts whom.
    """

    audit: AuditProgress
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
    outlets: Mapping[str, Deliveries]
    polo: PoloView
    presence: Presence
    projections: tuple[Projection, ...]
    trust: TrustView
