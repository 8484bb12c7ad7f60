"""Beacons: who is listed, for how long, and where they are."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from registry.routing.messages import BeaconRegister
from tests.routing.helpers import LEASE, START, World, world_in


def registered(beacon_id: int, addr: str, expires_at: int) -> tuple[str, dict[str, Any]]:
    """What the store tells of a lease."""
    payload = {"beacon_id": beacon_id, "addr": addr, "expires_at": expires_at}
    return ("beacon.registered", payload)


class TestRegister:
    def test_lists_the_beacon(self, world: World) -> None:
        assert world.beacons() == {}
        assert world.register(7, "192.0.2.7:9001") == {"beacon_id": 7}
        assert world.events() == [registered(7, "192.0.2.7:9001", START + LEASE)]
        assert world.beacons() == {7: "192.0.2.7:9001"}

    def test_lists_beacons_by_their_ids(self, world: World) -> None:
        for beacon_id in (9, 2, 5):
            world.register(beacon_id)
        assert list(world.beacons()) == [2, 5, 9]

    @pytest.mark.parametrize(
        "addr",
        [
            "192.0.2.7:1",
            "192.0.2.7:65535",
            "beacon-1.example.test:9001",
            "localhost:9001",
            "[2001:db8::7]:9001",
            "[::ffff:192.0.2.7]:9001",
            "[fe80::1%eth0]:9001",
            "h" * 256 + ":65535",
        ],
    )
    def test_takes_a_host_and_a_port(self, world: World, addr: str) -> None:
        world.register(7, addr)
        assert world.beacons() == {7: addr}

    @pytest.mark.parametrize(
        "addr",
        [
            "",
            "9001",
            ":9001",
            "192.0.2.7",
            "192.0.2.7:",
            "192.0.2.7:x",
            "192.0.2.7:-1",
            "192.0.2.7:+1",
            "192.0.2.7: 9001",
            "192.0.2.7:9001\n",
            "192.0.2.7:0",
            "192.0.2.7:65536",
            "192.0.2.7:" + "9" * 5000,
            "192.0.2.7:\N{ARABIC-INDIC DIGIT ONE}",
            "2001:db8::7:9001",
            "[]:9001",
            "[2001:db8::7:9001",
            "two words:9001",
            "a\0b:9001",
            "http://192.0.2.7:9001",
            "user@192.0.2.7:9001",
            "h" * 257 + ":65535",
        ],
        ids=lambda addr: addr[:30],
    )
    def test_takes_no_other_address(self, world: World, addr: str) -> None:
        with pytest.raises(ValueError, match=r"^addr: must "):
            world.register(7, addr)
        assert world.beacons() == {}
        assert world.events() == []

    @pytest.mark.parametrize("beacon_id", [0, -1, 2**32, "7", None])
    def test_another_id_cannot_be_sent(self, beacon_id: Any) -> None:
        body = msgspec.json.encode(
            {"type": "beacon_register", "beacon_id": beacon_id, "addr": "192.0.2.7:9001"}
        )
        with pytest.raises(msgspec.ValidationError, match="beacon_id"):
            msgspec.json.decode(body, type=BeaconRegister)


class TestLease:
    def test_ends_after_its_time_whoever_tidies_up(self, world: World) -> None:
        world.register(7)
        world.now += LEASE - 0.01
        assert list(world.beacons()) == [7]
        world.now = START + LEASE
        assert world.beacons() == {}

    def test_is_renewed_by_registering_again(self, world: World) -> None:
        world.register(7)
        world.now += LEASE - 1
        world.register(7)
        world.now += LEASE - 1
        assert list(world.beacons()) == [7]

    def test_may_be_renewed_with_another_address(self, world: World) -> None:
        world.register(7, "192.0.2.7:9001")
        world.register(7, "192.0.2.8:9001")
        assert world.beacons() == {7: "192.0.2.8:9001"}
        assert len(world.events()) == 2

    def test_may_be_taken_again_after_it_ended(self, world: World) -> None:
        world.register(7)
        world.now += LEASE
        world.register(7)
        assert list(world.beacons()) == [7]

    def test_is_dropped_and_told_when_it_has_ended(self, world: World) -> None:
        world.register(7)
        world.register(8)
        world.now += LEASE - 1
        world.register(8)
        world.events()
        world.drop_expired()
        assert world.events() == []
        world.now += 1
        world.drop_expired()
        assert world.events() == [("beacon.expired", {"beacon_id": 7})]
        assert list(world.beacons()) == [8]
        world.drop_expired()
        assert world.events() == []

    def test_outlives_the_server_and_no_longer(self, tmp_path: Path) -> None:
        with world_in(tmp_path) as world:
            world.register(7)
            world.now += 1
            world.register(8)
        with world_in(tmp_path) as world:
            assert list(world.beacons()) == [7, 8]
            world.now += LEASE
            assert list(world.beacons()) == [8]


class TestRelay:
    def test_there_is_none_without_a_beacon(self, world: World) -> None:
        assert world.view.relay_address() == ""

    def test_is_the_first_beacon_whose_lease_runs(self, world: World) -> None:
        world.register(8, "192.0.2.8:9001")
        world.now += 1
        world.register(7, "192.0.2.7:9001")
        assert world.view.relay_address() == "192.0.2.7:9001"
        world.now += LEASE - 1
        world.register(8, "192.0.2.8:9001")
        world.now += 1
        assert world.view.relay_address() == "192.0.2.8:9001"
