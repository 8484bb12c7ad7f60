"""The store that is written is one that runs."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.harness.process import ROOT
from tools.new_store.__main__ import main

_TREE = ("registry", "tools", "tests", "architecture-notes", "pyproject.toml")


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of this tree with a new store in it."""
    root = tmp_path_factory.mktemp("tree")
    for name in _TREE:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, root / name)
    run(root, "tools.new_store", "sea_charts")
    return root


def run(root: Path, module: str, *arguments: str) -> str:
    """Run a module in a tree; what it says."""
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
class TestAsWritten:
    def test_passes_the_layering_checker(self, tree: Path) -> None:
        assert run(tree, "tools.layering").endswith(": 0 violations\n")

    def test_passes_the_type_checker(self, tree: Path) -> None:
        assert "Success" in run(tree, "mypy", "registry", "tests/sea_charts")

    def test_passes_the_linter(self, tree: Path) -> None:
        run(tree, "ruff", "check", ".")
        run(tree, "ruff", "format", "--check", ".")

    def test_passes_its_own_tests(self, tree: Path) -> None:
        assert " passed" in run(tree, "pytest", "-q", "tests/sea_charts")

    def test_is_in_the_generated_notes(self, tree: Path) -> None:
        run(tree, "tools.notes", "--check")
        notes = tree / "architecture-notes"
        assert "| `set_sea_charts` | sea_charts |" in (notes / "authorisation.md").read_text()
        assert "sea_charts: reaction `sea_charts.forget`" in (notes / "events.md").read_text()
        assert (notes / "stores" / "sea_charts.md").exists()

    def test_changes_one_file_beside_its_own(self, tree: Path) -> None:
        changed = [
            path.relative_to(tree)
            for path in (tree / "registry").rglob("*.py")
            if "sea_charts" not in path.parts
            and path.read_text() != (ROOT / path.relative_to(tree)).read_text()
        ]
        assert changed == [Path("registry/added_stores.py")]
        before, after = (
            root.joinpath(changed[0]).read_text().splitlines() for root in (ROOT, tree)
        )
        added = '    lambda: importlib.import_module("registry.sea_charts").STORE,'
        assert [line for line in after if line not in before] == [added]
        assert len(after) == len(before) + 1


class TestRefusal:
    @pytest.mark.parametrize("name", ["Leases", "a-b", "1a", "", "a" * 33, "a__b"])
    def test_of_what_is_no_name(self, tmp_path: Path, name: str) -> None:
        result = CliRunner().invoke(main, [name, "--root", str(tmp_path)])
        assert result.exit_code == 2
        assert "NAME" in result.stderr
        assert list(tmp_path.iterdir()) == []

    def test_of_a_store_that_is_there(self) -> None:
        result = CliRunner().invoke(main, ["polo", "--root", str(ROOT)])
        assert result.exit_code == 2
        assert "is there already" in result.stderr
