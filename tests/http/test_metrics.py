"""What Prometheus is told."""

from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from tests.harness.receiver import Reply, receiver
from tests.harness.waiting import eventually
from tests.http.world import World, world_in

Samples = dict[tuple[str, ...], float]


def samples(text: str) -> Samples:
    """Every sample by its name and the values of its labels, in the order of their names."""
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def scrape(world: World, *, admin: bool = False) -> Samples:
    return samples(world.get("/metrics", admin=admin).text)


def test_requests_are_counted_by_type_and_way(world: World) -> None:
    node_id = world.register()
    for _ in range(3):
        world.client.ask("lookup", node_id=node_id)
    found = scrape(world)
    assert found["registry_requests_total", "register", "dispatched"] == 1
    assert found["registry_requests_total", "lookup", "dispatched"] == 1
    assert found["registry_requests_total", "lookup", "remembered"] == 2
    assert found["registry_request_seconds_count", "register", "dispatched"] == 1
    assert found["registry_request_seconds_bucket", "+Inf", "register", "dispatched"] == 1
    assert found["registry_request_seconds_sum", "register", "dispatched"] > 0
    assert found["registry_cache_hits_total", "requests"] == 2


def test_commits_events_and_connections_are_counted(world: World) -> None:
    world.register()
    found = scrape(world)
    assert found["registry_events_published_total", "node.registered"] == 1
    assert found["registry_commit_operations_sum",] >= 1
    assert found["registry_commit_failures_total",] == 0
    assert found["registry_connections",] == 1
    assert found["registry_events_waiting", "DirectoryView"] == 0
    assert found["registry_events_capacity", "DirectoryView"] == 65536
    assert found["registry_read_model_rebuilds_total", "DirectoryView"] == 1
    assert found["process_resident_memory_bytes",] > 0


def test_the_audit_log_and_deliveries_are_counted(tmp_path: Path) -> None:
    with receiver() as there, world_in(tmp_path, "--allow-inside-urls") as world:
        there.answer = lambda request: Reply(400 if b"key.enrolled" in request.body else 200)
        found = scrape(world)
        assert found["registry_deliveries_waiting", "webhook"] == 0
        world.as_admin("set_webhook", url=there.url)
        world.register()
        found = eventually(
            lambda: scrape(world),
            until=lambda found: found["registry_deliveries_total", "webhook"] == 2,
        )
    assert found["registry_audit_waiting",] == 0
    assert found["registry_dead_letters_total", "webhook"] == 1
    assert found["registry_delivery_failures_total", "webhook"] == 0
    assert found["registry_deliveries_total", "audit_export"] == 0


def test_drops_are_counted_by_subscriber_and_type(world: World) -> None:
    found = scrape(world)
    assert not [key for key in found if key[0] == "registry_events_dropped_total"]


def test_how_much_there_is_is_for_administrators(world: World) -> None:
    node_id = world.register()
    world.network(node_id, name="lab")
    found = scrape(world, admin=True)
    assert found["registry_nodes",] == 1
    assert found["registry_networks",] == 1
    assert found["registry_trust_links",] == 0
    assert not [key for key in scrape(world) if key[0] == "registry_nodes"]


def test_open_metrics_ends_once(world: World) -> None:
    text = world.get("/metrics", {"accept": "application/openmetrics-text"}, admin=True).text
    assert text.count("# EOF") == 1
    assert text.endswith("# EOF\n")
