"""The command as people and machines run it."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.tools.layering.projects import CLEAN, MODULES, run_checker, write_project

REPOSITORY = Path(__file__).parents[3]


def test_this_repository_passes() -> None:
    result = run_checker("--root", REPOSITORY)
    assert result.output.endswith(" modules: 0 violations\n")
    assert result.exit_code == 0


def test_this_repositorys_rules_cover_a_store_that_nobody_listed(tmp_path: Path) -> None:
    write_project(tmp_path, {"registry/quota/__init__.py": "import registry.polo"})
    result = run_checker("--root", tmp_path, "--config", REPOSITORY / "pyproject.toml")
    assert "independence: registry.polo is imported by registry.quota\n" in result.output
    assert result.output.endswith(f"checked {MODULES + 1} modules: 1 violations\n")


def test_the_module_runs_as_a_command_from_the_project_folder(tmp_path: Path) -> None:
    write_project(tmp_path, {"registry/polo/store.py": "import registry.trust"})
    run = subprocess.run(
        [
            sys.executable,
            "-c",
            "import runpy; runpy.run_module('tools.layering', None, '__main__')",
        ],
        cwd=tmp_path,
        env={"PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.stderr == ""
    assert run.stdout.startswith("registry/polo/store.py:1: independence: registry.trust is ")
    assert run.returncode == 1


def test_nothing_that_is_checked_is_run(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    write_project(
        tmp_path,
        {
            name: f"open({str(trace)!r}, 'w')\nraise SystemExit(9)"
            for name in (*CLEAN, "registry/conftest.py", "attrs.py")
        },
    )
    assert run_checker("--root", tmp_path).exit_code == 0
    assert not trace.exists()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"import registry.trust\ndef", ":2: invalid syntax"),
        (b"\xff", ":1: (unicode error) 'utf-8' codec can't decode byte 0xff"),
        (b"x = '\0'", "null byte"),
        (b"(" * 1000 + b")" * 1000, ":1: too many nested parentheses"),
        (b"x = " + b"-" * 100_000 + b"1", ": "),
        (b"x = " + b"y + " * 5_000 + b"z", ": "),
    ],
    ids=["half a function", "no text", "a null byte", "parentheses", "a tower", "a chain"],
)
def test_a_file_that_cannot_be_read_is_named_with_the_reason(
    tmp_path: Path, text: bytes, reason: str
) -> None:
    write_project(tmp_path)
    path = tmp_path / "registry/polo/store.py"
    path.write_bytes(text)
    result = run_checker("--root", tmp_path)
    assert result.stderr.startswith(f"{path}:")
    assert reason in result.stderr
    assert result.stdout == ""
    assert result.exit_code == 2


def test_a_package_that_is_not_there_is_an_error_and_no_pass(tmp_path: Path) -> None:
    write_project(tmp_path)
    (tmp_path / "registry").rename(tmp_path / "elsewhere")
    result = run_checker("--root", tmp_path)
    assert result.stderr.startswith(f"{tmp_path / 'registry'}: ")
    assert result.exit_code == 2


def test_an_empty_package_is_an_error_and_no_pass(tmp_path: Path) -> None:
    write_project(tmp_path)
    (tmp_path / "registry").rename(tmp_path / "elsewhere")
    (tmp_path / "registry").mkdir()
    result = run_checker("--root", tmp_path)
    assert result.stderr == f"{tmp_path / 'registry'}: there is no Python file in it\n"
    assert result.exit_code == 2


def test_other_encodings_and_doubtful_escapes_are_read(tmp_path: Path) -> None:
    write_project(tmp_path)
    path = tmp_path / "registry/polo/store.py"
    path.write_bytes(b"# coding: latin-1\nx = '\xe4\\d'\nimport registry.trust\n")
    result = run_checker("--root", tmp_path)
    assert result.output.startswith(f"{path}:3: independence: ")


def test_a_linked_folder_is_checked_and_a_circle_of_links_ends(tmp_path: Path) -> None:
    write_project(tmp_path, {"shared/code.py": "import registry.trust"})
    (tmp_path / "registry/quota").symlink_to(tmp_path / "shared")
    (tmp_path / "registry/polo/again").symlink_to(tmp_path / "registry/polo")
    result = run_checker("--root", tmp_path)
    assert result.output.startswith(f"{tmp_path / 'registry/quota/code.py'}:1: independence: ")
    assert result.output.endswith(f"checked {MODULES + 1} modules: 1 violations\n")
