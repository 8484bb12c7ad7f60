"""The set-up, on a project that asks for nothing: pip is real, and needs no network."""

import signal
import subprocess
import sys
from pathlib import Path
from shutil import copy

import pytest

from tests.harness.process import ROOT
from tests.harness.waiting import PATIENCE

BACKEND = """
import zipfile

FILES = {
    "toy.py": open("toy.py").read(),
    "toy-1.dist-info/METADATA": "Metadata-Version: 2.1\\nName: toy\\nVersion: 1\\nProvides-Extra: test\\n",
    "toy-1.dist-info/WHEEL": "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
    "toy-1.dist-info/entry_points.txt": "[console_scripts]\\nregistry = toy:serve\\nother = toy:other\\n",
    "toy-1.dist-info/RECORD": "",
}


def build_editable(folder, config_settings=None, metadata_directory=None):
    with zipfile.ZipFile(folder + "/toy-1-py3-none-any.whl", "w") as wheel:
        for name, text in FILES.items():
            wheel.writestr(name, text)
    return "toy-1-py3-none-any.whl"
"""  # noqa: E501 - a file's lines

TOY = """
import signal
import sys


def serve():
    print("serving", flush=True)
    signal.pause()


def other():
    print("other", *sys.argv[1:])
"""

PYPROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]

[project]
name = "toy"
version = "1"
optional-dependencies.test = []
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose package has two commands, and the tool."""
    tools = tmp_path / "tools"
    tools.mkdir()
    copy(ROOT / "tools" / "run.py", tools)
    files = {"backend.py": BACKEND, "toy.py": TOY, "pyproject.toml": PYPROJECT}
    for name, text in {**files, "constraints.txt": ""}.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def start(
    project: Path, *arguments: str, python: str | Path = sys.executable
) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [python, "-m", "tools.run", *arguments],
        cwd=project,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """How a command ended: its exit code, and what it wrote on the two outputs."""
    stdout, stderr = process.communicate(timeout=PATIENCE)
    return process.returncode, stdout, stderr


def result(project: Path, *arguments: str) -> tuple[int, str, str]:
    return finish(start(project, *arguments))


def sets_up(project: Path, command: str = "other") -> bool:
    """Run a command; whether it had to be set up."""
    code, stdout, stderr = result(project, command)
    assert (code, stdout) == (0, "other\n")
    return "Setting up" in stderr


class TestSetUp:
    def test_is_told_beside_the_output_of_the_command(self, project: Path) -> None:
        code, stdout, stderr = result(project, "other", "--for", "a b")
        assert (code, stdout) == (0, "other --for a b\n")
        assert f"Setting up {project / '.venv'} ..." in stderr

    def test_is_done_once(self, project: Path) -> None:
        result(project, "other")
        assert result(project, "other") == (0, "other\n", "")

    @pytest.mark.parametrize("name", ["constraints.txt", "pyproject.toml"])
    def test_is_done_again_when_something_else_is_asked_for(self, project: Path, name: str) -> None:
        assert sets_up(project)
        with (project / name).open("a") as file:
            file.write("# more\n")
        assert sets_up(project)
        assert not sets_up(project)

    def test_starts_afresh_then(self, project: Path) -> None:
        sets_up(project)
        left_over = project / ".venv" / "bin" / "left-over"
        left_over.touch()
        (project / "constraints.txt").write_text("# less\n")
        sets_up(project)
        assert not left_over.exists()

    def test_may_be_started_from_inside_what_it_made(self, project: Path) -> None:
        assert sets_up(project)
        inside = project / ".venv" / "bin" / "python"
        assert finish(start(project, "other", python=inside)) == (0, "other\n", "")
        (project / "constraints.txt").write_text("# less\n")
        code, stdout, stderr = finish(start(project, "other", python=inside))
        assert (code, stdout) == (0, "other\n")
        assert "Setting up" in stderr
        assert not sets_up(project)

    def test_of_the_server_leaves_out_what_tests_need(self, project: Path) -> None:
        with start(project, "registry") as server:
            assert server.stdout is not None
            assert server.stdout.readline() == "serving\n"
            server.terminate()
        assert sets_up(project)
        assert not sets_up(project)

    def test_is_done_by_one_of_two_that_start_at_once(self, project: Path) -> None:
        both = [finish(process) for process in [start(project, "other") for _ in range(2)]]
        assert [(code, stdout) for code, stdout, _ in both] == [(0, "other\n")] * 2
        assert sorted("Setting up" in stderr for *_, stderr in both) == [False, True]

    def test_that_failed_is_tried_again(self, project: Path) -> None:
        (project / "backend.py").write_text("raise ValueError('not today')")
        for _ in range(2):
            code, stdout, stderr = result(project, "other")
            assert (code, stdout) == (1, "")
            assert "not today" in stderr
            assert f"cannot set up {project / '.venv'}: pip failed" in stderr
        (project / "backend.py").write_text(BACKEND)
        assert sets_up(project)


class TestCommand:
    def test_takes_the_place_of_the_tool(self, project: Path) -> None:
        with start(project, "registry") as server:
            assert server.stdout is not None
            assert server.stdout.readline() == "serving\n"
            server.terminate()
        assert server.returncode == -signal.SIGTERM

    def test_that_is_unknown_is_named(self, project: Path) -> None:
        code, _, stderr = result(project, "oter")
        assert code == 1
        assert f"there is no oter in {project / '.venv' / 'bin'}" in stderr

    def test_has_to_be_given(self, project: Path) -> None:
        code, _, stderr = result(project)
        assert code == 1
        assert stderr.startswith("usage: ")
        assert not (project / ".venv").exists()
