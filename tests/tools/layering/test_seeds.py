"""Seeded violations: each is reported, and its clean twin is not."""

from pathlib import Path

import pytest

from tests.tools.layering.projects import (
    MODULES,
    STORES,
    run_checker,
    violations_in,
    write_project,
)
from tests.tools.layering.seed import DISPATCH, POLO, Seed
from tests.tools.layering.seeds import SEEDS
from tools.layering.rules import RULES

EVERY_SEED = pytest.mark.parametrize("seed", SEEDS, ids=lambda seed: seed.says)


@EVERY_SEED
def test_a_seeded_violation_is_reported_once_where_it_is(tmp_path: Path, seed: Seed) -> None:
    write_project(tmp_path, {**seed.also, seed.path: seed.bad})
    [violation] = violations_in(tmp_path)
    assert violation["breach"].startswith(seed.breach)
    assert (violation["path"], violation["line"]) == (seed.path, seed.line)
    assert violation["rule"] == seed.rule
    assert violation["remedy"]
    assert tuple(step["name"] for step in violation["chain"]) == seed.chain


@EVERY_SEED
def test_its_clean_twin_passes(tmp_path: Path, seed: Seed) -> None:
    write_project(tmp_path, {**seed.also, seed.path: seed.good})
    result = run_checker("--root", tmp_path)
    assert result.output.endswith(" modules: 0 violations\n")
    assert result.output.startswith("checked ")
    assert result.exit_code == 0


def test_the_clean_project_is_clean(tmp_path: Path) -> None:
    write_project(tmp_path)
    result = run_checker("--root", tmp_path)
    assert result.output == f"checked {MODULES} modules: 0 violations\n"


def test_every_rule_about_the_code_has_seeds() -> None:
    about_files = {"stale-exception", "stale-notes"}
    assert {seed.rule for seed in SEEDS} == RULES.keys() - about_files


@pytest.mark.parametrize("importer", STORES)
def test_no_store_may_import_any_other(tmp_path: Path, importer: str) -> None:
    others = [store for store in STORES if store != importer]
    imports = "".join(f"import registry.{other}\n" for other in others)
    write_project(tmp_path, {f"registry/{importer}/more.py": imports})
    told = [(each["rule"], each["target"]) for each in violations_in(tmp_path)]
    assert told == [("independence", f"registry.{other}") for other in others]


def test_violations_are_told_in_order_of_file_and_line(tmp_path: Path) -> None:
    text = "import requests\nimport registry.trust\nimport registry.wire\n"
    write_project(tmp_path, {POLO: text, "registry/identity/store.py": text})
    places = [(each["path"], each["line"]) for each in violations_in(tmp_path)]
    assert places == [
        *(("registry/identity/store.py", line) for line in (1, 2, 3)),
        *((POLO, line) for line in (1, 2, 3)),
    ]


def test_an_unresolvable_import_where_everything_is_allowed_is_nobodys_concern(
    tmp_path: Path,
) -> None:
    write_project(tmp_path, {"registry/cli.py": "def load(name): return __import__(name)"})
    assert run_checker("--root", tmp_path).exit_code == 0


def test_an_unresolvable_import_above_the_stores_may_still_point_up(tmp_path: Path) -> None:
    write_project(tmp_path, {DISPATCH: "def load(name): return __import__(name)"})
    [violation] = violations_in(tmp_path)
    assert violation["rule"] == "unresolvable"


def test_a_fallback_for_an_importing_function_is_no_import(tmp_path: Path) -> None:
    text = """\
        try:
            from importlib import import_module
        except ImportError:
            import_module = None
        """
    write_project(tmp_path, {POLO: text})
    assert run_checker("--root", tmp_path).exit_code == 0
