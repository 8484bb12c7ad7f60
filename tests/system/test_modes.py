"""How a server is run decides which rules it knows."""

from pathlib import Path
from typing import Any

import pytest

from tests.harness.client import Refused
from tests.system.registry import START, Registry, registry_in


def beat(registry: Registry, node_id: int, **fields: int) -> float:
    answer = registry.signed(node_id, "heartbeat", node_id=node_id, **fields)
    return float(answer["time"])


class TestHeartbeats:
    def test_may_say_when_they_were_made(self, registry: Registry) -> None:
        node_id = registry.register()
        assert beat(registry, node_id, ts=START) == START

    def test_need_not_say_it(self, registry: Registry) -> None:
        assert beat(registry, registry.register()) == START

    @pytest.mark.parametrize("seconds", [-61, 61])
    def test_of_another_minute_are_refused(self, registry: Registry, seconds: int) -> None:
        node_id = registry.register()
        with pytest.raises(Refused, match="ts: is not within 60 s of now"):
            beat(registry, node_id, ts=START + seconds)

    def test_that_are_sent_again_later_are_refused(self, registry: Registry) -> None:
        """Also by the memory of requests that were proved before."""
        node_id = registry.register()
        for _ in range(2):
            beat(registry, node_id, ts=START)
        registry.clock[0] += 61
        with pytest.raises(Refused, match="ts: is not within 60 s of now"):
            beat(registry, node_id, ts=START)

    def test_have_their_time_in_what_is_signed(self, registry: Registry) -> None:
        node_id = registry.register()
        signature = registry.keys[node_id].sign(f"heartbeat:{node_id}:{START - 5}")
        with pytest.raises(Refused, match="signature: verification failed"):
            registry.ask("heartbeat", node_id=node_id, ts=START, signature=signature)


class TestFreshHeartbeats:
    def test_have_to_say_when_they_were_made(self, tmp_path: Path) -> None:
        with registry_in(tmp_path, fresh_heartbeats=True) as registry:
            node_id = registry.register()
            signature = registry.keys[node_id].sign(f"heartbeat:{node_id}")
            with pytest.raises(Refused, match="ts: heartbeat needs it"):
                registry.ask("heartbeat", node_id=node_id, signature=signature)
            assert beat(registry, node_id, ts=START) == START

    def test_are_not_signed_for_any_time(self, tmp_path: Path) -> None:
        with registry_in(tmp_path, fresh_heartbeats=True) as registry:
            node_id = registry.register()
            signature = registry.keys[node_id].sign(f"heartbeat:{node_id}")
            with pytest.raises(Refused, match="signature: verification failed"):
                registry.ask("heartbeat", node_id=node_id, ts=START, signature=signature)


class TestBeacons:
    def test_are_registered_by_administrators(self, registry: Registry) -> None:
        fields: dict[str, Any] = {"beacon_id": 7, "addr": "192.0.2.7:9001"}
        with pytest.raises(Refused, match="admin_token: beacon_register needs the admin token"):
            registry.ask("beacon_register", **fields)
        registry.as_admin("beacon_register", **fields)
        [beacon] = registry.ask("beacon_list")["beacons"]
        assert beacon["id"] == 7

    def test_nobody_else_moves_one(self, registry: Registry) -> None:
        registry.as_admin("beacon_register", beacon_id=7, addr="192.0.2.7:9001")
        with pytest.raises(Refused, match="admin_token"):
            registry.ask("beacon_register", beacon_id=7, addr="203.0.113.66:9001")
        assert registry.ask("beacon_list")["beacons"][0]["addr"] == "192.0.2.7:9001"

    def test_are_registered_by_anyone_where_the_server_is_run_so(self, tmp_path: Path) -> None:
        with registry_in(tmp_path, open_beacons=True) as registry:
            registry.ask("beacon_register", beacon_id=7, addr="192.0.2.7:9001")
            assert len(registry.ask("beacon_list")["beacons"]) == 1
