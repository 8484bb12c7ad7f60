"""What is tolerated is a warning, and what tolerates nothing is an error."""

from pathlib import Path

from tests.tools.layering.projects import CONFIG, run_checker, violations_in, write_project

POLO = "registry/polo/store.py"
EXCEPTION = """
[[tool.layering.exceptions]]
rule = "independence"
module = "registry.polo.*"
target = "registry.trust"
owner = "polo's team"
reason = "until scores come by event, see issue 5"
"""


def test_a_tolerated_violation_is_a_warning_with_owner_and_reason(tmp_path: Path) -> None:
    write_project(tmp_path, {POLO: "import registry.trust"}, CONFIG + EXCEPTION)
    result = run_checker("--root", tmp_path)
    first, second, summary = result.output.splitlines()
    assert first.endswith(
        f"{POLO}:1: warning: independence: registry.trust is imported by registry.polo.store"
    )
    assert second == "    tolerated by polo's team: until scores come by event, see issue 5"
    assert summary.endswith(": 0 violations, 1 warnings")
    assert result.exit_code == 0


def test_only_what_is_meant_is_tolerated(tmp_path: Path) -> None:
    text = "import registry.trust\nimport registry.routing\nimport registry.wire"
    write_project(tmp_path, {POLO: text}, CONFIG + EXCEPTION)
    told = {each["line"]: "owner" in each for each in violations_in(tmp_path)}
    assert told == {1: True, 2: False, 3: False}


def test_what_is_tolerated_is_not_reported_again_by_who_reaches_over_it(tmp_path: Path) -> None:
    exception = """
    [[tool.layering.exceptions]]
    rule = "layers"
    module = "registry.events.bus"
    owner = "us"
    reason = "soon"
    """
    write_project(
        tmp_path,
        {"registry/events/bus.py": "import registry.trust\nclass Bus: ..."},
        CONFIG + exception,
    )
    assert run_checker("--root", tmp_path).exit_code == 0


def test_an_exception_that_matches_nothing_any_more_is_an_error(tmp_path: Path) -> None:
    write_project(tmp_path, config=CONFIG + EXCEPTION)
    [violation] = violations_in(tmp_path)
    assert violation["rule"] == "stale-exception"
    line = (CONFIG + EXCEPTION).splitlines().index("[[tool.layering.exceptions]]") + 1
    assert (violation["path"], violation["line"]) == ("pyproject.toml", line)
    assert "polo's team" in violation["breach"]
    assert run_checker("--root", tmp_path).exit_code == 1


def test_a_rule_that_is_not_wanted_is_not_applied(tmp_path: Path) -> None:
    config = CONFIG.replace('package = "registry"', 'package = "registry"\nrules = ["layers"]')
    write_project(tmp_path, {POLO: "import registry.trust\nimport registry.cli"}, config)
    assert [each["rule"] for each in violations_in(tmp_path)] == ["layers"]
