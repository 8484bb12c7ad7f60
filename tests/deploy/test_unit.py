"""The unit and the container file run what there is."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from registry.cli import main
from tests.harness import RegistryServer
from tests.harness.process import ROOT

DEPLOY = ROOT / "tools/deploy"
UNIT = (DEPLOY / "registry.service").read_text()
CONTAINER = (DEPLOY / "Containerfile").read_text()


def test_the_unit_starts_a_command_with_options_that_there_are(tmp_path: Path) -> None:
    [line] = re.findall(r"^ExecStart=(.*)$", UNIT, re.MULTILINE)
    program, *arguments = shlex.split(line)
    assert Path(program).name == "registry"
    config = tmp_path / "registry.toml"
    config.write_text("max_connections = 0\n")
    told = CliRunner().invoke(
        main, [word.replace("/etc/registry/registry.toml", str(config)) for word in arguments]
    )
    assert "max_connections: 0 is not at least 1" in told.output  # it was read, as far as that


def test_the_guide_shows_settings_that_there_are(tmp_path: Path) -> None:
    guide = (ROOT / "architecture-notes/15-OPERATING.md").read_text()
    shown = re.findall(r"^    (\w+ = .*)$", guide, re.MULTILINE)
    assert len(shown) >= 4
    config = tmp_path / "registry.toml"
    config.write_text("\n".join([*shown, "max_connections = 0"]))
    told = CliRunner().invoke(main, ["serve", "--config", str(config)])
    assert "max_connections: 0 is not at least 1" in told.output


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="there is no systemd-analyze here")
def test_the_unit_is_well_formed(tmp_path: Path) -> None:
    unit = tmp_path / "registry.service"
    unit.write_text(UNIT.replace("/opt/registry/bin/registry", sys.executable))
    command = ["systemd-analyze", "verify", "--man=no", str(unit)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    about_it = [line for line in ended.stderr.splitlines() if "registry.service" in line]
    assert about_it == []


def test_the_container_copies_what_there_is() -> None:
    copied = re.findall(r"^COPY (?!--from)(.*) \S+$", CONTAINER, re.MULTILINE)
    assert copied
    assert all((ROOT / name).exists() for line in copied for name in line.split())


def test_the_health_check_of_the_container_is_answered(tmp_path: Path) -> None:
    [code] = re.findall(r'HEALTHCHECK .* "-c", "(.*)"\]', CONTAINER)
    with RegistryServer(tmp_path / "data", options=["--http", "127.0.0.1:0"]) as server:
        here = code.replace("http://127.0.0.1:9090", server.http)
        assert subprocess.run([sys.executable, "-c", here], check=False).returncode == 0
        server.kill()
        assert subprocess.run([sys.executable, "-c", here], check=False).returncode != 0


def test_completion_is_offered() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", "from registry.cli import main; main(prog_name='registry')"],
        env={"_REGISTRY_COMPLETE": "bash_complete", "COMP_WORDS": "registry ba", "COMP_CWORD": "1"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "plain,backup" in ended.stdout
