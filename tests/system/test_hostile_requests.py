"""Requests that cannot be carried out: a clear error, and nothing changed."""

import json
from typing import Any

import pytest

from tests.harness.client import Refused
from tests.system.registry import Registry


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"", "Input data was truncated"),
        (b"{", "Input data was truncated"),
        (b"nonsense", "JSON is malformed"),
        (b"[]", "Expected `object`, got `array`"),
        (b"null", "Expected `object`, got `null`"),
        (b"7", "Expected `object`, got `int`"),
        (b"{}", "type"),
        (b'{"type":7}', "type: Expected `str`"),
        (b'{"type":"no_such_type"}', "unknown message type: 'no_such_type'"),
        (b'{"type":"lookup"}', "node_id"),
        (b'{"type":"lookup","node_id":"1"}', "node_id: Expected `int`, got `str`"),
        (b'{"type":"lookup","node_id":1.5}', "node_id: Expected `int`, got `float`"),
        (b'{"type":"lookup","node_id":0}', "node_id: Expected `int` >= 1"),
        (b'{"type":"lookup","node_id":4294967296}', "node_id: Expected `int` <= 4294967294"),
        (b'{"type":"lookup","node_id":' + b"9" * 5000 + b"}", "node_id"),
        (b'{"type":"set_tags","node_id":1,"tags":"x"}', "tags: Expected `array"),
        (b'{"type":"set_tags","node_id":1,"tags":[7]}', "tags[0]: Expected `str`, got `int`"),
        (b'{"type":"register","public_key":7}', "public_key: Expected `str`, got `int`"),
        (b'{"type":"set_visibility","node_id":1,"public":1}', "public: Expected `bool`"),
        (b'{"type":"lookup","node_id":1}{}', "JSON is malformed"),
        (b'{"type":"lookup","node_id":1,"signature":"\xff"}', ""),
        (b"[" * 100_000, ""),
    ],
    ids=lambda value: str(value)[:50],
)
def test_says_what_is_wrong(registry: Registry, body: bytes, text: str) -> None:
    registry.register()
    before = registry.state()
    answer = registry.send(body)
    assert answer["type"] == "error"
    assert text in answer["error"]
    assert "Traceback" not in answer["error"]
    assert registry.state() == before
    assert registry.ask("lookup", node_id=1)["node_id"] == 1


def test_an_error_does_not_give_back_all_that_was_sent(registry: Registry) -> None:
    answer = registry.send(json.dumps({"type": "x" * 100_000}).encode())
    assert len(answer["error"]) <= 500


class TestAdminToken:
    def test_opens_what_is_for_administrators(self, registry: Registry) -> None:
        registry.register()
        with pytest.raises(Refused, match=r"^admin_token: set_polo_score needs the admin token"):
            registry.ask("set_polo_score", node_id=1, polo_score=5)
        registry.as_admin("set_polo_score", node_id=1, polo_score=5)

    @pytest.mark.parametrize("message_type", ["lookup", "set_polo_score", "set_hostname"])
    def test_that_is_wrong_is_refused_whatever_else_is_there(
        self, registry: Registry, message_type: str
    ) -> None:
        registry.register()
        before = registry.state()
        fields: dict[str, Any] = {"node_id": 1, "polo_score": 5, "hostname": "alice"}
        with pytest.raises(Refused, match=r"^admin_token: not the registry's"):
            registry.ask(message_type, admin_token="guess", **fields)
        assert registry.state() == before


class TestNetworkRoles:
    def test_are_proved_by_the_signature_of_who_has_them(self, registry: Registry) -> None:
        owner, member = registry.register(), registry.register()
        lab = registry.network(owner, member)
        facts: dict[str, Any] = {"network_id": lab, "name": "hall"}
        with pytest.raises(Refused, match=r'^node_id: node 2 has role "member" in network 1'):
            registry.signed(member, "rename_network", node_id=member, **facts)
        with pytest.raises(Refused, match=r"^signature: "):
            registry.ask("rename_network", node_id=owner, **facts)
        with pytest.raises(Refused, match=r"^signature: verification failed"):
            registry.signed(registry.keys[member], "rename_network", node_id=owner, **facts)
        registry.signed(owner, "rename_network", node_id=owner, **facts)

    def test_a_network_s_own_token_stands_in_for_them(self, registry: Registry) -> None:
        owner = registry.register()
        lab = registry.network(owner, network_admin_token="lab-token")
        hall = registry.network(owner, name="hall", network_admin_token="hall-token")
        for token in ("hall-token", "guess"):
            with pytest.raises(Refused, match=r"^admin_token: neither the registry's nor that of"):
                registry.ask("rename_network", network_id=lab, name="den", admin_token=token)
        registry.ask("rename_network", network_id=lab, name="den", admin_token="lab-token")
        registry.ask("delete_network", network_id=hall, admin_token="hall-token")

    def test_need_a_network(self, registry: Registry) -> None:
        registry.register()
        with pytest.raises(Refused, match="network 9: network not found"):
            registry.signed(1, "rename_network", node_id=1, network_id=9, name="den")
        with pytest.raises(Refused, match="network 9: network not found"):
            registry.ask("rename_network", network_id=9, name="den", admin_token="token")
