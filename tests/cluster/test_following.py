"""Several registries are one to their clients."""

import re
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import httpx
import pytest

from tests.cluster.cluster import SIZE, Cluster, knows, register
from tests.crash.nodes import ADMIN_TOKEN
from tests.harness import Client, Key, Refused, RegistryServer
from tests.harness.waiting import eventually


def test_what_one_was_told_the_others_know(cluster: Cluster) -> None:
    with cluster.clients() as (one, *others):
        node_id = register(one, Key(), hostname="known-everywhere")
        assert knows(one, node_id)
        for other in others:
            assert knows(other, node_id)  # for nobody says no before it has looked
            assert other.ask("resolve_hostname", hostname="known-everywhere")["node_id"] == node_id


def test_whoever_wrote_reads_it_at_once(cluster: Cluster) -> None:
    with cluster.clients() as clients:
        for number in range(30):
            client, key = clients[number % SIZE], Key()
            node_id = register(client, key, hostname=f"node-{number}")
            assert client.ask("lookup", node_id=node_id)["hostname"] == f"node-{number}"


def test_a_write_knows_what_the_others_wrote_before_it(cluster: Cluster) -> None:
    with cluster.clients() as clients:
        key = Key()
        ids = [register(client, key) for client in clients]
        assert len(set(ids)) == 1
        new = Key()
        clients[0].ask(
            "rotate_key",
            node_id=ids[0],
            new_public_key=new.public,
            signature=key.sign(f"rotate:{ids[0]}:{new.public}"),
        )
        assert register(clients[1], new) == ids[0]


@pytest.mark.parametrize("what", ["hostname", "network"])
def test_a_name_is_given_to_one_of_those_who_ask_for_it_at_once(
    cluster: Cluster, what: str
) -> None:
    barrier = Barrier(SIZE)

    def ask(client: Client) -> str:
        key = Key()
        node_id = register(client, key)
        barrier.wait()
        try:
            if what == "network":
                client.ask(
                    "create_network", node_id=node_id, name="wanted", admin_token=ADMIN_TOKEN
                )
            else:
                client.ask(
                    "set_hostname",
                    node_id=node_id,
                    hostname="wanted",
                    signature=key.sign(f"set_hostname:{node_id}"),
                )
        except Refused as refused:
            return str(refused)
        return "given"

    with cluster.clients() as clients, ThreadPoolExecutor(SIZE) as threads:
        answers = list(threads.map(ask, clients))
    assert answers.count("given") == 1, answers
    assert all("already" in answer or "exists" in answer for answer in answers if answer != "given")


def test_what_one_store_does_because_of_another_happens_once(cluster: Cluster) -> None:
    with cluster.clients() as clients:
        owner, key = register(clients[0], Key()), Key()
        node_id = register(clients[1], key)
        network = clients[2].ask(
            "create_network", node_id=owner, name="lab", admin_token=ADMIN_TOKEN
        )["network_id"]
        clients[0].ask("join_network", node_id=node_id, network_id=network, admin_token=ADMIN_TOKEN)
        signature = key.sign(f"deregister:{node_id}")
        clients[1].ask("deregister", node_id=node_id, signature=signature)
        cluster.in_step()
    left = "SELECT count(*) FROM log_changes WHERE type = 'membership.left'"
    assert cluster.sql(left) <= 1
    of_node = f"SELECT count(*) FROM membership_members WHERE node_id = {node_id}"
    assert cluster.sql(of_node) == 0


def test_heartbeats_at_one_count_with_the_others(cluster: Cluster) -> None:
    with cluster.clients() as (one, other, _):
        key = Key()
        node_id = register(one, key)
        eventually(lambda: knows(other, node_id))
        before = last_seen(other)
        signature = key.sign(f"heartbeat:{node_id}")

        def heard_later() -> bool:
            one.ask("heartbeat", node_id=node_id, signature=signature)
            return last_seen(other) != before

        eventually(heard_later)


def test_the_delay_is_a_metric(cluster: Cluster) -> None:
    with cluster.clients() as (one, *_):
        for _ in range(5):
            register(one, Key())
    cluster.in_step()
    metrics = httpx.get(f"{cluster.servers[1].http}/metrics").text
    counted = re.search(r"registry_propagation_seconds_count (\S+)", metrics)
    assert counted is not None
    assert float(counted[1]) >= 5
    assert "registry_stale 0.0" in metrics


def test_one_of_them_is_on_duty_and_another_takes_over(cluster: Cluster) -> None:
    def on_duty() -> list[RegistryServer]:
        return [server for server in cluster.servers if "duty.taken" in server.process.output]

    [holder] = eventually(on_duty)
    holder.kill()
    assert len(eventually(on_duty, lambda servers: len(servers) > 1)) == 2


def last_seen(client: Client) -> str:
    """When the only node was last heard of, as a registry tells an administrator."""
    [node] = client.ask("list_nodes", network_id=0, admin_token=ADMIN_TOKEN)["nodes"]
    text: str = node["last_seen"]
    return text
