"""The formats for people, programs, GitHub and code scanning services."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.tools.layering.projects import CONFIG, MODULES, run_checker, write_project
from tests.tools.layering.test_exceptions import EXCEPTION
from tools.layering.rules import RULES

CHANGES = {
    "registry/polo/store.py": "import registry.trust",
    "registry/polo/model.py": "import json\nfrom registry.composition import TrustStore",
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """One violation with a chain, and one that is tolerated."""
    write_project(tmp_path, CHANGES, CONFIG + EXCEPTION)
    return tmp_path


def test_text_tells_place_rule_chain_and_what_to_do_instead(project: Path) -> None:
    first, chain, instead, *_ = run_checker("--root", project).output.splitlines()
    assert first == (
        f"{project}/registry/polo/model.py:2: layers: "
        "registry.composition is imported by registry.polo.model"
    )
    assert chain.startswith(
        f"    chain: registry.polo.model ({project}/registry/polo/model.py:2) -> "
        f"registry.composition.TrustStore ({project}/registry/composition.py:4) -> "
    )
    assert instead.startswith("    instead: R8 is above R5: a store ")


def test_json_is_one_object(project: Path) -> None:
    result = run_checker("--root", project, "--format", "json")
    told = json.loads(result.output)
    [violation], [warning] = told["violations"], told["warnings"]
    assert told["modules"] == MODULES + 1
    assert violation["path"] == "registry/polo/model.py"
    assert violation["target"] == "registry.composition"
    assert violation["chain"][1]["line"] == 4
    assert warning["owner"] == "polo's team"
    assert result.exit_code == 1


def test_github_gets_one_command_a_line(project: Path) -> None:
    error, warning, summary = run_checker(
        "--root", project, "--format", "github"
    ).output.splitlines()
    assert error.startswith(
        "::error file=registry/polo/model.py,line=2,title=layering%3A layers::"
        "registry.composition is imported by registry.polo.model%0Achain: registry.polo.model ("
    )
    assert "%0Ainstead: R8 is above R5: a store " in error
    assert warning.startswith("::warning file=registry/polo/store.py,line=1,")
    assert summary.startswith("checked ")


def test_sarif_names_every_rule_and_shows_the_chain(project: Path) -> None:
    log = json.loads(run_checker("--root", project, "--format", "sarif").output)
    assert log["version"] == "2.1.0"
    [run] = log["runs"]
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == list(RULES)
    error, warning = run["results"]
    assert error["ruleId"] == list(RULES)[error["ruleIndex"]] == "layers"
    assert error["level"] == "error"
    assert _place(error["locations"][0]) == ("registry/polo/model.py", 2)
    [thread] = error["codeFlows"][0]["threadFlows"]
    assert [_place(each["location"]) for each in thread["locations"]][1] == (
        "registry/composition.py",
        4,
    )
    assert warning["level"] == "warning"
    assert warning["suppressions"][0]["justification"].startswith("polo's team: ")


def _place(location: dict[str, Any]) -> tuple[str, int]:
    physical = location["physicalLocation"]
    return physical["artifactLocation"]["uri"], physical["region"]["startLine"]
