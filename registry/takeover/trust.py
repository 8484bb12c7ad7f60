"""The trust of a snapshot: links, and handshakes that wait."""

from collections.abc import Iterator

from registry.takeover.report import Report, both_known
from registry.takeover.snapshot import GoSnapshot, moment
from registry.trust import AdoptedAnswer, AdoptedRequest

_LONGEST_JUSTIFICATION = 1024
"""Bytes."""


def adopted_links(
    snapshot: GoSnapshot, known: set[int], report: Report
) -> Iterator[tuple[int, int]]:
    """The pairs that trust each other, each once and the lower id first.

    Raises:
        ValueError: A pair is none.
    """
    seen = set()
    for place, text in enumerate(snapshot.trust_pairs):
        path = f"trust_pairs[{place}]"
        one, colon, other = text.partition(":")
        if not (colon and one.isdecimal() and other.isdecimal()):
            raise ValueError(f"{path}: {text[:40]!r} is not LOWER:HIGHER")
        pair = (min(int(one), int(other)), max(int(one), int(other)))
        if pair[0] == pair[1]:
            report.leave_out(path, "a node has no trust link with itself")
        elif both_known(path, pair, known, report) and pair not in seen:
            seen.add(pair)
            yield pair


def adopted_requests(
    snapshot: GoSnapshot, known: set[int], report: Report, now: int
) -> Iterator[AdoptedRequest]:
    """The handshakes that wait, the newest of each pair.

    Raises:
        ValueError: A time is none.
    """
    for node_id, inbox in snapshot.requests.items():
        path = f'handshake_inbox["{node_id}"]'
        for peer_id, request in {each.from_node_id: each for each in inbox}.items():
            if not both_known(path, (node_id, peer_id), known, report):
                continue
            if len(request.justification.encode()) > _LONGEST_JUSTIFICATION:
                report.leave_out(path, f"the justification of node {peer_id} is too long")
                continue
            at = moment(request.timestamp, f"{path}.timestamp") or now
            yield AdoptedRequest(node_id, peer_id, request.justification, at)


def adopted_answers(
    snapshot: GoSnapshot, known: set[int], report: Report, now: int
) -> Iterator[AdoptedAnswer]:
    """The answers that wait, the newest of each pair.

    Raises:
        ValueError: A time is none.
    """
    for node_id, inbox in snapshot.answers.items():
        path = f'handshake_responses["{node_id}"]'
        for peer_id, answer in {each.from_node_id: each for each in inbox}.items():
            if both_known(path, (node_id, peer_id), known, report):
                at = moment(answer.timestamp, f"{path}.timestamp") or now
                yield AdoptedAnswer(node_id, peer_id, answer.accept, at)
