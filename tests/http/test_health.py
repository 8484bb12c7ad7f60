"""Whether the server says truly that it is alive and ready."""

import asyncio
import socket
from pathlib import Path

import pytest

from registry.events import InProcessBus, Projection
from registry.persistence import Committer, Database, migrate
from registry.web.headers import HEADERS
from registry.web.health import ReadinessCheck
from tests.http.world import World


class TestRunning:
    def test_is_alive_and_ready(self, world: World) -> None:
        assert world.get("/healthz").text == "ok\n"
        assert world.get("/readyz").text == "ready\n"
        assert world.get("/readyz").status_code == 200

    def test_tells_browsers_to_load_nothing_from_elsewhere(self, world: World) -> None:
        for path in ("/healthz", "/nowhere"):
            headers = world.get(path).headers
            assert HEADERS.items() <= dict(headers).items()
            assert headers["cache-control"] == "no-store"

    def test_names_what_is_not_there(self, world: World) -> None:
        response = world.get("/nowhere")
        assert (response.status_code, response.json()) == (404, {"error": "Not Found"})

    def test_ends_cleanly_while_somebody_is_connected(self, world: World) -> None:
        host, _, port = world.url.removeprefix("http://").rpartition(":")
        with socket.create_connection((host, int(port))):
            world.get("/healthz")
            assert world.server.stop() == 0


class Model:
    """A read model that can be kept from being built."""

    def __init__(self, bus: InProcessBus) -> None:
        self.projection = Projection(bus, ("a",), apply=self._apply, rebuild=self._rebuild)

    def _apply(self, event: object) -> None: ...

    def _rebuild(self) -> int:
        return 0


class TestReadiness:
    @pytest.fixture
    def database(self, tmp_path: Path) -> Database:
        database = Database.in_folder(tmp_path)
        with database.open_writer() as connection, connection.begin():
            migrate(connection, ())
        return database

    def test_needs_read_models_that_are_built(self, database: Database) -> None:
        bus = InProcessBus()
        model = Model(bus)
        committer = Committer(database, bus)
        committer.start()
        check = ReadinessCheck(committer, [model.projection])
        assert asyncio.run(check.look()).reasons == ("the read model Model is not built",)
        model.projection.catch_up()
        assert asyncio.run(ReadinessCheck(committer, [model.projection]).look()).is_ready
        committer.close()
        database.close()

    def test_needs_a_committer_that_runs(self, database: Database) -> None:
        committer = Committer(database, InProcessBus())
        reasons = asyncio.run(ReadinessCheck(committer, ()).look()).reasons
        assert reasons == ("the committer does not run",)
        committer.close()
        database.close()

    def test_needs_a_database_that_takes_writes(self, database: Database) -> None:
        committer = Committer(database, InProcessBus())
        committer.start()
        with database.open_writer() as other:
            other.exec_driver_sql("DROP TABLE log_cursors")
            other.commit()
        reasons = asyncio.run(ReadinessCheck(committer, ()).look()).reasons
        assert reasons == ("the database cannot commit",)
        committer.close()
        database.close()

    def test_tells_the_same_again_for_a_while(self, database: Database) -> None:
        async def look_often(check: ReadinessCheck) -> None:
            await asyncio.gather(*(check.look() for _ in range(50)))

        committer = Committer(database, InProcessBus())
        committer.start()
        asyncio.run(look_often(ReadinessCheck(committer, ())))
        committer.close()
        assert committer.group_sizes.total == 1
        database.close()
