"""An acknowledged write survives ``kill -9`` at once after the acknowledgement."""

import sys
from pathlib import Path

import pytest

from tests.crash.rounds import run


def kill(folder: Path, rounds: int, capsys: pytest.CaptureFixture[str]) -> None:
    figures = run(folder, rounds)
    with capsys.disabled():
        sys.stdout.write(f"\n{figures}\n")
    assert figures.acknowledged.total() >= rounds
    assert figures.acknowledged.keys() >= {"register", "set_hostname", "rotate_key"}


class TestKillUnderLoad:
    def test_ten_times_loses_nothing_acknowledged(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        kill(tmp_path, 10, capsys)

    @pytest.mark.slow
    @pytest.mark.timeout(600)
    def test_a_hundred_times_loses_nothing_acknowledged(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        kill(tmp_path, 100, capsys)
