"""What a killed process leaves: everything that it acknowledged, and nothing by halves."""

import random
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.events.helpers import PATIENCE
from tests.persistence.world import ADDED, ECHO, ECHOED, echoes, open_world, things

ROOT = Path(__file__).parents[2]


def write_until_killed(
    folder: Path, *, moment: str = "never", nth: int = 0, after: int = -1
) -> set[int]:
    """Run the writer until it is dead; which ids it acknowledged.

    Args:
        folder: Where it writes.
        moment: When it kills itself.
        nth: How often the moment has come by then.
        after: Kill it from here after so many acknowledgements; -1 lets it do so itself.
    """
    command = [sys.executable, "-m", "tests.persistence.crash_writer", str(folder), moment]
    with subprocess.Popen([*command, str(nth)], stdout=subprocess.PIPE, cwd=ROOT) as writer:
        assert writer.stdout is not None
        acknowledged = []
        try:
            for line in writer.stdout:
                acknowledged.append(int(line))
                if len(acknowledged) == after:
                    writer.kill()  # what is still in the pipe was acknowledged as well
            assert writer.wait(PATIENCE) == -signal.SIGKILL
        finally:
            writer.kill()
    return set(acknowledged)


def look(folder: Path, query: str) -> list[int]:
    """Look into the file before anything has cleaned up in it."""
    with closing(sqlite3.connect(folder / "registry.db")) as connection:
        return [value for (value,) in connection.execute(query)]


def check_what_is_left(folder: Path, acknowledged: set[int]) -> None:
    kept = look(folder, "SELECT id FROM test_things")
    assert acknowledged <= set(kept)
    assert not [id_ for id_ in kept if id_ % 5 == 0], "rows of operations that failed"
    logged = look(
        folder,
        "SELECT json_extract(payload, '$.id') FROM log_changes WHERE type = 'thing.added'",
    )
    assert sorted(logged) == kept
    numbers = look(folder, "SELECT number FROM log_changes ORDER BY number")
    assert numbers == list(range(1, len(numbers) + 1))


def check_what_a_start_makes_of_it(folder: Path) -> None:
    with open_world(folder, [ECHO]) as world:
        log = world.log()
        added = [event for event in log if event.type == ADDED.name]
        assert world.rows(echoes, "number") == [event.number for event in added]
        assert world.rows(echoes) == [event.payload["id"] for event in added]
        echoed = [event.payload["id"] for event in log if event.type == ECHOED.name]
        assert echoed == [event.payload["id"] for event in added]
        assert [event.number for event in log] == list(range(1, len(log) + 1))


class TestKill:
    def test_at_any_moment_loses_nothing_acknowledged(self, tmp_path: Path) -> None:
        chance = random.Random()
        acknowledged: set[int] = set()
        for _ in range(5):
            acknowledged |= write_until_killed(tmp_path, after=chance.randint(1, 150))
            check_what_is_left(tmp_path, acknowledged)
        check_what_a_start_makes_of_it(tmp_path)
        assert acknowledged <= set(look(tmp_path, f"SELECT id FROM {things.name}"))

    @pytest.mark.parametrize("moment", ["committing", "committed", "handling", "acknowledging"])
    def test_between_any_two_steps_leaves_nothing_by_halves(
        self, tmp_path: Path, moment: str
    ) -> None:
        nth = random.Random().randint(3, 60)
        folder = tmp_path / str(nth)  # so that a failure shows it
        acknowledged = write_until_killed(folder, moment=moment, nth=nth)
        check_what_is_left(folder, acknowledged)
        if moment in {"committed", "handling"}:
            (behind,) = look(folder, "SELECT count(*) FROM test_echoes")
            (ahead,) = look(folder, "SELECT count(*) FROM test_things")
            assert behind < ahead
        check_what_a_start_makes_of_it(folder)
