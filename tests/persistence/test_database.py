import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from registry.persistence import Database, DatabaseInUse
from tests.persistence.world import World, add, things

TRY_TO_OPEN = """
import pathlib, sys
from registry.persistence import Database, DatabaseInUse
try:
    Database.in_folder(pathlib.Path(sys.argv[1]))
except DatabaseInUse:
    print("in use")
"""

pytestmark = pytest.mark.sqlite


class TestInFolder:
    def test_makes_the_folder(self, tmp_path: Path) -> None:
        folder = tmp_path / "deep" / "inside"
        Database.in_folder(folder).close()
        assert folder.is_dir()

    @pytest.mark.parametrize(
        "name", ["a b", "100%", "what?mode=ro", "a#b", "ä", "file:x", ":memory:"]
    )
    def test_takes_any_name(self, tmp_path: Path, name: str) -> None:
        database = Database.in_folder(tmp_path / name)
        with database.engine.connect() as connection:
            connection.execute(text("CREATE TABLE t (x)"))
        database.close()
        assert (tmp_path / name / "registry.db").stat().st_size > 0

    @pytest.mark.parametrize(
        ("pragma", "value"),
        [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("busy_timeout", 10000)],
    )
    def test_opens_every_connection_with_the_same_care(
        self, world: World, pragma: str, value: object
    ) -> None:
        with world.database.engine.connect() as one, world.database.open_writer() as other:
            for connection in (one, other):
                assert connection.execute(text(f"PRAGMA {pragma}")).scalar() == value


class TestLock:
    def test_keeps_a_second_one_out(self, tmp_path: Path) -> None:
        database = Database.in_folder(tmp_path)
        with pytest.raises(DatabaseInUse, match=str(tmp_path)):
            Database.in_folder(tmp_path)
        database.close()

    def test_keeps_another_process_out(self, tmp_path: Path) -> None:
        database = Database.in_folder(tmp_path)
        other = subprocess.run(
            [sys.executable, "-c", TRY_TO_OPEN, str(tmp_path)],
            capture_output=True,
            text=True,
            check=True,
            cwd=Path(__file__).parents[2],
        )
        database.close()
        assert other.stdout == "in use\n"

    def test_leaves_other_folders_alone(self, tmp_path: Path) -> None:
        Database.in_folder(tmp_path / "one").close()
        database = Database.in_folder(tmp_path / "one")
        Database.in_folder(tmp_path / "two").close()
        database.close()

    def test_ends_with_close(self, tmp_path: Path) -> None:
        for _ in range(2):
            database = Database.in_folder(tmp_path)
            database.close()
            database.close()

    def test_survives_a_refusal(self, tmp_path: Path) -> None:
        database = Database.in_folder(tmp_path)
        for _ in range(2):
            with pytest.raises(DatabaseInUse):
                Database.in_folder(tmp_path)
        database.close()
        Database.in_folder(tmp_path).close()


class TestSnapshot:
    def test_holds_still_while_writes_go_on(self, world: World) -> None:
        count = select(func.count()).select_from(things)
        world.committer.run(add(1))
        with world.database.snapshot() as before:
            world.committer.run(add(2))
            with world.database.snapshot() as after:
                assert (before.number, before.connection.execute(count).scalar()) == (1, 1)
                assert (after.number, after.connection.execute(count).scalar()) == (2, 2)
            world.committer.run(add(3))
            assert before.connection.execute(count).scalar() == 1

    def test_is_taken_when_it_is_opened_and_not_when_it_is_first_read(self, world: World) -> None:
        with world.database.snapshot() as snapshot:
            world.committer.run(add(1))
            assert snapshot.connection.execute(select(things)).all() == []

    def test_sees_no_operation_that_is_still_running(self, world: World) -> None:
        def look_while_writing(transaction: object) -> tuple[int, int]:
            add(1)(transaction)  # type: ignore[arg-type]
            with world.database.snapshot() as snapshot:
                return snapshot.number, len(snapshot.connection.execute(select(things)).all())

        assert world.committer.run(look_while_writing) == (0, 0)

    def test_does_not_hold_the_writer_up(self, world: World) -> None:
        with world.database.snapshot():
            assert world.committer.run(add(1)) == 1
        assert world.rows(things) == [1]

    def test_numbers_an_empty_log_0(self, world: World) -> None:
        with world.database.snapshot() as snapshot:
            assert snapshot.number == 0
