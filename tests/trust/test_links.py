"""Reporting, revoking and checking trust."""

import pytest

from tests.trust.helpers import World

LINKED = ("trust.linked", {"node_id": 1, "peer_id": 2})
REVOKED = ("trust.revoked", {"node_id": 1, "peer_id": 2})


class TestReport:
    def test_two_that_say_so_are_linked(self, world: World) -> None:
        assert world.report(2, 1) == {}
        assert world.events() == []
        assert world.report(1, 2) == {}
        assert world.events() == [LINKED]
        assert world.check(1, 2)
        assert world.check(2, 1)

    def test_the_word_of_one_links_nobody(self, world: World) -> None:
        world.report(1, 2)
        world.report(1, 2)
        assert not world.check(1, 2)
        assert not world.check(2, 1)
        assert not world.linked(1, 2)
        assert len(world.view) == 0

    def test_a_report_by_who_was_asked_links_also_before_it_polled(self, world: World) -> None:
        world.request(1, 2)
        world.report(2, 1)
        assert world.check(1, 2)

    def test_a_report_by_who_asked_does_not(self, world: World) -> None:
        world.request(1, 2)
        world.report(1, 2)
        assert not world.check(1, 2)

    def test_again_changes_and_tells_nothing(self, world: World) -> None:
        world.link(1, 2)
        world.events()
        world.link(2, 1)
        assert world.events() == []
        assert len(world.view) == 1

    def test_a_link_is_between_those_two_only(self, world: World) -> None:
        world.link(1, 2)
        world.link(2, 3)
        assert not world.check(1, 3)
        assert not world.check(1, 1)

    def test_both_must_be_registered(self, world: World) -> None:
        with pytest.raises(LookupError, match="node 77: node not found"):
            world.report(1, 77)
        with pytest.raises(LookupError, match="node 77: node not found"):
            world.report(77, 1)

    def test_nobody_links_with_themselves(self, world: World) -> None:
        with pytest.raises(ValueError, match="peer_id: a node has no trust link with itself"):
            world.report(1, 1)


class TestRevoke:
    @pytest.mark.parametrize(("node_id", "peer_id"), [(1, 2), (2, 1)])
    def test_either_ends_the_link_for_both(self, world: World, node_id: int, peer_id: int) -> None:
        world.link(1, 2)
        world.events()
        assert world.revoke(node_id, peer_id) == {}
        assert world.events() == [REVOKED]
        assert not world.check(1, 2)
        assert not world.linked(1, 2)

    def test_afterwards_it_takes_both_again(self, world: World) -> None:
        world.link(1, 2)
        world.revoke(1, 2)
        world.report(2, 1)
        assert not world.check(1, 2)
        world.report(1, 2)
        assert world.check(1, 2)

    def test_also_ends_what_only_one_had_said(self, world: World) -> None:
        world.report(1, 2)
        world.revoke(2, 1)
        assert world.events() == []
        world.report(2, 1)
        assert not world.check(1, 2)

    def test_also_drops_what_they_had_asked(self, world: World) -> None:
        world.request(1, 2)
        world.request(2, 1)
        world.report(2, 1)
        world.revoke(2, 1)
        assert world.poll(1) == world.poll(2) == {"requests": [], "responses": []}
        world.report(2, 1)
        assert not world.check(1, 2), "a request that was revoked links nobody"

    def test_leaves_other_links(self, world: World) -> None:
        world.link(1, 2)
        world.link(1, 3)
        world.revoke(1, 2)
        assert world.check(1, 3)

    def test_needs_something_to_end(self, world: World) -> None:
        with pytest.raises(LookupError, match="no trust pair between 1 and 2"):
            world.revoke(1, 2)
        world.request(1, 2)
        with pytest.raises(LookupError, match="no trust pair between 2 and 1"):
            world.revoke(2, 1)
        assert world.asks_for(2) == [1]


class TestCheck:
    def test_also_says_who_shares_a_network(self, world: World) -> None:
        world.neighbours.add((1, 2))
        assert world.check(2, 1)
        assert not world.view.linked(1, 2)
        assert not world.check(1, 3)

    def test_nobody_trusts_who_is_not_there(self, world: World) -> None:
        assert not world.check(77, 78)


class TestDeregistered:
    def test_a_link_waits_for_its_return(self, world: World) -> None:
        world.link(1, 2)
        world.deregister(2)
        world.nodes.add(2)
        assert world.check(1, 2)
        assert world.linked(1, 2)

    def test_a_link_can_be_revoked_meanwhile(self, world: World) -> None:
        world.link(1, 2)
        world.deregister(2)
        world.revoke(1, 2)
        world.nodes.add(2)
        assert not world.check(1, 2)

    def test_nobody_links_with_it_meanwhile(self, world: World) -> None:
        world.report(2, 1)
        world.deregister(2)
        with pytest.raises(LookupError, match="node 2: node not found"):
            world.report(1, 2)
