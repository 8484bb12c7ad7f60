"""Becoming a node, and coming back as one."""

from pathlib import Path
from typing import Any

import pytest

from tests.harness.client import Key, Refused
from tests.system.registry import Registry, registry_in


class TestRegister:
    def test_gives_an_address_on_the_backbone(self, registry: Registry) -> None:
        key = Key()
        answer = registry.signed(key, "register", listen_addr=":4001", public_key=key.public)
        assert answer == {
            "type": "register_ok",
            "node_id": 1,
            "network_id": 0,
            "address": "0:0000.0000.0001",
            "public_key": key.public,
            "observed_addr": "198.51.100.7:4001",
            "protocol_version": 1,
        }

    def test_gives_every_key_another_id(self, registry: Registry) -> None:
        assert [registry.register() for _ in range(3)] == [1, 2, 3]

    def test_needs_the_signature_of_the_key(self, registry: Registry) -> None:
        before = registry.state()
        key, thief = Key(), Key()
        with pytest.raises(Refused, match=r"^signature: register needs one by public_key"):
            registry.ask("register", listen_addr=":4001", public_key=key.public)
        with pytest.raises(Refused, match=r"^signature: verification failed"):
            registry.signed(thief, "register", listen_addr=":4001", public_key=key.public)
        assert registry.state() == before

    def test_an_owner_text_takes_nobody_s_node(self, registry: Registry) -> None:
        theirs = registry.register(owner="a@example.test")
        assert registry.register(owner="a@example.test") != theirs

    @pytest.mark.parametrize(
        ("fields", "text"),
        [
            ({"listen_addr": "nowhere"}, "listen_addr: must be host:port"),
            ({"listen_addr": f":{'9' * 5000}"}, "listen_addr: must be host:port"),
            ({"listen_addr": ":0"}, "listen_addr: must be host:port"),
            ({"lan_addrs": ["10.0.0.1:1"] * 17}, "lan_addrs: at most 16"),
            ({"lan_addrs": ["1" * 300]}, "lan_addrs: an address has at most 262"),
            ({"owner": "o" * 257}, "owner: longer than 256"),
        ],
        ids=lambda value: str(value)[:40],
    )
    def test_says_which_field_is_wrong(
        self, registry: Registry, fields: dict[str, Any], text: str
    ) -> None:
        before = registry.state()
        with pytest.raises(Refused, match=text):
            registry.register(**fields)
        assert registry.state() == before

    @pytest.mark.parametrize("public_key", ["", "?", "AAAA"])
    def test_needs_a_key(self, registry: Registry, public_key: str) -> None:
        signature = Key().sign("register::x")
        with pytest.raises(Refused, match=r"^public_key: "):
            registry.ask("register", public_key=public_key, signature=signature)


class TestEndpoint:
    def test_is_the_sender_s_address_with_the_announced_port(self, registry: Registry) -> None:
        key = Key()
        answer = registry.ask(
            "register",
            sender=("198.51.100.9", 61000),
            listen_addr="203.0.113.9:4001",
            public_key=key.public,
            signature=key.sign(f"register:203.0.113.9:4001:{key.public}"),
        )
        assert answer["observed_addr"] == "198.51.100.9:4001"

    def test_of_ipv6_is_in_brackets(self, registry: Registry) -> None:
        key = Key()
        answer = registry.ask(
            "register",
            sender=("2001:db8::1", 61000),
            listen_addr=":4001",
            public_key=key.public,
            signature=key.sign(f"register::4001:{key.public}"),
        )
        assert answer["observed_addr"] == "[2001:db8::1]:4001"

    def test_has_the_sender_s_port_where_none_is_announced(self, registry: Registry) -> None:
        key = Key()
        answer = registry.signed(key, "register", public_key=key.public)
        assert answer["observed_addr"] == "198.51.100.7:5000"


class TestComingBack:
    def test_the_same_key_is_the_same_node(self, registry: Registry) -> None:
        key = Key()
        node_id = registry.register(key)
        registry.register()
        assert registry.register(key, listen_addr=":4002") == node_id
        registry.signed(node_id, "set_visibility", node_id=node_id, public=True)
        assert registry.ask("lookup", node_id=node_id)["real_addr"] == "198.51.100.7:4002"

    def test_keeps_what_the_node_had_set(self, registry: Registry) -> None:
        key = Key()
        node_id = registry.register(key, hostname="alice", version="1")
        registry.signed(node_id, "set_tags", node_id=node_id, tags=["gpu"])
        registry.register(key)
        found = registry.ask("lookup", node_id=node_id)
        assert (found["hostname"], found["tags"], found["version"]) == ("alice", ["gpu"], "1")

    def test_also_after_it_deregistered(self, registry: Registry) -> None:
        key = Key()
        node_id = registry.register(key)
        registry.signed(node_id, "deregister", node_id=node_id)
        registry.register()
        assert registry.register(key) == node_id

    def test_also_after_a_restart(self, tmp_path: Path) -> None:
        key = Key()
        with registry_in(tmp_path) as registry:
            node_id = registry.register(key)
            registry.signed(node_id, "deregister", node_id=node_id)
        with registry_in(tmp_path) as registry:
            assert registry.register() == node_id + 1
            assert registry.register(key) == node_id

    def test_not_with_a_key_that_was_rotated_away(self, registry: Registry) -> None:
        old, new = Key(), Key()
        node_id = registry.register(old)
        registry.signed(node_id, "rotate_key", node_id=node_id, new_public_key=new.public)
        with pytest.raises(Refused, match="public_key: was rotated away"):
            registry.register(old)
        assert registry.register(new) == node_id


class TestHostname:
    def test_is_given_at_once_if_it_can_be(self, registry: Registry) -> None:
        node_id = registry.register(hostname="alice")
        assert registry.ask("resolve_hostname", hostname="alice")["node_id"] == node_id

    @pytest.mark.parametrize("hostname", ["alice", "Not Good", "localhost"])
    def test_does_not_fail_the_registration_if_it_cannot(
        self, registry: Registry, hostname: str
    ) -> None:
        registry.register(hostname="alice")
        key = Key()
        answer = registry.signed(
            key, "register", listen_addr=":4001", public_key=key.public, hostname=hostname
        )
        assert answer["node_id"] == 2
        assert answer["hostname_error"]
        assert "hostname" not in answer

    def test_stays_the_old_one_where_the_new_one_is_taken(self, registry: Registry) -> None:
        key = Key()
        registry.register(hostname="bob")
        registry.register(key, hostname="alice")
        registry.register(key, hostname="bob")
        assert registry.ask("lookup", node_id=2)["hostname"] == "alice"
