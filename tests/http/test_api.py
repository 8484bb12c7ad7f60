"""The JSON API, asked over HTTP."""

import json

import pytest

from tests.http.world import World


def tag(world: World, node_id: int, *tags: str) -> None:
    world.as_admin("set_tags", node_id=node_id, tags=list(tags))


def ids(page: dict[str, list[dict[str, int]]]) -> list[int]:
    return [node["node_id"] for node in page["nodes"]]


class TestOverview:
    def test_counts_what_there_is(self, world: World) -> None:
        one, two, three = (world.register() for _ in range(3))
        world.trust(one, two)
        world.network(one, three, name="lab")
        tag(world, one, "gpu", "paris")
        tag(world, two, "gpu")
        seen = world.json("/api/v1/overview", admin=True)
        assert (seen["nodes"], seen["online"], seen["networks"]) == (3, 3, 1)
        assert seen["trust_links"] == 1
        assert seen["tags"] == [{"tag": "gpu", "nodes": 2}, {"tag": "paris", "nodes": 1}]
        assert seen["viewer"] == "admin"
        assert seen["connections"] == 1
        assert seen["requests"]["total"] == 3 + 2 + 2 + 2

    def test_sees_at_once_what_was_acknowledged(self, world: World) -> None:
        for count in range(1, 6):
            world.register()
            assert world.json("/api/v1/overview", admin=True)["nodes"] == count


class TestNodes:
    def test_are_told_page_by_page(self, world: World) -> None:
        expected = [world.register() for _ in range(5)]
        found, after = [], 0
        while after is not None:
            page = world.json(f"/api/v1/nodes?limit=2&after={after}", admin=True)
            assert len(page["nodes"]) <= 2
            found += ids(page)
            after = page["next_after"]
        assert found == expected

    def test_are_filtered_by_tag_and_network(self, world: World) -> None:
        one, two, three = (world.register() for _ in range(3))
        lab = world.network(one, three, name="lab")
        tag(world, two, "gpu")
        tag(world, three, "gpu")
        assert ids(world.json("/api/v1/nodes?tag=gpu", admin=True)) == [two, three]
        assert ids(world.json(f"/api/v1/nodes?network={lab}", admin=True)) == [one, three]
        assert ids(world.json(f"/api/v1/nodes?network={lab}&tag=gpu", admin=True)) == [three]

    def test_say_what_anyone_may_know(self, world: World) -> None:
        node_id = world.register(hostname="alice")
        tag(world, node_id, "gpu")
        [node] = world.json("/api/v1/nodes", admin=True)["nodes"]
        assert node["hostname"] == "alice"
        assert node["tags"] == ["gpu"]
        assert node["online"] is True
        assert node["address"] == "0:0000.0000.0001"
        assert node["last_seen"] > 0

    def test_one_is_told_with_whom_it_trusts(self, world: World) -> None:
        one, two, three = (world.register() for _ in range(3))
        world.trust(one, two)
        world.trust(three, one)
        assert world.json(f"/api/v1/nodes/{one}", admin=True)["trusts"] == [two, three]
        assert world.json(f"/api/v1/nodes/{one}")["trusts"] is None
        assert world.get("/api/v1/nodes/99").status_code == 404


class TestLinks:
    def test_are_told_page_by_page(self, world: World) -> None:
        one, two, three, four = (world.register() for _ in range(4))
        for pair in ((one, two), (two, three), (one, four)):
            world.trust(*pair)
        first = world.json("/api/v1/links?limit=2", admin=True)
        assert first["links"] == [[one, two], [one, four]]
        rest = world.json(f"/api/v1/links?limit=2&after={first['next_after']}", admin=True)
        assert rest == {"links": [[two, three]], "next_after": None}


class TestRanking:
    def test_has_the_highest_first(self, world: World) -> None:
        one, two = world.register(hostname="alice"), world.register()
        world.as_admin("set_polo_score", node_id=one, polo_score=5)
        world.as_admin("set_polo_score", node_id=two, polo_score=7)
        ranking = world.json("/api/v1/ranking")["ranking"]
        assert [(each["node_id"], each["polo_score"]) for each in ranking] == [(two, 7), (one, 5)]
        assert ranking[1]["hostname"] == "alice"


class TestQuestion:
    @pytest.mark.parametrize(
        ("query", "text"),
        [
            ("limit=0", "limit"),
            ("limit=501", "limit"),
            ("limit=many", "limit"),
            ("after=-1", "after"),
            ("tag=" + "x" * 33, "tag"),
            ("colour=red", "colour"),
        ],
    )
    def test_that_is_wrong_is_refused_by_name(self, world: World, query: str, text: str) -> None:
        response = world.get(f"/api/v1/nodes?{query}", admin=True)
        assert response.status_code == 400
        assert text in response.json()["error"]

    def test_for_a_network_that_is_not_there_is_refused(self, world: World) -> None:
        response = world.get("/api/v1/nodes?network=7", admin=True)
        assert response.status_code == 404
        assert response.json() == {"error": "network: there is no network 7"}


class TestDocument:
    def test_names_every_path_that_is_served(self, world: World) -> None:
        document = world.json("/api/openapi.json")
        assert document["openapi"] == "3.1.0"
        world.register()
        for path in document["paths"]:
            if path != "/events":
                answer = world.get("/api/v1" + path.replace("{node_id}", "1"), admin=True)
                assert answer.status_code == 200, path

    def test_describes_what_is_answered(self, world: World) -> None:
        world.register()
        document = world.json("/api/openapi.json")
        schema = document["components"]["schemas"]["Node"]
        [node] = world.json("/api/v1/nodes", admin=True)["nodes"]
        assert node.keys() == schema["properties"].keys()
        text = json.dumps(document)
        assert all(f'"{name}"' in text for name in ("NodePage", "LiveEvent", "Failure"))

    def test_has_a_page_that_loads_nothing_from_elsewhere(self, world: World) -> None:
        page = world.get("/api")
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        for asset in ("style.css", "api.js", "theme.js", "icon.svg"):
            assert f"/assets/{asset}" in page.text
            assert world.get(f"/assets/{asset}").status_code == 200
        etag = page.headers["etag"]
        assert world.get("/api", {"if-none-match": etag}).status_code == 304
