"""What may happen to registries over one database while clients write to all of them.

After each fault, every write that was acknowledged is there, each registry's memory says what
the database says (`registry check`), and no node id was given twice.
"""

import signal
import time

import httpx
import pytest
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from tests.cluster.cluster import Cluster, knows, register
from tests.harness import Client, Key
from tests.harness.waiting import eventually

STOPPED_SECONDS = 30.0

LOCK = "SELECT pg_advisory_xact_lock(7365, hashtext(current_schema()))"
"""What every registry takes before it writes."""

pytestmark = pytest.mark.timeout(300)


def test_one_is_killed(cluster: Cluster) -> None:
    with cluster.load() as load:
        load.go_on()
        cluster.servers[1].kill()
        load.go_on()
        cluster.servers[1].start()
        load.go_on()
    cluster.agree(load)


@pytest.mark.slow
def test_one_is_stopped_for_a_while_and_goes_on(cluster: Cluster) -> None:
    stopped = cluster.servers[2]
    with cluster.load() as load:
        load.go_on()
        stopped.process.send(signal.SIGSTOP)
        time.sleep(STOPPED_SECONDS)  # it is what is tested
        with Client.to(cluster.servers[0].endpoint) as client:
            node_id = register(client, Key(), hostname="missed")
        with Client.to(stopped.endpoint) as client:
            stopped.process.send(signal.SIGCONT)
            assert knows(client, node_id), "it answered before it had caught up"
        load.go_on()
    cluster.agree(load)
    assert "log.trimmed" in stopped.process.output  # it found a gap, and read everything anew


def test_one_that_is_stopped_in_a_transaction_does_not_hold_up_the_others(
    cluster: Cluster,
) -> None:
    """Its session ends after a while, and with it the lock that everybody waits for."""
    with create_engine(cluster.url, poolclass=NullPool).connect() as connection:
        # A registry in the middle of a write, as the others see it, with a shorter while.
        connection.exec_driver_sql("SET idle_in_transaction_session_timeout = 2000")
        connection.exec_driver_sql(LOCK)
        with Client.to(cluster.servers[0].endpoint) as client:
            assert register(client, Key()) == 1
        connection.invalidate()


def test_the_database_is_restarted(cluster: Cluster) -> None:
    with cluster.load() as load:
        load.go_on()
        for _ in range(2):
            cluster.postgresql.restart()
            load.go_on()
    cluster.agree(load)


def test_reads_go_on_while_the_database_is_away(cluster: Cluster) -> None:
    with cluster.clients() as clients:
        node_id = register(clients[0], Key())
        cluster.in_step()
        cluster.postgresql.stop()
        try:
            eventually(lambda: "registry_stale 1.0" in metrics(cluster))
            assert all(knows(client, node_id) for client in clients)
        finally:
            cluster.postgresql.start()
        eventually(lambda: "registry_stale 0.0" in metrics(cluster))
        assert knows(clients[1], node_id)


def test_nobody_can_listen_any_more(cluster: Cluster) -> None:
    cut = (
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
        "WHERE application_name = 'registry ear' AND datname = current_database()"
    )
    with cluster.load() as load:
        load.go_on()
        assert cluster.sql(cut) == len(cluster.servers)
        load.go_on()
    cluster.agree(load)


def test_one_is_slow(cluster: Cluster) -> None:
    slow = cluster.servers[0]
    with cluster.load() as load:
        for _ in range(8):
            load.go_on(50)
            slow.process.send(signal.SIGSTOP)
            time.sleep(0.4)  # it is what is tested
            slow.process.send(signal.SIGCONT)
    cluster.agree(load)


def test_a_long_transaction_gets_no_number_that_others_have_gone_beyond(cluster: Cluster) -> None:
    """A number is given under a lock that is held until the commit, however late that is."""
    write = (
        "INSERT INTO log_changes (number, at, source, type, payload, actor, origin) "
        "SELECT max(number) + 1, 0, 'test', 'polo.nothing', '{}', 'test', '' FROM log_changes"
    )
    engine = create_engine(cluster.url, poolclass=NullPool)
    with cluster.load() as load:
        load.go_on()
        for _ in range(3):
            with engine.begin() as connection:
                connection.exec_driver_sql(LOCK)
                connection.exec_driver_sql(write)
                time.sleep(0.5)  # it is what is tested
            load.go_on(50)
    assert cluster.sql("SELECT count(*) = max(number) - min(number) + 1 FROM log_changes") is True
    cluster.know(load)


def metrics(cluster: Cluster) -> str:
    """The figures of the first registry."""
    return httpx.get(f"{cluster.servers[0].http}/metrics").text
