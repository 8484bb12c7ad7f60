"""Moving over from the public Go server: daemons keep their addresses."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from tests.commands.world import ADMIN_TOKEN, refusal, register, run, run_json, server_on
from tests.harness.client import Client, Key, Refused

CREATED = "2025-03-01T10:00:00Z"
NOWHEN = "0001-01-01T00:00:00Z"


def node(node_id: int, key: Key, **fields: Any) -> dict[str, Any]:
    """A node as the Go server writes it."""
    return {
        "id": node_id,
        "public_key": key.public,
        "real_addr": f"198.51.100.{node_id}:4000",
        "networks": [0],
        "last_seen": "2026-11-25T08:00:00Z",
        **fields,
    }


class World:
    """What the Go server kept.

    Attributes:
        keys: Of the nodes 3, 7, 9, and of 5, which is away.
        snapshot: As it is written.
    """

    def __init__(self) -> None:
        self.keys = {node_id: Key() for node_id in (3, 5, 7, 9)}
        keys = self.keys
        self.snapshot: dict[str, Any] = {
            "version": 1,
            "next_node": 21,
            "next_net": 8,
            "nodes": {
                "3": node(
                    3,
                    keys[3],
                    hostname="alice",
                    owner="alice@example.test",
                    public=True,
                    tags=["gpu"],
                    version="1.18.0",
                    key_created=CREATED,
                    key_rotated="2025-04-01T10:00:00.123456789Z",
                    key_rot_count=2,
                    external_id="alice-id",
                ),
                "7": node(7, keys[7], hostname="bob", lan_addrs=None, key_expires=NOWHEN),
                "9": node(9, keys[9], networks=None, relay_only=True, polo_score=40),
            },
            "networks": {
                "0": {"id": 0, "name": "backbone", "join_rule": "open", "members": [3, 7, 9]},
                "4": {
                    "id": 4,
                    "name": "lab",
                    "join_rule": "token",
                    "token": "the-join-token",
                    "admin_token": "the-network-admin-token",
                    "members": [3, 7, 5],
                    "member_roles": {"3": "owner", "7": "admin"},
                    "member_tags": {"7": ["spare"]},
                    "policy": {"max_members": 10, "allowed_ports": [80], "description": "a lab"},
                    "expr_policy": {"version": 1, "rules": [{"on": "connect"}]},
                    "enterprise": True,
                    "created": CREATED,
                },
            },
            "trust_pairs": ["3:7", "5:9"],
            "pub_key_idx": {key.public: node_id for node_id, key in keys.items()},
            "handshake_inbox": {
                "7": [{"from_node_id": 9, "justification": "hi", "timestamp": CREATED}]
            },
            "handshake_responses": {
                "9": [{"from_node_id": 3, "accept": True, "timestamp": CREATED}]
            },
            "invite_inbox": None,
            "rbac_pre_assign": {"4": [{"external_id": "carol", "role": "admin"}]},
            "total_requests": 12345,
            "audit_log": [{"action": "x"}],
        }

    def write(self, folder: Path, **changes: Any) -> Path:
        """The file, as Go writes it, with some parts changed."""
        text = json.dumps({**self.snapshot, **changes}, separators=(",", ":"))
        digest = hashlib.sha256(text.encode()).hexdigest()
        file = folder / "snapshot.json"
        file.write_text(f'{text[:-1]},"checksum":"{digest}"}}')
        return file


@pytest.fixture
def world() -> World:
    return World()


def as_admin(client: Client, message_type: str, **fields: Any) -> dict[str, Any]:
    return client.ask(message_type, admin_token=ADMIN_TOKEN, **fields)


class TestImport:
    def test_says_what_it_took_and_what_not(self, tmp_path: Path, world: World) -> None:
        report = run_json("import", world.write(tmp_path), "--data", tmp_path / "data")
        assert report["checksum_fits"]
        assert report["taken"] == {
            "nodes": 3,
            "keys of nodes that are away": 1,
            "networks": 1,
            "memberships": 3,
            "trust links": 2,
            "waiting handshakes": 2,
            "waiting invites": 0,
        }
        assert [each["path"] for each in report["left_out"]] == ["audit_log", "statistics"]

    def test_keeps_ids_keys_and_what_nodes_said(self, tmp_path: Path, world: World) -> None:
        data = tmp_path / "data"
        run("import", world.write(tmp_path), "--data", data)
        with server_on(data) as server, Client.to(server.endpoint) as client:
            alice = client.ask("lookup", node_id=3)
            assert alice["public_key"] == world.keys[3].public
            assert (alice["hostname"], alice["tags"], alice["public"]) == ("alice", ["gpu"], True)
            assert alice["real_addr"] == "198.51.100.3:4000"
            assert alice["key_generation"] == 2
            assert alice["networks"] == [0, 4]
            assert client.ask("lookup", node_id=9)["polo_score"] == 40
            info = client.ask("get_key_info", node_id=3)
            assert info["created_at"] == CREATED
            assert info["rotated_at"] == "2025-04-01T10:00:00Z"
            assert as_admin(client, "get_identity", node_id=3)["external_id"] == "alice-id"

    def test_lets_a_key_come_back_as_its_node(self, tmp_path: Path, world: World) -> None:
        data = tmp_path / "data"
        run("import", world.write(tmp_path), "--data", data)
        with server_on(data) as server, Client.to(server.endpoint) as client:
            assert register(client, world.keys[7]) == 7
            assert register(client, world.keys[5]) == 5  # which was away
            assert register(client) == 21  # the next new one

    def test_keeps_networks_with_what_lets_nodes_in(self, tmp_path: Path, world: World) -> None:
        data = tmp_path / "data"
        run("import", world.write(tmp_path), "--data", data)
        with server_on(data) as server, Client.to(server.endpoint) as client:
            [_, lab] = as_admin(client, "list_networks")["networks"]
            assert (lab["id"], lab["name"], lab["enterprise"]) == (4, "lab", True)
            nodes = as_admin(client, "list_nodes", network_id=4)["nodes"]
            assert [entry["role"] for entry in nodes] == ["owner", "member", "admin"]
            assert nodes[2]["member_tags"] == ["spare"]
            policy = client.ask("get_network_policy", network_id=4)
            assert (policy["max_members"], policy["allowed_ports"]) == (10, [80])
            assert client.ask("get_expr_policy", network_id=4)["expr_policy"]["version"] == 1
            join = {"node_id": 9, "network_id": 4}
            with pytest.raises(Refused, match="token"):
                as_admin(client, "join_network", **join, token="another")
            as_admin(client, "join_network", **join, token="the-join-token")
            rename = {"network_id": 4, "name": "lab-two"}
            client.ask("rename_network", **rename, admin_token="the-network-admin-token")
            made = as_admin(client, "create_network", node_id=3, name="new")
            assert made["network_id"] == 8

    def test_keeps_trust_and_what_waits(self, tmp_path: Path, world: World) -> None:
        data = tmp_path / "data"
        run("import", world.write(tmp_path), "--data", data)
        with server_on(data) as server, Client.to(server.endpoint) as client:
            for pair, trusted in (((3, 7), True), ((5, 9), True), ((3, 9), False)):
                answer = as_admin(client, "check_trust", node_id=pair[0], peer_id=pair[1])
                assert answer["trusted"] is trusted
            signature = world.keys[7].sign("poll_handshakes:7")
            inbox = client.ask("poll_handshakes", node_id=7, signature=signature)
            assert inbox["requests"][0]["from_node_id"] == 9
            signature = world.keys[9].sign("poll_handshakes:9")
            inbox = client.ask("poll_handshakes", node_id=9, signature=signature)
            assert inbox["responses"][0]["accept"] is True

    def test_leaves_a_folder_that_is_whole(self, tmp_path: Path, world: World) -> None:
        run("import", world.write(tmp_path), "--data", tmp_path / "data")
        assert run_json("check", "--data", tmp_path / "data")["whole"]

    def test_changes_nothing_on_a_dry_run(self, tmp_path: Path, world: World) -> None:
        file = world.write(tmp_path)
        report = run_json("import", file, "--data", tmp_path / "data", "--dry-run")
        assert report["dry_run"]
        assert not (tmp_path / "data").exists()
        assert report["taken"] == run_json("import", file, "--data", tmp_path / "data")["taken"]

    def test_is_refused_in_a_folder_that_is_in_use(self, tmp_path: Path, world: World) -> None:
        file = world.write(tmp_path)
        run("import", file, "--data", tmp_path / "data")
        said = refusal("import", file, "--data", tmp_path / "data")
        assert "an import needs a fresh folder" in said

    def test_takes_the_older_format(self, tmp_path: Path, world: World) -> None:
        known = {"next_node", "next_net", "nodes", "networks", "trust_pairs", "pub_key_idx"}
        old = {name: part for name, part in world.snapshot.items() if name in known}
        file = tmp_path / "old.json"
        file.write_text(json.dumps(old, indent=1))
        report = run_json("import", file, "--data", tmp_path / "data")
        assert report["checksum_fits"] is None
        assert report["taken"]["nodes"] == 3


class TestLeftOut:
    @pytest.mark.parametrize(
        ("change", "path", "reason"),
        [
            ({"hostname": "Bob!"}, 'nodes["7"].hostname', "lowercase"),
            ({"hostname": "alice"}, 'nodes["7"].hostname', "already in use"),
            ({"tags": ["no tag"]}, 'nodes["7"].tags', "lowercase"),
            ({"version": "v" * 65}, 'nodes["7"].version', "longer than 64"),
            ({"public_key": "short"}, 'nodes["7"].public_key', "public_key"),
        ],
    )
    def test_is_what_a_node_cannot_have(
        self, tmp_path: Path, world: World, change: dict[str, Any], path: str, reason: str
    ) -> None:
        world.snapshot["nodes"]["7"] |= change
        report = run_json("import", world.write(tmp_path), "--data", tmp_path / "data")
        reasons = {each["path"]: each["reason"] for each in report["left_out"]}
        assert reason in reasons[path]

    @pytest.mark.parametrize(
        ("change", "path", "reason"),
        [
            ({"name": "Lab"}, 'networks["4"]', "lowercase"),
            ({"join_rule": "anyone"}, 'networks["4"]', "is not open, token or invite"),
            ({"token": ""}, 'networks["4"]', "needs one"),
            ({"rules": {"links": 0}}, 'networks["4"].rules', "links"),
            ({"members": [3, 99]}, 'networks["4"].members', "there is no node 99"),
            (
                {"member_roles": {"3": "owner", "7": "owner"}},
                'networks["4"].member_roles["7"]',
                "node 3 is the owner",
            ),
            ({"policy": {"max_members": 1}}, 'networks["4"].policy', "already has 3 members"),
            ({"expr_policy": {"version": 9}}, 'networks["4"].expr_policy', "version 9"),
        ],
    )
    def test_is_what_a_network_cannot_have(
        self, tmp_path: Path, world: World, change: dict[str, Any], path: str, reason: str
    ) -> None:
        world.snapshot["networks"]["4"] |= change
        file = world.write(tmp_path)
        report = run_json("import", file, "--data", tmp_path / "data")
        reasons = {each["path"]: each["reason"] for each in report["left_out"]}
        assert reason in reasons[path]
        assert run_json("check", "--data", tmp_path / "data")["whole"]

    def test_is_listed_for_people_too(self, tmp_path: Path, world: World) -> None:
        said = run("import", world.write(tmp_path), "--data", tmp_path / "data").stdout
        assert "3  nodes" in said
        assert "audit_log" in said


class TestRefusal:
    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({"nodes": {"7": {"id": 7}}}, 'nodes["7"]: Object missing required field `public_key`'),
            ({"nodes": {"7": {"id": 8, "public_key": "x"}}}, 'nodes["7"].id: is 8'),
            ({"nodes": {"x": {}}}, 'nodes["x"]: the key is not an id'),
            ({"next_node": "many"}, "next_node: Expected `int`, got `str`"),
            ({"trust_pairs": ["3-7"]}, "trust_pairs[0]: '3-7' is not LOWER:HIGHER"),
            ({"version": 2}, "version: 2 is newer than 1"),
        ],
    )
    def test_names_the_path(
        self, tmp_path: Path, world: World, changes: dict[str, Any], said: str
    ) -> None:
        file = world.write(tmp_path, **changes)
        assert said in refusal("import", file, "--data", tmp_path / "data")

    def test_names_the_path_of_a_time(self, tmp_path: Path, world: World) -> None:
        world.snapshot["networks"]["4"]["created"] = "yesterday"
        said = refusal("import", world.write(tmp_path), "--data", tmp_path / "data")
        assert "networks[\"4\"].created: 'yesterday' is not an RFC 3339 time" in said

    @pytest.mark.parametrize("text", ["", "[]", "{}", '{"nodes": {}', "\x00"])
    def test_names_a_file_that_is_no_snapshot(self, tmp_path: Path, text: str) -> None:
        file = tmp_path / "file"
        file.write_text(text)
        assert "this is no " in refusal("import", file, "--data", tmp_path / "data")

    def test_points_out_a_checksum_that_does_not_fit(self, tmp_path: Path, world: World) -> None:
        file = world.write(tmp_path)
        file.write_text(file.read_text().replace('"alice"', '"malice"', 1))
        report = run_json("import", file, "--data", tmp_path / "data", "--dry-run")
        assert report["checksum_fits"] is False
