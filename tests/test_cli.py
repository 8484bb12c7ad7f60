"""The ``registry`` command: what it says of itself and refuses, and how it serves."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest
from click.testing import CliRunner

from registry.cli import main
from registry.commands import COMMANDS
from registry.settings import Settings
from tests.harness.client import Client
from tests.harness.process import ROOT
from tests.harness.waiting import PATIENCE

WRONG = [
    ("listen", "nowhere", "'nowhere' is not HOST:PORT"),
    ("listen", "127.0.0.1:65536", "'127.0.0.1:65536' has no port between 0 and 65535"),
    ("max_connections", "0", "0 is not at least 1"),
    ("max_connections", "many", "'many' is not a whole number"),
    ("max_frame_bytes", "1023", "1023 is not at least 1024"),
    ("idle_seconds", "soon", "'soon' is not a number"),
    ("idle_seconds", "nan", "nan is not at least 1"),
    ("log_level", "loud", "'loud' is not one of"),
]
"""The name of a setting, a value it cannot have, and what is said about it."""

WRONG_TEXT = [*WRONG, ("open_beacons", "perhaps", "'perhaps' is not a valid boolean")]
"""The same for where a switch, too, takes a value."""


def option(name: str) -> str:
    return "--" + name.replace("_", "-")


def variable(name: str) -> str:
    return "REGISTRY_" + name.upper()


def refusal(arguments: Sequence[str | Path], env: Mapping[str, str] | None = None) -> str:
    """What ``registry serve`` says when it refuses to start, on one line."""
    result = CliRunner().invoke(main, ["serve", *map(str, arguments)], env=env)
    assert result.exit_code == 2
    assert result.stdout == ""
    return " ".join(result.stderr.split())


def toml(folder: Path, text: str) -> Path:
    file = folder / "registry.toml"
    file.write_text(text)
    return file


class Server:
    """A started ``registry serve``; standard output is read line by line."""

    def __init__(self, *arguments: str | Path, env: Mapping[str, str] | None = None) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "registry", "serve", *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=ROOT,
            env={**os.environ, **(env or {})},
            text=True,
        )
        self.first_line = self._read_line()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.process.kill()
        self.process.communicate()

    def _read_line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline()

    @property
    def endpoint(self) -> tuple[str, int]:
        match = re.fullmatch(r"listening on (\S+):(\d+)\n", self.first_line)
        assert match, self.end().stderr
        return match[1], int(match[2])

    def end(self, number: signal.Signals | None = None) -> subprocess.CompletedProcess[str]:
        """Wait until it has ended, after it was told so by a signal."""
        if number is not None:
            self.process.send_signal(number)
        stdout, stderr = self.process.communicate(timeout=PATIENCE)
        return subprocess.CompletedProcess([], self.process.returncode, stdout, stderr)


def serving(data: Path, *arguments: str | Path, env: Mapping[str, str] | None = None) -> Server:
    """A server on a free port."""
    listen = {"REGISTRY_LISTEN": "127.0.0.1:0", "REGISTRY_HTTP": "off"}
    return Server("--data", data, *arguments, env={**listen, **(env or {})})


def failure(data: Path, *arguments: str | Path) -> str:
    """What a server that could not start said."""
    with serving(data, *arguments) as server:
        ended = server.end()
    assert (ended.returncode, server.first_line) == (1, "")
    assert "Traceback" not in ended.stderr
    return ended.stderr


def reaches(endpoint: tuple[str, int]) -> bool:
    """Whether a registry answers there."""
    with Client.to(endpoint) as client:
        return "networks" in client.ask("list_networks")


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith("REGISTRY_"):
            monkeypatch.delenv(name)


class TestHelp:
    def test_explains_every_setting(self) -> None:
        help_ = " ".join(CliRunner().invoke(main, ["serve", "--help"]).stdout.split())
        for setting in Settings.describe():
            assert f"{option(setting.name)} " in help_
            assert f"env var: {variable(setting.name)}" in help_
            assert setting.metadata["says"] in help_
            if (least := setting.metadata["least"]) is not None:
                assert f"{setting.metadata['says']} At least {least}." in help_

    def test_says_the_defaults(self) -> None:
        help_ = CliRunner().invoke(main, ["serve", "--help"]).stdout
        for default in ("0.0.0.0:9000", "registry-data", "10000", "info"):
            assert f"default: {default}" in " ".join(help_.split())

    def test_shows_the_commands(self) -> None:
        said = CliRunner().invoke(main, ["-h"]).stdout
        for name, entry in COMMANDS.items():
            assert re.search(rf"^  {name} +{re.escape(entry.says[:30])}", said, re.MULTILINE)

    def test_says_of_every_command_what_the_command_says_of_itself(self) -> None:
        for name, entry in COMMANDS.items():
            command = entry.load()
            assert command.name == name
            assert command.get_short_help_str(200) == entry.says

    def test_comes_without_loading_what_commands_need(self) -> None:
        look = "import sys; from registry.cli import main; main(['--help'], standalone_mode=False)"
        look += "; print([name for name in ('sqlalchemy', 'rich', 'nacl') if name in sys.modules])"
        ended = subprocess.run(
            [sys.executable, "-c", look], cwd=ROOT, capture_output=True, text=True, check=True
        )
        assert ended.stdout.splitlines()[-1] == "[]"

    def test_names_a_command_that_is_unknown(self) -> None:
        result = CliRunner().invoke(main, ["sreve"])
        assert result.exit_code == 2
        assert "No such command 'sreve'" in result.stderr


class TestRefusal:
    @pytest.mark.parametrize(("name", "value", "complaint"), WRONG)
    def test_names_the_option(self, name: str, value: str, complaint: str) -> None:
        said = refusal([option(name), value])
        assert f"Invalid value for '{option(name)}'" in said
        assert complaint in said

    @pytest.mark.parametrize(("name", "value", "complaint"), WRONG_TEXT)
    def test_names_the_environment_variable(self, name: str, value: str, complaint: str) -> None:
        said = refusal([], {variable(name): value})
        assert f"(env var: '{variable(name)}')" in said
        assert complaint in said

    @pytest.mark.parametrize(("name", "value", "complaint"), WRONG_TEXT)
    def test_names_the_key_and_the_file(
        self, tmp_path: Path, name: str, value: str, complaint: str
    ) -> None:
        file = toml(tmp_path, f'{name} = "{value}"')
        said = refusal(["--config", file])
        assert f"{file}: {name}: {complaint}" in said

    @pytest.mark.parametrize(
        ("line", "complaint"),
        [
            ("max_connections = 1.5", "max_connections: '1.5' is not a whole number"),
            ("max_connections = true", "max_connections: 'True' is not a whole number"),
            ("listen = 9000", "listen: '9000' is not HOST:PORT"),
            ("log_level = ['info']", "log_level must be one value"),
            ("data.folder = 'x'", "data must be one value"),
            ("max-connections = 5", "has an unknown setting: max-connections"),
            ("port = 9000\nhost = 'x'", "has an unknown setting: host, port"),
            ("listen", "cannot read"),
        ],
    )
    def test_says_what_is_wrong_in_a_file(self, tmp_path: Path, line: str, complaint: str) -> None:
        file = toml(tmp_path, line)
        said = refusal(["--config", file])
        assert str(file) in said
        assert complaint in said

    def test_holds_for_a_key_that_something_else_wins_over(self, tmp_path: Path) -> None:
        file = toml(tmp_path, "max_connections = 0")
        said = refusal(["--config", file, "--max-connections", "5"])
        assert "max_connections: 0 is not at least 1" in said

    def test_names_a_file_that_is_not_there(self, tmp_path: Path) -> None:
        for said in (
            refusal(["--config", tmp_path / "none.toml"]),
            refusal([], {"REGISTRY_CONFIG": str(tmp_path / "none.toml")}),
        ):
            assert "'--config' (env var: 'REGISTRY_CONFIG')" in said
            assert f"cannot read {tmp_path / 'none.toml'}" in said

    def test_names_an_option_that_is_unknown(self) -> None:
        assert "--port" in refusal(["--port", "9000"])


class TestPrecedence:
    @pytest.mark.parametrize(
        ("sources", "winner"),
        [
            ({"option", "variable", "file"}, "option"),
            ({"option", "file"}, "option"),
            ({"variable", "file"}, "variable"),
            ({"file"}, "file"),
        ],
    )
    def test_is_option_then_variable_then_file(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sources: set[str], winner: str
    ) -> None:
        settings = taken(monkeypatch)
        arguments = ["--config", str(toml(tmp_path, "max_connections = 3"))]
        if "option" in sources:
            arguments += ["--max-connections", "1"]
        env = {"REGISTRY_MAX_CONNECTIONS": "2"} if "variable" in sources else {}
        result = CliRunner().invoke(main, ["serve", *arguments], env=env)
        assert result.exit_code == 0, result.stderr
        assert settings[0].max_connections == {"option": 1, "variable": 2, "file": 3}[winner]

    def test_lets_an_option_switch_off_what_a_file_switches_on(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings = taken(monkeypatch)
        file = toml(tmp_path, "open_beacons = true")
        for arguments in ([], ["--no-open-beacons"]):
            CliRunner().invoke(main, ["serve", "--config", str(file), *arguments])
        assert [given.open_beacons for given in settings] == [True, False]

    def test_leaves_the_defaults_where_nothing_is_said(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings = taken(monkeypatch)
        CliRunner().invoke(main, ["serve"])
        assert settings == [Settings()]

    def test_takes_every_setting_from_every_source(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings = taken(monkeypatch)
        wanted = {
            setting.name: text(setting.default, setting.metadata["choices"])
            for setting in Settings.describe()
        }
        switches = {each.name for each in Settings.describe() if each.type is bool}
        options = [option(name if wanted[name] == "True" else f"no_{name}") for name in switches]
        options += [f"{option(name)}={wanted[name]}" for name in wanted.keys() - switches]
        env = {variable(name): value for name, value in wanted.items()}
        file = toml(tmp_path, "".join(f'{name} = "{value}"\n' for name, value in wanted.items()))
        for arguments, variables in ((options, {}), ([], env), (["--config", str(file)], {})):
            result = CliRunner().invoke(main, ["serve", *arguments], env=variables)
            assert result.exit_code == 0, result.stderr
        first, *others = settings
        assert others == [first, first]
        for setting in Settings.describe():
            assert getattr(first, setting.name) != setting.default


def taken(monkeypatch: pytest.MonkeyPatch) -> list[Settings]:
    """The settings that servers would have been run with, were it not for this."""
    settings: list[Settings] = []
    monkeypatch.setattr("registry.commands.serve.run", lambda given, **_: settings.append(given))
    monkeypatch.setattr("registry.commands.serve.set_up_logs", lambda *_: None)
    return settings


def text(default: Any, choices: tuple[str, ...]) -> str:
    """A value, as one would write it, that is not the default."""
    if choices:
        return next(choice for choice in choices if choice != default)
    if isinstance(default, bool):
        return str(not default)
    if isinstance(default, int | float):
        return str(default * 2)
    return "elsewhere:1"


class TestServe:
    def test_says_first_where_it_listens(self, tmp_path: Path) -> None:
        with serving(tmp_path, "--listen", "127.0.0.1:0") as server:
            host, port = server.endpoint
            assert host == "127.0.0.1"
            assert port > 0
            assert reaches(server.endpoint)

    def test_is_set_by_a_file_as_well(self, tmp_path: Path) -> None:
        file = toml(tmp_path, f'data = "{tmp_path / "data"}"\nlisten = "127.0.0.1:0"')
        with Server(env={"REGISTRY_CONFIG": str(file)}) as server:
            assert reaches(server.endpoint)
            assert server.end(signal.SIGTERM).returncode == 0
        assert (tmp_path / "data" / "registry.db").exists()

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
    def test_ends_cleanly_by_a_signal(self, tmp_path: Path, number: signal.Signals) -> None:
        with serving(tmp_path, "--log-format", "json") as server:
            client = Client.to(server.endpoint)
            client.ask("list_networks")
            ended = server.end(number)  # with a client that stays
            client.close()
        assert (ended.returncode, ended.stdout) == (0, "")
        assert '"event": "server.stopped"' in ended.stderr.splitlines()[-1]

    def test_leaves_a_folder_that_can_be_served_again(self, tmp_path: Path) -> None:
        for _ in range(2):
            with serving(tmp_path) as server:
                assert reaches(server.endpoint)
                assert server.end(signal.SIGTERM).returncode == 0

    def test_is_refused_in_a_folder_that_is_served_already(self, tmp_path: Path) -> None:
        with serving(tmp_path) as server:
            said = failure(tmp_path)
            assert f"data folder {tmp_path} is in use by another registry" in said
            assert reaches(server.endpoint)

    def test_names_a_port_that_is_in_use(self, tmp_path: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken_already:
            address = f"127.0.0.1:{taken_already.getsockname()[1]}"
            said = failure(tmp_path, "--listen", address)
        assert f"listen: cannot listen on {address}: " in said
        assert "address already in use" in said

    def test_names_a_folder_that_cannot_be_used(self, tmp_path: Path) -> None:
        file = tmp_path / "file"
        file.touch()
        assert f"data: cannot use the folder {file}: File exists" in failure(file)

    def test_names_a_database_that_is_none(self, tmp_path: Path) -> None:
        (tmp_path / "registry.db").write_text("This is a text, and not a short one." * 9)
        said = failure(tmp_path)
        assert f"data: cannot use the database in {tmp_path}: file is not a database" in said

    def test_points_out_a_misspelt_variable(self, tmp_path: Path) -> None:
        with serving(tmp_path, env={"REGISTRY_LISTN": "x"}) as server:
            assert reaches(server.endpoint)
            assert "REGISTRY_LISTN" in server.end(signal.SIGTERM).stderr


class TestAdminTokenFile:
    def test_is_named_when_it_is_not_there(self, tmp_path: Path) -> None:
        file = tmp_path / "token"
        assert f"admin-token-file: cannot read {file}" in start_with_token(file)

    @pytest.mark.parametrize("content", ["", " \n"])
    def test_is_named_when_it_is_empty(self, tmp_path: Path, content: str) -> None:
        file = tmp_path / "token"
        file.write_text(content)
        assert f"admin-token-file: {file} is empty" in start_with_token(file)

    def test_is_named_when_it_is_no_text(self, tmp_path: Path) -> None:
        file = tmp_path / "token"
        file.write_bytes(b"\xff\xfe\x00")
        assert f"admin-token-file: cannot read {file}" in start_with_token(file)

    @pytest.mark.parametrize("mode", [0o640, 0o604, 0o602])
    def test_is_warned_of_when_it_is_open_to_others(self, tmp_path: Path, mode: int) -> None:
        said = said_with_token(tmp_path, mode)
        assert "admin_token_file.open_to_others" in said
        assert str(tmp_path / "token") in said
        assert "secret" not in said

    def test_is_taken_without_a_word_when_it_is_not(self, tmp_path: Path) -> None:
        assert "token" not in said_with_token(tmp_path, 0o600).replace(str(tmp_path), "")


def said_with_token(folder: Path, mode: int) -> str:
    """What a server with a good token file said until it was stopped."""
    file = folder / "token"
    file.write_text("secret of the test\n")
    file.chmod(mode)
    with serving(folder / "data", "--admin-token-file", file) as server:
        assert reaches(server.endpoint)
        return server.end(signal.SIGTERM).stderr


def start_with_token(file: Path) -> str:
    """What a server with a token file that it cannot use said."""
    return failure(file.parent / "data", "--admin-token-file", file)
