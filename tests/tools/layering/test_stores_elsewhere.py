"""A store in another repository is checked by the same program and the same rules."""

from pathlib import Path

import pytest

from tests.tools.layering.projects import CONFIG, run_checker, violations_in, write_project

PYPROJECT = """
[project]
name = "pilot-leases"
[project.entry-points."registry.stores"]
leases = "pilot_leases:STORE"
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The repository of the registry, which the rules are from."""
    write_project(tmp_path / "home")
    return tmp_path / "home"


def write_store(root: Path, text: str) -> None:
    """Write the repository of a store."""
    files = {
        "pyproject.toml": PYPROJECT,
        "pilot_leases/__init__.py": "",
        "pilot_leases/store.py": text,
    }
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content)


def check(root: Path, home: Path) -> list[str]:
    result = run_checker("--root", root, "--config", home / "pyproject.toml")
    assert result.stderr == ""
    return result.output.splitlines()


def test_it_may_import_what_a_store_may(tmp_path: Path, home: Path) -> None:
    text = "import attrs, json\nfrom registry.events import Bus\nfrom pilot_leases import model"
    write_store(tmp_path / "leases", text)
    assert check(tmp_path / "leases", home) == ["checked 2 modules: 0 violations"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("from registry.trust import TrustStore", "independence: registry.trust is imported by "),
        ("import registry.composition", "layers: registry.composition is imported by "),
        ("import registry.wire", "may-import: registry.wire is imported by "),
        ("import requests", "third-party: requests is imported by "),
        ("from registry.events.bus import Bus", "public-face: registry.events.bus.Bus is inside "),
        ("__import__(input())", "unresolvable: __import__(input()) in pilot_leases.store "),
    ],
)
def test_it_may_import_nothing_else(tmp_path: Path, home: Path, text: str, says: str) -> None:
    write_store(tmp_path / "leases", text)
    first, *_, summary = check(tmp_path / "leases", home)
    assert first.startswith(f"{tmp_path}/leases/pilot_leases/store.py:1: {says}")
    assert summary == "checked 2 modules: 1 violations"


def test_its_own_rules_do_as_well(tmp_path: Path) -> None:
    root = tmp_path / "leases"
    write_store(root, "import registry.wire")
    (root / "pyproject.toml").write_text(PYPROJECT + CONFIG)
    assert [each["rule"] for each in violations_in(root)] == ["may-import"]


def test_a_folder_with_neither_the_package_nor_a_store_is_an_error(
    tmp_path: Path, home: Path
) -> None:
    (tmp_path / "empty").mkdir()
    result = run_checker("--root", tmp_path / "empty", "--config", home / "pyproject.toml")
    assert result.stderr.endswith("registry: there is no Python file in it\n")
    assert result.exit_code == 2
