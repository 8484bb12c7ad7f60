"""Who is told what: a strict server tells who signs more, and a lax one tells anyone."""

from typing import Any

import pytest

from tests.access.people import Message, Node, People
from tests.harness import Refused

RULES = {"links": 2, "cycle": "1m", "prune_by": "age", "fill_how": "random"}
EXPR_POLICY = '{"version": 1, "rules": [{"name": "all"}]}'


def lookup(people: People, asking: Node, node: Node) -> Message:
    return people.node(
        asking,
        f"lookup:{asking.id}:{node.id}",
        "lookup",
        requester_id=asking.id,
        node_id=node.id,
    )


def find(people: People, asking: Node, node: Node) -> Message:
    return people.node(
        asking,
        f"resolve_hostname:{asking.id}",
        "resolve_hostname",
        requester_id=asking.id,
        hostname=node.name,
    )


def check_trust(people: People, asking: Node, one: Node, other: Node) -> bool:
    answer = people.node(
        asking,
        f"check_trust:{one.id}:{other.id}",
        "check_trust",
        requester_id=asking.id,
        node_id=one.id,
        peer_id=other.id,
    )
    trusted: bool = answer["trusted"]
    return trusted


def list_nodes(people: People, asking: Node, network_id: int) -> list[Message]:
    answer = people.node(
        asking,
        f"list_nodes:{asking.id}:{network_id}",
        "list_nodes",
        requester_id=asking.id,
        network_id=network_id,
    )
    nodes: list[Message] = answer["nodes"]
    return nodes


def list_networks(people: People, asking: Node) -> dict[int, Message]:
    answer = people.node(
        asking, f"list_networks:{asking.id}", "list_networks", requester_id=asking.id
    )
    return by_id(answer)


def by_id(answer: Message) -> dict[int, Message]:
    return {network["id"]: network for network in answer["networks"]}


class TestLookup:
    def test_tells_strangers_no_endpoint_of_a_private_node(self, strict: People) -> None:
        node, passer_by = strict.new_node(), strict.new_node()
        told = strict.stranger("lookup", node_id=node.id)
        assert told.keys().isdisjoint({"real_addr", "endpoint", "lan_addrs", "owner"})
        assert told["hostname"] == node.name
        assert lookup(strict, passer_by, node) == told

    def test_believes_nobody_who_only_says_who_it_is(self, strict: People) -> None:
        node = strict.new_node()
        told = strict.stranger("lookup", node_id=node.id, requester_id=node.id)
        assert "real_addr" not in told

    def test_tells_a_trusted_peer_the_endpoint(self, strict: People) -> None:
        node, friend = strict.new_node(), strict.new_node()
        strict.befriend(node, friend)
        told = lookup(strict, friend, node)
        assert told["real_addr"] == told["endpoint"] == "127.0.0.1:4001"
        assert told["last_seen_unix"] > 0
        assert "real_addr" not in strict.stranger("lookup", node_id=node.id)

    def test_tells_who_shares_a_network_and_the_node_itself(self, strict: People) -> None:
        node, member = strict.new_node(), strict.new_node()
        strict.join(member, strict.new_network(node, "open"))
        assert "real_addr" in lookup(strict, member, node)
        assert "real_addr" in lookup(strict, node, node)

    def test_refuses_the_signature_of_another(self, strict: People) -> None:
        node, other = strict.new_node(), strict.new_node()
        with pytest.raises(Refused, match="signature"):
            strict.node(
                other,
                f"lookup:{node.id}:{node.id}",
                "lookup",
                node_id=node.id,
                requester_id=node.id,
            )


class TestResolveHostname:
    def test_finds_private_nodes_for_anyone(self, strict: People) -> None:
        node = strict.new_node()
        assert strict.stranger("resolve_hostname", hostname=node.name) == {
            "type": "resolve_hostname_ok",
            "node_id": node.id,
            "address": f"0:0000.0000.{node.id:04X}",
            "public": False,
            "hostname": node.name,
        }

    def test_tells_a_trusted_peer_when_the_node_was_heard_of(self, strict: People) -> None:
        node, friend, passer_by = (strict.new_node() for _ in range(3))
        strict.befriend(node, friend)
        assert find(strict, friend, node)["last_seen_unix"] > 0
        assert "last_seen_unix" not in find(strict, passer_by, node)


class TestCheckTrust:
    def test_is_for_the_two_and_the_administrator(self, strict: People) -> None:
        one, other, third = (strict.new_node() for _ in range(3))
        strict.befriend(one, other)
        assert check_trust(strict, one, one, other)
        assert check_trust(strict, other, one, other)
        assert strict.admin("check_trust", node_id=one.id, peer_id=other.id)["trusted"]
        with pytest.raises(Refused, match="requester must be participant"):
            check_trust(strict, third, one, other)
        with pytest.raises(Refused, match="signature: check_trust needs one by requester_id"):
            strict.stranger("check_trust", node_id=one.id, peer_id=other.id)

    def test_tells_anyone_that_two_share_a_network_as_looking_them_up_does(
        self, strict: People
    ) -> None:
        """So daemons, which do not sign this, take connections from members."""
        one, other, third = (strict.new_node() for _ in range(3))
        network_id = strict.new_network(one, "token")
        pair = {"node_id": one.id, "peer_id": other.id}
        with pytest.raises(Refused, match="signature"):
            strict.stranger("check_trust", **pair)
        strict.join(other, network_id)
        assert strict.stranger("check_trust", **pair)["trusted"] is True
        assert network_id in strict.stranger("lookup", node_id=other.id)["networks"]
        with pytest.raises(Refused, match="requester must be participant"):
            check_trust(strict, third, one, other)

    def test_is_for_anyone_at_a_lax_server_but_not_for_a_third_who_signs(self, lax: People) -> None:
        one, other, third = (lax.new_node() for _ in range(3))
        lax.befriend(one, other)
        assert lax.stranger("check_trust", node_id=one.id, peer_id=other.id)["trusted"]
        with pytest.raises(Refused, match="requester must be participant"):
            check_trust(lax, third, one, other)


class TestListNodes:
    def test_of_an_open_network_is_for_anyone(self, strict: People) -> None:
        owner = strict.new_node()
        [entry] = strict.stranger("list_nodes", network_id=strict.new_network(owner, "open"))[
            "nodes"
        ]
        assert (entry["hostname"], entry["role"]) == (owner.name, "owner")
        assert "real_addr" not in entry

    @pytest.mark.parametrize("join_rule", ["token", "invite"])
    def test_of_a_closed_network_is_for_its_members_and_the_administrator(
        self, strict: People, join_rule: str
    ) -> None:
        owner, passer_by = strict.new_node(), strict.new_node()
        network_id = strict.new_network(owner, join_rule)
        [entry] = list_nodes(strict, owner, network_id)
        assert entry["node_id"] == owner.id
        assert strict.admin("list_nodes", network_id=network_id)["nodes"] == [entry]
        with pytest.raises(Refused, match=f"node {passer_by.id} is not a member of network"):
            list_nodes(strict, passer_by, network_id)
        with pytest.raises(Refused, match="who does not sign is not a member"):
            strict.stranger("list_nodes", network_id=network_id)

    @pytest.mark.parametrize("steering", [{"rules": RULES}, {"expr_policy": EXPR_POLICY}])
    def test_of_a_closed_network_tells_daemons_that_follow_it_the_ids(
        self, strict: People, steering: dict[str, Any]
    ) -> None:
        owner = strict.new_node()
        network_id = strict.new_network(owner, "invite", **steering)
        assert strict.stranger("list_nodes", network_id=network_id)["nodes"] == [
            {
                "node_id": owner.id,
                "address": f"{network_id}:{network_id:04X}.0000.{owner.id:04X}",
            }
        ]
        [entry] = list_nodes(strict, owner, network_id)
        assert entry["role"] == "owner"

    def test_of_a_closed_network_is_for_anyone_at_a_lax_server(self, lax: People) -> None:
        owner = lax.new_node()
        network_id = lax.new_network(owner, "invite")
        [entry] = lax.stranger("list_nodes", network_id=network_id)["nodes"]
        assert entry["role"] == "owner"
        with pytest.raises(Refused, match="backbone"):
            lax.stranger("list_nodes", network_id=0)

    def test_tells_the_tags_of_members(self, strict: People) -> None:
        owner = strict.new_node()
        network_id = strict.new_network(owner, "open")
        strict.admin(
            "set_member_tags", network_id=network_id, target_node_id=owner.id, tags=["gpu"]
        )
        [entry] = strict.stranger("list_nodes", network_id=network_id)["nodes"]
        assert entry["member_tags"] == ["gpu"]


class TestListNetworks:
    def test_hides_closed_networks_from_those_who_are_not_in_them(self, strict: People) -> None:
        owner, passer_by = strict.new_node(), strict.new_node()
        closed, opened = strict.new_network(owner, "invite"), strict.new_network(owner, "open")
        for told in (by_id(strict.stranger("list_networks")), list_networks(strict, passer_by)):
            assert closed not in told
            assert "members" not in told[opened]
        assert list_networks(strict, owner)[closed]["members"] == 1
        assert by_id(strict.admin("list_networks"))[closed]["members"] == 1

    def test_tells_daemons_that_follow_a_closed_network_what_to_follow(
        self, strict: People
    ) -> None:
        network_id = strict.new_network(strict.new_node(), "invite", rules=RULES)
        told = by_id(strict.stranger("list_networks"))[network_id]
        assert told["rules"]["links"] == 2
        assert told.keys() == {"id", "name", "join_rule", "enterprise", "managed", "rules"}

    def test_tells_everybody_everything_at_a_lax_server(self, lax: People) -> None:
        network_id = lax.new_network(lax.new_node(), "invite")
        told = by_id(lax.stranger("list_networks"))
        assert told[network_id]["members"] == 1
        assert told[0]["members"] >= 1
