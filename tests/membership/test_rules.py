"""The rules of a managed network."""

import json
from typing import Any

import pytest

from registry.membership.messages import CreateNetwork, JoinNetwork, ListNetworks
from registry.membership.rules import read_rules
from tests.membership.helpers import Caller, World

RULES: dict[str, Any] = {
    "links": 5,
    "cycle": "24h",
    "prune": 1,
    "prune_by": "score",
    "fill": 2,
    "fill_how": "random",
}


class TestRead:
    def test_from_text_or_as_an_object(self) -> None:
        assert read_rules(RULES) == RULES
        assert read_rules(json.dumps(RULES)) == RULES

    def test_counts_that_are_not_given_are_zero(self) -> None:
        few = {name: rule for name, rule in RULES.items() if name not in ("prune", "fill")}
        assert read_rules(few) == {**RULES, "prune": 0, "fill": 0}

    @pytest.mark.parametrize("cycle", ["1m", "1h30m", "60s", "90000ms", "1.5h", "+2m", "1m0.5s"])
    def test_a_cycle_is_a_duration(self, cycle: str) -> None:
        assert read_rules({**RULES, "cycle": cycle})["cycle"] == cycle

    def test_a_grace_period_is_kept(self) -> None:
        assert read_rules({**RULES, "grace": "1h"})["grace"] == "1h"

    @pytest.mark.parametrize(
        ("change", "problem"),
        [
            ({"links": 0}, "links"),
            ({"links": None}, "links"),
            ({"prune": -1}, "prune"),
            ({"prune": 6}, r"prune \(6\) cannot exceed links \(5\)"),
            ({"fill": 6}, r"fill \(6\) cannot exceed links \(5\)"),
            ({"prune_by": "luck"}, "prune_by"),
            ({"fill_how": ""}, "fill_how"),
            ({"cycle": ""}, "cycle"),
            ({"cycle": "24"}, "cycle"),
            ({"cycle": "1 h"}, "cycle"),
            ({"cycle": "59s"}, "cycle must be >= 1m"),
            ({"cycle": "-1h"}, "cycle must be >= 1m"),
            ({"cycle": "1" * 1000 + "h"}, "cycle"),
            ({"grace": "-1s"}, "grace must be >= 0"),
            ({"grace": "soon"}, "grace"),
        ],
    )
    def test_what_cannot_be_followed_is_refused(self, change: dict[str, Any], problem: str) -> None:
        with pytest.raises(ValueError, match=f"^rules: .*{problem}"):
            read_rules({**RULES, **change})

    @pytest.mark.parametrize("text", ["{", "[]", "1", "[" * 100_000])
    def test_what_is_no_object_is_refused(self, text: str) -> None:
        with pytest.raises(ValueError, match="rules: "):
            read_rules(text)


class TestManagedNetwork:
    def test_rules_are_listed_and_told_to_who_joins(self, world: World) -> None:
        answer = world.write(CreateNetwork(node_id=1, name="lab", rules=json.dumps(RULES)))
        assert answer["managed"] is True
        for view in (world.view, world.new_view()):
            entry = view.list_networks(ListNetworks(), Caller())["networks"][1]
            assert entry["managed"] is True
            assert entry["rules"] == RULES
        joined = world.write(JoinNetwork(node_id=2, network_id=answer["network_id"]))
        assert joined["rules"] == RULES

    def test_a_network_without_rules_says_nothing_of_them(self, world: World) -> None:
        network_id = world.create()
        assert not world.read(ListNetworks())["networks"][1].keys() & {"managed", "rules"}
        joined = world.write(JoinNetwork(node_id=2, network_id=network_id))
        assert "rules" not in joined
