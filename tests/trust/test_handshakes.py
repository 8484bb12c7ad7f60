"""Handshakes: asking a node for trust by way of the registry."""

import msgspec
import pytest

from registry.trust.messages import RequestHandshake
from registry.trust.store import LARGEST_INBOX, LONGEST_JUSTIFICATION
from tests.trust.helpers import START, World

NOTHING: dict[str, list[object]] = {"requests": [], "responses": []}
INBOX_OF_2_EMPTIED = ("handshake.inbox_emptied", {"node_id": 2})


class TestRequest:
    def test_waits_for_the_node_that_is_asked(self, world: World) -> None:
        assert world.request(1, 2, "hello") == "delivered"
        assert world.events() == [("handshake.requested", {"node_id": 2, "peer_id": 1})]
        assert world.poll(1) == NOTHING
        assert world.poll(2) == {
            "requests": [{"from_node_id": 1, "justification": "hello", "timestamp": START}],
            "responses": [],
        }

    def test_links_nobody(self, world: World) -> None:
        world.request(1, 2)
        world.poll(2)
        assert not world.check(1, 2)

    def test_several_are_fetched_oldest_first(self, world: World) -> None:
        for peer_id in (5, 3, 4):
            world.request(peer_id, 2)
            world.now += 1.5
        assert world.asks_for(2) == [5, 3, 4]

    def test_the_same_again_is_refused_while_it_waits(self, world: World) -> None:
        world.request(1, 2, "first")
        with pytest.raises(PermissionError, match="handshake request already pending from node 1"):
            world.request(1, 2, "second")
        assert world.poll(2)["requests"][0]["justification"] == "first"

    def test_may_be_made_again_once_it_was_fetched(self, world: World) -> None:
        world.request(1, 2, "first")
        world.poll(2)
        world.now += 60
        assert world.request(1, 2, "second") == "delivered"
        assert world.poll(2)["requests"] == [
            {"from_node_id": 1, "justification": "second", "timestamp": START + 60}
        ]

    def test_two_may_ask_each_other(self, world: World) -> None:
        world.request(1, 2)
        world.request(2, 1)
        assert world.asks_for(1) == [2]
        assert world.asks_for(2) == [1]

    def test_of_linked_nodes_is_delivered_too(self, world: World) -> None:
        world.link(1, 2)
        world.request(1, 2)
        assert world.asks_for(2) == [1]

    @pytest.mark.parametrize("text", ["x" * 1024, "é" * 512])
    def test_the_longest_justification_arrives_whole(self, world: World, text: str) -> None:
        world.request(1, 2, text)
        assert world.poll(2)["requests"][0]["justification"] == text

    def test_a_longer_justification_is_refused(self, world: World) -> None:
        too_long = "é" * (LONGEST_JUSTIFICATION // 2) + "x"
        with pytest.raises(ValueError, match=r"justification too large: 1025 bytes \(max 1024\)"):
            world.request(1, 2, too_long)
        assert world.poll(2) == NOTHING

    def test_both_must_be_registered(self, world: World) -> None:
        with pytest.raises(LookupError, match="node 77: node not found"):
            world.request(1, 77)
        with pytest.raises(LookupError, match="node 77: node not found"):
            world.request(77, 1)

    def test_nobody_asks_themselves(self, world: World) -> None:
        with pytest.raises(ValueError, match="peer_id: a node has no trust link with itself"):
            world.request(1, 1)

    @pytest.mark.parametrize("field", ["from_node_id", "to_node_id"])
    @pytest.mark.parametrize("value", [0, -1, 0xFFFF_FFFF, "1", None])
    def test_what_is_no_node_id_cannot_be_sent(self, field: str, value: object) -> None:
        fields = {"from_node_id": 1, "to_node_id": 2, field: value}
        body = msgspec.json.encode({"type": "request_handshake", **fields})
        with pytest.raises(msgspec.ValidationError, match=field):
            msgspec.json.decode(body, type=RequestHandshake)


class TestInbox:
    @pytest.fixture
    def full(self, world: World) -> list[int]:
        """Node 2's inbox is full; returns whose requests wait there."""
        askers = list(range(100, 100 + LARGEST_INBOX))
        world.nodes.update(askers)
        for peer_id in askers:
            world.request(peer_id, 2)
        return askers

    def test_takes_a_hundred_requests_and_no_more(self, world: World, full: list[int]) -> None:
        assert len(full) == 100
        with pytest.raises(PermissionError, match="handshake inbox full for node 2"):
            world.request(1, 2)
        assert world.asks_for(2) == full

    def test_takes_more_after_it_was_fetched(self, world: World, full: list[int]) -> None:
        world.poll(2)
        world.request(1, 2)
        world.request(full[0], 2)
        assert world.asks_for(2) == [1, full[0]]

    def test_takes_one_more_for_one_that_was_answered(self, world: World, full: list[int]) -> None:
        world.respond(2, full[0], accept=False)
        world.request(1, 2)
        with pytest.raises(PermissionError, match="inbox full"):
            world.request(3, 2)

    @pytest.mark.usefixtures("full")
    def test_of_one_node_says_nothing_about_another(self, world: World) -> None:
        world.request(1, 3)
        world.request(2, 3)
        assert world.asks_for(3) == [1, 2]

    def test_takes_answers_also_when_it_is_full(self, world: World, full: list[int]) -> None:
        world.request(2, 1)
        world.respond(1, 2, accept=True)
        assert len(world.poll(2)["responses"]) == 1
        assert len(full) == LARGEST_INBOX


class TestPoll:
    def test_hands_out_everything_once(self, world: World) -> None:
        world.request(1, 2)
        world.events()
        world.poll(2)
        assert world.events() == [INBOX_OF_2_EMPTIED]
        assert world.poll(2) == NOTHING
        assert world.events() == []

    def test_asks_the_database_only_if_something_waits(self, world: World) -> None:
        assert not world.waits_for(2)
        world.request(1, 2)
        assert world.waits_for(2)
        assert not world.waits_for(1)
        world.poll(2)
        assert not world.waits_for(2)

    def test_of_a_node_that_is_not_there_finds_nothing(self, world: World) -> None:
        assert world.poll(77) == NOTHING


class TestRespond:
    def test_accepting_links_both_and_tells_who_asked(self, world: World) -> None:
        world.request(1, 2)
        world.poll(2)
        world.events()
        world.now += 5
        assert world.respond(2, 1, accept=True) == {"accept": True, "peer_id": 1}
        assert world.events() == [
            ("trust.linked", {"node_id": 1, "peer_id": 2}),
            ("handshake.answered", {"node_id": 2, "peer_id": 1, "accept": True}),
        ]
        assert world.check(1, 2)
        assert world.poll(1) == {
            "requests": [],
            "responses": [{"from_node_id": 2, "accept": True, "timestamp": START + 5}],
        }
        assert world.poll(1) == NOTHING

    def test_declining_links_nobody_and_tells_who_asked(self, world: World) -> None:
        world.request(1, 2)
        assert world.respond(2, 1, accept=False) == {"accept": False, "peer_id": 1}
        assert not world.check(1, 2)
        assert world.poll(1)["responses"] == [
            {"from_node_id": 2, "accept": False, "timestamp": START}
        ]

    def test_what_the_daemon_does_works_report_first_then_accept(self, world: World) -> None:
        world.request(1, 2)
        world.poll(2)
        world.report(2, 1)
        world.respond(2, 1, accept=True)
        assert [kind for kind, _ in world.events()].count("trust.linked") == 1
        assert world.check(1, 2)
        assert world.poll(1)["responses"][0]["accept"]

    @pytest.mark.parametrize("accept", [True, False])
    def test_an_answered_request_waits_no_more(self, world: World, *, accept: bool) -> None:
        world.request(1, 2)
        world.events()
        world.respond(2, 1, accept=accept)
        assert INBOX_OF_2_EMPTIED in world.events()
        assert not world.waits_for(2)
        assert world.poll(2) == NOTHING

    def test_others_that_wait_still_do(self, world: World) -> None:
        world.request(1, 2)
        world.request(3, 2)
        world.respond(2, 1, accept=False)
        assert INBOX_OF_2_EMPTIED not in world.events()
        assert world.asks_for(2) == [3]

    def test_accepting_needs_a_request(self, world: World) -> None:
        with pytest.raises(LookupError, match="no pending handshake request from node 1"):
            world.respond(2, 1, accept=True)
        world.request(2, 1)
        with pytest.raises(LookupError, match="no pending handshake request from node 1"):
            world.respond(2, 1, accept=True)
        assert not world.check(1, 2)

    @pytest.mark.parametrize("accept", [True, False])
    def test_one_request_is_accepted_once(self, world: World, *, accept: bool) -> None:
        world.request(1, 2)
        world.respond(2, 1, accept=accept)
        with pytest.raises(LookupError, match="no pending handshake request from node 1"):
            world.respond(2, 1, accept=True)

    def test_declining_what_nobody_asked_leaves_no_answer(self, world: World) -> None:
        assert world.respond(2, 1, accept=False) == {"accept": False, "peer_id": 1}
        assert world.events() == []
        assert world.poll(1) == NOTHING

    def test_only_the_newest_answer_waits(self, world: World) -> None:
        world.request(1, 2)
        world.respond(2, 1, accept=False)
        world.request(1, 2)
        world.now += 9
        world.respond(2, 1, accept=True)
        assert world.poll(1)["responses"] == [
            {"from_node_id": 2, "accept": True, "timestamp": START + 9}
        ]

    def test_after_a_refusal_one_may_ask_again(self, world: World) -> None:
        world.request(1, 2)
        world.respond(2, 1, accept=False)
        world.request(1, 2)
        assert world.asks_for(2) == [1]

    def test_both_must_be_registered(self, world: World) -> None:
        with pytest.raises(LookupError, match="node 77: node not found"):
            world.respond(2, 77, accept=False)
        with pytest.raises(LookupError, match="node 77: node not found"):
            world.respond(77, 2, accept=False)


class TestDeregistered:
    def test_its_requests_go_with_it(self, world: World) -> None:
        world.request(1, 2)
        world.request(3, 2)
        world.deregister(1)
        assert world.asks_for(2) == [3]

    def test_fetched_requests_go_too(self, world: World) -> None:
        world.request(1, 2)
        world.poll(2)
        world.deregister(1)
        world.nodes.add(1)
        with pytest.raises(LookupError, match="no pending handshake request from node 1"):
            world.respond(2, 1, accept=True)

    def test_its_inbox_goes_too(self, world: World) -> None:
        world.request(1, 2)
        world.request(2, 3)
        world.respond(3, 2, accept=False)
        world.events()
        world.deregister(2)
        assert world.events() == [INBOX_OF_2_EMPTIED]
        world.nodes.add(2)
        assert world.poll(2) == NOTHING
        assert world.request(1, 2) == "delivered"

    def test_its_answers_go_too(self, world: World) -> None:
        world.request(2, 3)
        world.respond(3, 2, accept=False)
        world.events()
        world.deregister(3)
        assert world.events() == [INBOX_OF_2_EMPTIED]
        assert world.poll(2) == NOTHING

    def test_who_has_no_part_in_it_is_told_nothing(self, world: World) -> None:
        world.request(1, 2)
        world.events()
        world.deregister(3)
        assert world.events() == []
        assert world.asks_for(2) == [1]
