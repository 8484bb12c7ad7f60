"""What the directory says of nodes, to whom, and what nodes may say of themselves."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event, text

from tests.harness.client import Key, Refused
from tests.system.registry import START, Registry, registry_in


@contextmanager
def no_commits(registry: Registry) -> Iterator[None]:
    """Have every commit fail, as on a disk that is full."""

    def fail(_connection: Connection) -> None:
        raise OSError("no space left on device")

    engine = registry.application.database.engine
    event.listen(engine, "commit", fail)
    try:
        yield
    finally:
        event.remove(engine, "commit", fail)


def lookup(registry: Registry, node_id: int) -> dict[str, Any]:
    return registry.ask("lookup", node_id=node_id)


def resolve(registry: Registry, requester_id: int, node_id: int) -> str:
    answer = registry.signed(requester_id, "resolve", node_id=node_id, requester_id=requester_id)
    return str(answer["real_addr"])


def publish(registry: Registry, node_id: int, *, public: bool = True) -> None:
    registry.signed(node_id, "set_visibility", node_id=node_id, public=public)


class TestLookup:
    def test_tells_what_is_public(self, registry: Registry) -> None:
        key = Key()
        registry.register(key, hostname="alice", version="1.18.0", owner="a@example.test")
        answer = lookup(registry, 1)
        assert answer["address"] == "0:0000.0000.0001"
        assert (answer["public_key"], answer["networks"]) == (key.public, [0])
        assert (answer["hostname"], answer["public"]) == ("alice", False)
        assert "a@example.test" not in str(answer)

    def test_hides_a_private_node_s_endpoints(self, registry: Registry) -> None:
        registry.register(lan_addrs=["10.0.0.5:4001"])
        text = str(lookup(registry, 1))
        assert "198.51.100.7" not in text
        assert "10.0.0.5" not in text

    def test_shows_a_public_node_s_endpoint_while_it_is_public(self, registry: Registry) -> None:
        registry.register()
        publish(registry, 1)
        assert lookup(registry, 1)["real_addr"] == "198.51.100.7:4001"
        publish(registry, 1, public=False)
        assert "real_addr" not in lookup(registry, 1)

    def test_shows_networks_and_score(self, registry: Registry) -> None:
        registry.register()
        lab = registry.network(1)
        registry.as_admin("set_polo_score", node_id=1, polo_score=7)
        assert lookup(registry, 1)["networks"] == [0, lab]
        assert lookup(registry, 1)["polo_score"] == 7

    def test_there_must_be_such_a_node(self, registry: Registry) -> None:
        with pytest.raises(Refused, match="node 9: node not found"):
            lookup(registry, 9)


class TestResolve:
    def test_of_a_private_node_is_for_those_it_trusts(self, registry: Registry) -> None:
        one, other, stranger = (registry.register(listen_addr=f":{4001 + n}") for n in range(3))
        with pytest.raises(Refused, match="node 2 is private"):
            resolve(registry, one, other)
        registry.trust(one, other)
        assert resolve(registry, one, other) == "198.51.100.7:4002"
        assert resolve(registry, other, one) == "198.51.100.7:4001"
        with pytest.raises(Refused, match="node 2 is private"):
            resolve(registry, stranger, other)

    def test_and_for_those_that_share_a_network(self, registry: Registry) -> None:
        one, other = registry.register(), registry.register()
        lab = registry.network(one, other)
        assert resolve(registry, one, other)
        registry.signed(other, "leave_network", node_id=other, network_id=lab)
        with pytest.raises(Refused, match="private"):
            resolve(registry, one, other)

    def test_of_a_public_node_is_for_every_node(self, registry: Registry) -> None:
        one, other = registry.register(), registry.register()
        publish(registry, other)
        assert resolve(registry, one, other) == "198.51.100.7:4001"

    def test_needs_the_requester_s_signature(self, registry: Registry) -> None:
        one, other = registry.register(), registry.register()
        publish(registry, other)
        with pytest.raises(Refused, match="signature"):
            registry.ask("resolve", node_id=other, requester_id=one)
        forged = registry.keys[other].sign(f"resolve:{one}:{other}")
        with pytest.raises(Refused, match="signature: verification failed"):
            registry.ask("resolve", node_id=other, requester_id=one, signature=forged)

    def test_of_a_node_that_hides_is_the_beacon(self, registry: Registry) -> None:
        one = registry.register()
        other = registry.register(relay_only=True, lan_addrs=["10.0.0.5:4001"])
        registry.as_admin("beacon_register", beacon_id=1, addr="192.0.2.1:9001")
        publish(registry, other)
        answer = registry.signed(one, "resolve", node_id=other, requester_id=one)
        assert (answer["real_addr"], answer["relay_only"]) == ("192.0.2.1:9001", True)
        assert "lan_addrs" not in answer

    def test_tells_the_addresses_in_the_node_s_own_network(self, registry: Registry) -> None:
        one, other = registry.register(), registry.register(lan_addrs=["10.0.0.5:4001"])
        registry.trust(one, other)
        answer = registry.signed(one, "resolve", node_id=other, requester_id=one)
        assert answer["lan_addrs"] == ["10.0.0.5:4001"]


class TestHostname:
    def test_finds_private_nodes_too_but_not_where_they_are(self, registry: Registry) -> None:
        registry.register(hostname="alice")
        answer = registry.ask("resolve_hostname", hostname="alice")
        assert (answer["node_id"], answer["public"]) == (1, False)
        assert "198.51.100.7" not in str(answer)

    def test_is_unique(self, registry: Registry) -> None:
        registry.register(hostname="alice")
        registry.register()
        with pytest.raises(Refused, match='"alice" already in use by node 1'):
            registry.signed(2, "set_hostname", node_id=2, hostname="alice")

    def test_is_free_again_when_it_is_given_up(self, registry: Registry) -> None:
        registry.register(hostname="alice")
        registry.register()
        registry.signed(1, "set_hostname", node_id=1, hostname="")
        registry.signed(2, "set_hostname", node_id=2, hostname="alice")
        assert registry.ask("resolve_hostname", hostname="alice")["node_id"] == 2
        registry.signed(2, "deregister", node_id=2)
        with pytest.raises(Refused, match='hostname "alice" not found'):
            registry.ask("resolve_hostname", hostname="alice")

    @pytest.mark.parametrize("hostname", ["A", "-a", "a-", "a" * 64, "localhost", "a.b"])
    def test_has_rules(self, registry: Registry, hostname: str) -> None:
        registry.register()
        with pytest.raises(Refused, match="hostname"):
            registry.signed(1, "set_hostname", node_id=1, hostname=hostname)
        assert "hostname" not in lookup(registry, 1)

    def test_may_be_set_by_an_administrator_and_by_no_other_node(self, registry: Registry) -> None:
        registry.register()
        registry.register()
        registry.as_admin("set_hostname", node_id=1, hostname="alice")
        with pytest.raises(Refused, match="signature: verification failed"):
            registry.signed(registry.keys[2], "set_hostname", node_id=1, hostname="bob")
        assert lookup(registry, 1)["hostname"] == "alice"


class TestTags:
    def test_are_cleaned_and_shown(self, registry: Registry) -> None:
        registry.register()
        answer = registry.signed(1, "set_tags", node_id=1, tags=["#gpu", "gpu", "eu-1"])
        assert answer["tags"] == ["gpu", "eu-1"]
        assert lookup(registry, 1)["tags"] == ["gpu", "eu-1"]
        registry.signed(1, "set_tags", node_id=1, tags=[])
        assert "tags" not in lookup(registry, 1)

    @pytest.mark.parametrize(
        "tags", [["a"] + [f"t{n}" for n in range(10)], [""], ["A"], ["a" * 33]], ids=str
    )
    def test_have_rules(self, registry: Registry, tags: list[str]) -> None:
        registry.register()
        with pytest.raises(Refused, match=r"^tags: "):
            registry.signed(1, "set_tags", node_id=1, tags=tags)


class TestListNodes:
    def test_of_the_backbone_is_for_administrators(self, registry: Registry) -> None:
        registry.register(hostname="alice")
        with pytest.raises(Refused, match="not permitted"):
            registry.ask("list_nodes", network_id=0)
        [entry] = registry.as_admin("list_nodes", network_id=0)["nodes"]
        assert (entry["node_id"], entry["hostname"]) == (1, "alice")

    def test_comes_in_pages(self, registry: Registry) -> None:
        for _ in range(5):
            registry.register()
        registry.signed(3, "deregister", node_id=3)
        seen: list[int] = []
        after = 0
        while True:
            page = registry.as_admin("list_nodes", network_id=0, after=after, limit=2)
            seen += [entry["node_id"] for entry in page["nodes"]]
            if "next_after" not in page:
                break
            after = page["next_after"]
        assert seen == [1, 2, 4, 5]

    def test_of_a_network_tells_roles_and_no_private_endpoint(self, registry: Registry) -> None:
        one, other = registry.register(), registry.register()
        registry.register()
        publish(registry, other)
        lab = registry.network(one, other)
        answer = registry.ask("list_nodes", network_id=lab)
        first, second = answer["nodes"]
        assert (first["role"], second["role"]) == ("owner", "member")
        assert "real_addr" not in first
        assert second["real_addr"] == "198.51.100.7:4001"

    def test_there_must_be_such_a_network(self, registry: Registry) -> None:
        with pytest.raises(Refused, match="network 7: network not found"):
            registry.ask("list_nodes", network_id=7)


class TestPresence:
    def test_a_heartbeat_answers_with_the_time(self, registry: Registry) -> None:
        registry.register()
        answer = registry.signed(1, "heartbeat", node_id=1)
        assert answer["time"] == START
        registry.clock[0] += 60
        assert registry.signed(1, "heartbeat", node_id=1)["time"] == START + 60

    def test_a_silent_node_goes_stale_and_comes_back(self, registry: Registry) -> None:
        registry.register()
        assert "stale" not in lookup(registry, 1)
        registry.clock[0] += 1000
        registry.application.housekeeping.sweep()
        assert lookup(registry, 1)["stale"] is True
        registry.signed(1, "heartbeat", node_id=1)
        assert "stale" not in lookup(registry, 1)

    def test_when_a_node_was_heard_of_is_saved_by_the_sweep(self, tmp_path: Path) -> None:
        with registry_in(tmp_path) as registry:
            registry.register()
            registry.clock[0] += 60
            registry.signed(1, "heartbeat", node_id=1)
            registry.application.housekeeping.sweep()
        with registry_in(tmp_path) as registry:
            [entry] = registry.as_admin("list_nodes", network_id=0)["nodes"]
        assert entry["last_seen"] == "2023-11-14T22:14:20Z"

    def test_and_again_where_that_failed(self, registry: Registry) -> None:
        registry.register()
        registry.clock[0] += 60
        registry.signed(1, "heartbeat", node_id=1)
        with no_commits(registry):
            registry.application.housekeeping.sweep()
            with pytest.raises(Refused, match="could not commit"):
                registry.register()
        registry.application.housekeeping.sweep()
        registry.register()
        engine = registry.application.database.engine
        with engine.connect() as connection:
            saved = connection.execute(
                text("SELECT last_seen FROM directory_nodes WHERE node_id = 1")
            ).scalar()
        assert saved == START + 60

    def test_a_node_that_stays_silent_is_reaped_and_keeps_its_id(self, registry: Registry) -> None:
        key = Key()
        registry.register(key)
        registry.clock[0] += 700_000
        registry.application.housekeeping.sweep()
        registry.register()  # is committed after the sweep
        with pytest.raises(Refused, match="node 1: node not found"):
            lookup(registry, 1)
        assert registry.register(key) == 1

    def test_a_reaped_node_stays_in_its_networks(self, registry: Registry) -> None:
        key = Key()
        registry.register(key)
        lab = registry.network(1)
        registry.clock[0] += 700_000
        registry.application.housekeeping.sweep()
        registry.register()
        [entry] = registry.ask("list_nodes", network_id=lab)["nodes"]
        assert entry["offline"] is True
        registry.register(key)
        assert lookup(registry, 1)["networks"] == [0, lab]


class TestDeregister:
    def test_is_for_the_node_and_administrators(self, registry: Registry) -> None:
        one, other, third = (registry.register() for _ in range(3))
        with pytest.raises(Refused, match="signature: verification failed"):
            registry.signed(registry.keys[other], "deregister", node_id=one)
        registry.signed(one, "deregister", node_id=one)
        registry.as_admin("deregister", node_id=third)
        for node_id in (one, third):
            with pytest.raises(Refused, match="not found"):
                lookup(registry, node_id)

    def test_ends_memberships_and_invites_but_not_trust(self, registry: Registry) -> None:
        one, other = registry.register(), registry.register()
        lab = registry.network(one, other)
        registry.trust(one, other)
        registry.signed(other, "deregister", node_id=other)
        assert [n["node_id"] for n in registry.ask("list_nodes", network_id=lab)["nodes"]] == [one]
        registry.register(registry.keys[other])
        assert resolve(registry, one, other)
