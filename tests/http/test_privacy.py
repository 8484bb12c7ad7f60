"""What is private stays so: everything that is served, asked by strangers and administrators."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.http.world import World, world_in
from tests.system.registry import ADMIN_TOKEN

ENDPOINT, LAN = "127.0.0.1:40777", "10.77.0.1:40777"
OWNER = "owner-secret@example.test"
EXTERNAL_ID = "external-secret"
JOIN_TOKEN, NETWORK_TOKEN = "join-token-secret", "network-token-secret"
CLOSED = "closed-network-secret"
HIDDEN = "hidden-node-secret"

NEVER = (ENDPOINT, LAN, OWNER, EXTERNAL_ID, JOIN_TOKEN, NETWORK_TOKEN, ADMIN_TOKEN)
"""What nobody is told: of the state, administrators included."""

FOR_ADMINS = (CLOSED, HIDDEN)

PATHS = (
    "/healthz",
    "/readyz",
    "/metrics",
    "/api",
    "/api/openapi.json",
    "/api/v1/overview",
    "/api/v1/nodes",
    "/api/v1/nodes?network=1",
    "/api/v1/nodes?network=2",
    "/api/v1/networks",
    "/api/v1/links",
    "/api/v1/ranking",
    "/api/v1/nodes/2",
)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A registry with an open network, a closed one, and a node that is in the closed one only."""
    with world_in(tmp_path_factory.mktemp("world")) as world:
        shown = world.register(hostname="shown")
        hidden = world.register(listen_addr=":40777", lan_addrs=[LAN], owner=OWNER, hostname=HIDDEN)
        world.as_admin("set_external_id", node_id=hidden, external_id=EXTERNAL_ID)
        world.network(shown, name="open-network")
        tokens = {"token": JOIN_TOKEN, "network_admin_token": NETWORK_TOKEN}
        closed = world.network(hidden, name=CLOSED, join_rule="token", **tokens)
        world.as_admin("join_network", node_id=shown, network_id=closed, token=JOIN_TOKEN)
        world.trust(shown, hidden)
        yield world


@pytest.mark.parametrize("path", PATHS)
def test_nobody_is_told_secrets(world: World, path: str) -> None:
    for admin in (False, True):
        text = world.get(path, admin=admin).text
        assert [secret for secret in NEVER if secret in text] == []


@pytest.mark.parametrize("path", [path for path in PATHS if path != "/api/v1/nodes/2"])
def test_strangers_are_not_told_of_closed_networks_and_who_is_in_them(
    world: World, path: str
) -> None:
    text = world.get(path).text
    assert [secret for secret in FOR_ADMINS if secret in text] == []


def test_strangers_see_the_members_of_open_networks(world: World) -> None:
    [node] = world.json("/api/v1/nodes")["nodes"]
    assert node["hostname"] == "shown"
    assert node["networks"] == [1]
    assert node["last_seen"] is None
    overview = world.json("/api/v1/overview")
    assert (overview["nodes"], overview["networks"]) == (1, 1)
    assert overview["trust_links"] is None
    assert overview["viewer"] == "stranger"


def test_strangers_are_told_of_a_node_by_its_id_what_a_lookup_tells(world: World) -> None:
    looked_up = world.client.ask("lookup", node_id=2)
    told = world.json("/api/v1/nodes/2")["node"]
    assert told["hostname"] == looked_up["hostname"] == HIDDEN
    assert told["networks"] == []


def test_administrators_see_everything_else(world: World) -> None:
    assert CLOSED in world.get("/api/v1/networks", admin=True).text
    assert HIDDEN in world.get("/api/v1/nodes?network=2", admin=True).text
    assert world.json("/api/v1/links", admin=True)["links"] == [[1, 2]]


def test_links_are_for_administrators(world: World) -> None:
    refused = world.get("/api/v1/links")
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"] == "Bearer"
    assert refused.json() == {"error": "authorization: needs the admin token"}


class TestToken:
    def test_that_is_wrong_is_refused_also_where_none_is_needed(self, tmp_path: Path) -> None:
        with world_in(tmp_path) as world:
            refused = world.get("/api/v1/overview", {"authorization": "Bearer wrong"})
            assert refused.status_code == 401
            assert refused.json() == {"error": "authorization: not the registry's"}
            for header in ("Basic abc", "Bearer", ADMIN_TOKEN):
                assert world.get("/metrics", {"authorization": header}).status_code == 401

    def test_cannot_be_guessed_fast_also_not_by_both_ways(self, tmp_path: Path) -> None:
        with world_in(tmp_path) as world:
            codes = [
                world.get("/api/v1/overview", {"authorization": f"Bearer guess-{n}"}).status_code
                for n in range(12)
            ]
            assert codes == [401] * 10 + [429] * 2
            right = world.get("/api/v1/overview", admin=True)
            assert right.status_code == 429
            assert right.headers["retry-after"] == "60"
            with pytest.raises(Exception, match="too many wrong ones"):
                world.as_admin("get_breakers")
            from_elsewhere = {"x-forwarded-for": "203.0.113.9"}
            assert world.get("/metrics", from_elsewhere, admin=True).status_code == 429
            assert world.get("/api/v1/overview").status_code == 200  # strangers see what they saw

    def test_opens_nothing_where_there_is_none(self, tmp_path: Path) -> None:
        with world_in(tmp_path, token=False) as world:
            for header in ("Bearer x", f"Bearer {ADMIN_TOKEN}"):
                refused = world.get("/api/v1/links", {"authorization": header})
                assert refused.status_code == 401
                assert "no admin token" in json.loads(refused.text)["error"]
