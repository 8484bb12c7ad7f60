"""Filling the stores of a registry with what the public Go server kept."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import msgspec

from registry.directory import DirectoryStore
from registry.dispatch import Caller
from registry.events import Transaction
from registry.identity import adopt_keys
from registry.membership import BACKBONE, adopt_invite, adopt_networks
from registry.policy import PolicyStore, SetExprPolicy, SetNetworkPolicy
from registry.polo import PoloStore, SetPoloScore
from registry.takeover import networks as networks_of
from registry.takeover import nodes as nodes_of
from registry.takeover import trust as trust_of
from registry.takeover.report import Report, both_known
from registry.takeover.snapshot import GoNetwork, GoNode, GoSnapshot, moment
from registry.trust import adopt_handshakes, adopt_links

T = TypeVar("T")

_ADMIN = Caller("", 0, is_admin=True)
_AT_A_TIME = 1000


class Takeover:
    """Fills the stores of a registry with nothing in it."""

    def __init__(
        self,
        *,
        directory: DirectoryStore,
        policy: PolicyStore,
        polo: PoloStore,
        clock: Callable[[], float],
    ) -> None:
        """Describe it.

        Args:
            directory: Takes nodes.
            policy: Takes policies.
            polo: Takes scores.
            clock: Unix time in seconds.
        """
        self._directory = directory
        self._policy = policy
        self._polo = polo
        self._clock = clock

    def run(self, transaction: Transaction, snapshot: GoSnapshot) -> Report:
        """Take a snapshot over, all in one transaction.

        What cannot be here, such as a hostname that two nodes have, is left out and said;
        what the rest needs, such as a time that is none, ends it.

        Raises:
            ValueError: The snapshot holds what it cannot; the text names the path.
        """
        report = Report()
        for name, reason in snapshot.left_behind.items():
            report.leave_out(name, reason)
        now = int(self._clock())
        keys = list(nodes_of.adopted_keys(snapshot, report, now))
        known = {key.node_id for key in keys}
        adopt_keys(transaction, keys, max(snapshot.next_node - 1, 0, *known))
        nodes = [node for node in snapshot.nodes.values() if node.id in known]
        self._take_nodes(transaction, nodes, report, now)
        networks = list(networks_of.adopted_networks(snapshot, known, report, now))
        adopt_networks(transaction, networks, snapshot.next_network - 1, now)
        there = {network.network_id for network in networks}
        self._take_policies(transaction, snapshot, there | {BACKBONE}, report)
        self._take_scores(transaction, nodes, report)
        links = list(trust_of.adopted_links(snapshot, known, report))
        adopt_links(transaction, links)
        requests = list(trust_of.adopted_requests(snapshot, known, report, now))
        answers = list(trust_of.adopted_answers(snapshot, known, report, now))
        adopt_handshakes(transaction, requests, answers)
        invites = list(_invites(snapshot, known, there, report, now))
        for network_id, node_id, inviter_id, at in invites:
            adopt_invite(transaction, network_id, node_id, inviter_id=inviter_id, at=at)
        report.taken = {
            "nodes": len(nodes),
            "keys of nodes that are away": len(keys) - len(nodes),
            "networks": len(networks),
            "memberships": sum(len(network.members) for network in networks),
            "trust links": len(links),
            "waiting handshakes": len(requests) + len(answers),
            "waiting invites": len(invites),
        }
        return report

    def _take_nodes(
        self, transaction: Transaction, nodes: Sequence[GoNode], report: Report, now: int
    ) -> None:
        for page in _pages(nodes):
            arrivals = [nodes_of.registered(node, report) for node in page]
            registrations = self._directory.register(transaction, arrivals)
            seen = {}
            for node, registration in zip(page, registrations, strict=True):
                path = nodes_of.path_of(node)
                if registration.hostname_error:
                    report.leave_out(f"{path}.hostname", registration.hostname_error)
                seen[node.id] = moment(node.last_seen, f"{path}.last_seen") or now
            self._directory.save_last_seen(transaction, seen)

    def _take_policies(
        self, transaction: Transaction, snapshot: GoSnapshot, there: set[int], report: Report
    ) -> None:
        for network in snapshot.networks.values():
            if network.id not in there:
                continue
            path = networks_of.path_of(network)
            report.attempt(f"{path}.policy", None, self._set_policy, transaction, network)
            report.attempt(f"{path}.expr_policy", None, self._set_expr_policy, transaction, network)

    def _set_policy(self, transaction: Transaction, network: GoNetwork) -> None:
        policy = network.policy
        if policy is None or network.id == BACKBONE:
            return
        fields = {
            "network_id": network.id,
            "max_members": policy.max_members,
            "allowed_ports": policy.allowed_ports or [],
            "description": policy.description,
        }
        request = msgspec.convert(fields, SetNetworkPolicy)
        self._policy.set_network_policy(transaction, request, _ADMIN)

    def _set_expr_policy(self, transaction: Transaction, network: GoNetwork) -> None:
        text = bytes(network.expr_policy).decode()
        if text != "null":
            request = SetExprPolicy(network_id=network.id, expr_policy=text)
            self._policy.set_expr_policy(transaction, request, _ADMIN)

    def _take_scores(
        self, transaction: Transaction, nodes: Sequence[GoNode], report: Report
    ) -> None:
        for node in nodes:
            if node.polo_score:
                path = f"{nodes_of.path_of(node)}.polo_score"
                report.attempt(path, None, self._set_score, transaction, node)

    def _set_score(self, transaction: Transaction, node: GoNode) -> None:
        fields = {"node_id": node.id, "polo_score": node.polo_score}
        self._polo.set_score(transaction, msgspec.convert(fields, SetPoloScore), _ADMIN)


def _invites(
    snapshot: GoSnapshot, known: set[int], networks: set[int], report: Report, now: int
) -> Iterator[tuple[int, int, int, int]]:
    """The invites that wait: into which network, for whom, by whom, and since when."""
    for node_id, inbox in snapshot.invites.items():
        path = f'invite_inbox["{node_id}"]'
        for network_id, invite in {each.network_id: each for each in inbox}.items():
            if network_id not in networks:
                report.leave_out(path, f"there is no network {network_id}")
            elif both_known(path, (node_id, invite.inviter_id), known, report):
                at = moment(invite.timestamp, f"{path}.timestamp") or now
                yield network_id, node_id, invite.inviter_id, at


def _pages(items: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), _AT_A_TIME):
        yield items[start : start + _AT_A_TIME]
