"""The alerting rules are about figures that there are."""

import re

import httpx
import pytest
from click.testing import CliRunner

from registry.cli import main
from registry.commands import COMMANDS
from tests.harness import RegistryServer
from tests.harness.process import ROOT

RULES = (ROOT / "tools/deploy/alerts.yaml").read_text()
GUIDE = (ROOT / "architecture-notes/15-OPERATING.md").read_text()

OF_SEVERAL = {"registry_propagation_seconds_bucket", "registry_stale"}
"""Only a server on PostgreSQL has these; `tests/cluster` looks at them there."""


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What a server that has just started shows."""
    data = tmp_path_factory.mktemp("registry") / "data"
    with RegistryServer(data, options=["--http", "127.0.0.1:0"]) as server:
        return httpx.get(f"{server.http}/metrics").text


def named_in(text: str) -> set[str]:
    return set(re.findall(r"\bregistry_[a-z_]+", text))


def test_every_figure_of_a_rule_is_shown(figures: str) -> None:
    names = set(re.findall(r"^(?:# TYPE )?(\w+)", figures, re.MULTILINE))
    families = {name.removesuffix("_total") for name in names}
    wanted = {name.removesuffix("_total") for name in named_in(RULES) - OF_SEVERAL}
    assert wanted
    assert wanted <= families


def test_every_alert_is_explained_in_the_guide() -> None:
    alerts = re.findall(r"alert: (\w+)", RULES)
    assert alerts
    missing = [alert for alert in alerts if f"`{alert}`" not in GUIDE]
    assert missing == []


def test_every_option_in_the_guide_is_one() -> None:
    commands = [[name] for name in COMMANDS] + [["audit", "verify"], ["audit", "export"]]
    shown = "".join(CliRunner().invoke(main, [*words, "--help"]).output for words in commands)
    known = set(re.findall(r"--[a-z][a-z-]+", shown))
    used = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", GUIDE))
    assert used
    assert used - known == set()
