"""The figures of a server, as Prometheus reads them.

What is counted on the way of a request is counted in plain numbers where it happens. Here they
are gathered when somebody asks for them, and that is all that a metric costs.
"""

from collections.abc import Iterable, Iterator
from typing import TypeVar

from prometheus_client import REGISTRY
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.registry import CollectorRegistry

from registry import __version__
from registry.dispatch import Tally
from registry.events import Subscription
from registry.persistence import Histogram
from registry.web.parts import Parts

K = TypeVar("K", str, tuple[str, str])

REMEMBERED, DISPATCHED = "remembered", "dispatched"
"""The two ways of a request: answered from what is remembered, or looked at anew."""


def gather(parts: Parts, *, holdings: bool) -> list[Metric]:
    """Every figure as it is now; to be called on the thread that serves clients.

    Args:
        parts: The server.
        holdings: Whether to tell also how much it holds, which the protocol does not tell
            strangers.
    """
    metrics = [*_figures(parts)]
    return [*metrics, *_holdings(parts)] if holdings else metrics


class Exposition(CollectorRegistry):
    """Figures that were gathered, with those of the process, to be written down.

    To write them takes ten times as long as to gather them: it is for another thread.
    """

    def __init__(self, gathered: Iterable[Metric]) -> None:
        super().__init__()
        self._gathered = gathered

    def collect(self) -> Iterator[Metric]:
        """All of them."""
        yield from self._gathered
        yield from REGISTRY.collect()  # the process, its memory, the interpreter


def _figures(parts: Parts) -> Iterator[Metric]:
    """How the server works; nothing about what it holds."""
    yield InfoMetricFamily("registry", "The server.", value={"version": __version__})
    yield from _requests(parts)
    yield from _bus(parts)
    yield from _commits(parts)
    yield from _deliveries(parts)
    yield from _connections(parts)
    yield from _caches(parts)


def _requests(parts: Parts) -> Iterator[Metric]:
    ways = ["type", "way"]
    counts = CounterMetricFamily("registry_requests", "Requests answered.", labels=ways)
    errors = CounterMetricFamily(
        "registry_request_errors",
        "Those answered with an error: refused, unavailable, or internal (a bug).",
        labels=["type", "kind"],
    )
    seconds = HistogramMetricFamily(
        "registry_request_seconds",
        "From reading a request to its answer. Of the remembered ones, a sample of one in 64.",
        labels=ways,
    )
    for operation in parts.operations:
        _add_tally(operation.type, operation.tally, counts, errors, seconds)
    yield counts
    yield errors
    yield seconds
    unreadable = CounterMetricFamily(
        "registry_unreadable_requests", "Requests of no known form.", labels=["protocol"]
    )
    for protocol, dispatcher in parts.dispatchers.items():
        unreadable.add_metric([protocol], dispatcher.unreadable)
    yield unreadable


def _bus(parts: Parts) -> Iterator[Metric]:
    bus = parts.bus
    published = CounterMetricFamily(
        "registry_events_published", "Events told on the bus.", labels=["type"]
    )
    for type_, count in sorted(bus.published.items()):
        published.add_metric([type_], count)
    yield published
    yield from _subscribers(bus.subscriptions)
    rebuilds = CounterMetricFamily(
        "registry_read_model_rebuilds",
        "How often a read model was read from the database: at the start, and after drops.",
        labels=["model"],
    )
    for name, count in _summed((each.name, each.rebuilds) for each in parts.projections):
        rebuilds.add_metric([name], count)
    yield rebuilds


def _commits(parts: Parts) -> Iterator[Metric]:
    committer = parts.committer
    yield _histogram("registry_commit_operations", "Operations in a commit.", committer.group_sizes)
    yield _histogram("registry_commit_seconds", "Seconds for a commit.", committer.commit_seconds)
    yield _counter("registry_commit_failures", "Commits that failed.", committer.failed_commits)
    yield _gauge("registry_commits_waiting", "Operations that wait for one.", committer.waiting)
    if committer.freshness is not None:
        yield _histogram(
            "registry_propagation_seconds",
            "Seconds until what another process committed was known here.",
            committer.propagation_seconds,
        )
        yield _gauge(
            "registry_stale",
            "Whether what others committed may be unknown here: the database does not answer.",
            int(committer.freshness.is_over),
        )


def _deliveries(parts: Parts) -> Iterator[Metric]:
    last = parts.audit.number
    yield _gauge(
        "registry_audit_waiting",
        "Changes that are not in the audit log yet.",
        max(0, parts.committer.last_number - last),
    )
    label = ["outlet"]
    delivered = CounterMetricFamily("registry_deliveries", "Entries taken.", labels=label)
    failures = CounterMetricFamily(
        "registry_delivery_failures", "Attempts that failed.", labels=label
    )
    given_up = CounterMetricFamily("registry_dead_letters", "Entries given up.", labels=label)
    waiting = GaugeMetricFamily(
        "registry_deliveries_waiting", "Entries that are still to be sent.", labels=label
    )
    for name, outlet in parts.outlets.items():
        position = outlet.position
        delivered.add_metric([name], outlet.delivered)
        failures.add_metric([name], outlet.failed_attempts)
        given_up.add_metric([name], outlet.given_up)
        waiting.add_metric([name], 0 if position is None else max(0, last - position))
    yield from (delivered, failures, given_up, waiting)


def _connections(parts: Parts) -> Iterator[Metric]:
    connections = parts.connections
    yield _gauge("registry_connections", "Open connections.", connections.connections)
    yield _counter("registry_connections_accepted", "Served so far.", connections.accepted)
    yield _counter(
        "registry_connections_turned_away",
        "Not served, because there were too many.",
        connections.turned_away,
    )


def _caches(parts: Parts) -> Iterator[Metric]:
    entries = GaugeMetricFamily("registry_cache_entries", "What is kept.", labels=["cache"])
    for protocol, dispatcher in parts.dispatchers.items():
        entries.add_metric([f"{protocol}_requests"], dispatcher.remembered)
    entries.add_metric(["lookup_answers"], parts.directory.kept_answers)
    yield entries
    hits = CounterMetricFamily("registry_cache_hits", "Found in it.", labels=["cache"])
    misses = CounterMetricFamily("registry_cache_misses", "Not found.", labels=["cache"])
    tallies = [operation.tally for operation in parts.operations]
    hits.add_metric(["requests"], sum(tally.repeats for tally in tallies))
    misses.add_metric(["requests"], sum(tally.seconds.count for tally in tallies))
    misses.add_metric(["lookup_answers"], parts.directory.made_answers)
    yield hits
    yield misses


def _holdings(parts: Parts) -> Iterator[Metric]:
    yield _gauge("registry_nodes", "Registered nodes.", len(parts.directory))
    yield _gauge("registry_nodes_stale", "Those that are offline.", parts.presence.stale_count)
    yield _gauge("registry_networks", "Networks, without the backbone.", len(parts.membership))
    yield _gauge("registry_trust_links", "Pairs of nodes that trust.", len(parts.trust))


def _add_tally(
    type_: str,
    tally: Tally,
    counts: CounterMetricFamily,
    errors: CounterMetricFamily,
    seconds: HistogramMetricFamily,
) -> None:
    """What a message type has counted; nothing of the ways that nobody has gone."""
    ways = (
        (REMEMBERED, tally.repeats, tally.repeat_seconds),
        (DISPATCHED, tally.seconds.count, tally.seconds),
    )
    for way, count, histogram in ways:
        if count:
            counts.add_metric([type_, way], count)
            seconds.add_metric([type_, way], _buckets(histogram), histogram.total)
    for kind, count in sorted(tally.errors.items()):
        errors.add_metric([type_, kind], count)


def _subscribers(subscriptions: Iterable[Subscription]) -> Iterator[Metric]:
    """What everybody who listens has, those of one name together."""
    subscriptions = list(subscriptions)
    label = ["subscriber"]
    waiting = GaugeMetricFamily("registry_events_waiting", "Events unread.", labels=label)
    capacity = GaugeMetricFamily("registry_events_capacity", "Unread at most.", labels=label)
    dropped = CounterMetricFamily(
        "registry_events_dropped", "Lost for want of room.", labels=["subscriber", "type"]
    )
    for name, count in _summed((each.name, len(each)) for each in subscriptions):
        waiting.add_metric([name], count)
    for name, count in _summed((each.name, each.capacity) for each in subscriptions):
        capacity.add_metric([name], count)
    drops = (
        ((each.name, type_), count)
        for each in subscriptions
        for type_, count in each.dropped_of.copy().items()
    )
    for (name, type_), count in _summed(drops):
        dropped.add_metric([name, type_], count)
    yield waiting
    yield capacity
    yield dropped


def _summed(pairs: Iterable[tuple[K, int]]) -> list[tuple[K, int]]:
    sums: dict[K, int] = {}
    for key, count in pairs:
        sums[key] = sums.get(key, 0) + count
    return sorted(sums.items())


def _buckets(histogram: Histogram) -> list[tuple[str, float]]:
    """The counts as Prometheus has them: each with all that is below it."""
    below = 0
    buckets = []
    for bound, count in zip((*histogram.bounds, float("inf")), histogram.counts, strict=True):
        below += count
        buckets.append((f"{bound:g}" if bound != float("inf") else "+Inf", float(below)))
    return buckets


def _histogram(name: str, says: str, histogram: Histogram) -> Metric:
    family = HistogramMetricFamily(name, says)
    family.add_metric([], _buckets(histogram), histogram.total)
    return family


def _counter(name: str, says: str, value: float) -> Metric:
    return CounterMetricFamily(name, says, value=value)


def _gauge(name: str, says: str, value: float) -> Metric:
    return GaugeMetricFamily(name, says, value=value)
