"""Rules that cannot be read: the exit code is 2, and the message names the key."""

from pathlib import Path

import pytest

from tests.tools.layering.projects import CONFIG, run_checker, write_project
from tools.layering.config import read_config
from tools.layering.rooms import Rooms

HEAD = '[tool.layering]\npackage = "registry"\n'
STORES = '{ name = "R5", stores = true }'


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ("", "tool.layering: the section is missing"),
        ("tool = 1", "cannot be read"),
        ("[tool.layering", "cannot be read"),
        ("[tool]\nlayering = 1", "tool.layering: Expected `object`, got `int`"),
        ("[tool.layering]\nlayers = []", "tool.layering: Object missing required field `package`"),
        (HEAD, "tool.layering: Object missing required field `layers`"),
        (HEAD + "layers = 5", "tool.layering.layers: Expected `array`, got `int`"),
        (HEAD + "layers = []", "tool.layering.layers: exactly one layer must have stores = true"),
        (HEAD + f"layers = [{STORES}, {STORES}]", "tool.layering.layers: exactly one layer must"),
        (HEAD + "layers = [{ stores = true }]", "tool.layering.layers[0]: Object missing required"),
        (
            HEAD + f'layers = [{STORES}, {{ name = "R6", rooms = "dispatch" }}]',
            "tool.layering.layers[1].rooms: Expected `array`, got `str`",
        ),
        (
            HEAD + f'layers = [{STORES}, {{ name = "R6", rooms = [6] }}]',
            "tool.layering.layers[1].rooms[0]: Expected `str`, got `int`",
        ),
        (
            HEAD + f'layers = [{STORES}, {{ name = "R6", room = ["dispatch"] }}]',
            "tool.layering.layers[1].room: there is no such key; there are name, rooms, ",
        ),
        (HEAD + f"layers = [{STORES}]\nlayer = 1", "tool.layering.layer: there is no such key"),
        (
            HEAD + f'layers = [{STORES}, {{ name = "R6", rooms = ["a"], may_import = ["b"] }}]',
            "tool.layering.layers[1].may_import: 'b' is a room of no layer below R6",
        ),
        (
            HEAD
            + f'layers = [{STORES}, {{ name = "R6", rooms = ["a"] }}, '
            + '{ name = "R7", rooms = ["a"] }]',
            "tool.layering.layers[1].rooms: 'a' is on more than one layer",
        ),
        (
            HEAD + f'layers = [{STORES}]\nrules = ["layer"]',
            "tool.layering.rules: there is no rule 'layer'; there are independence, layers, ",
        ),
        (
            HEAD + f"layers = [{STORES}]\n[[tool.layering.exceptions]]\nrule = 'layers'",
            "tool.layering.exceptions[0]: Object missing required field `module`",
        ),
        (
            HEAD
            + f"layers = [{STORES}]\n[[tool.layering.exceptions]]\n"
            + "rule = 'layers'\nmodule = 'registry.polo'\nowner = 'us'\nreason = ' '",
            "tool.layering.exceptions[0].reason: an exception needs reason to say something",
        ),
        (
            HEAD
            + f"layers = [{STORES}]\n[[tool.layering.exceptions]]\n"
            + "rule = 'layer'\nmodule = 'registry.polo'\nowner = 'us'\nreason = 'soon'",
            "tool.layering.exceptions[0].rule: there is no rule 'layer'",
        ),
        (
            f'[tool.layering]\npackage = "a.b"\nlayers = [{STORES}]',
            "tool.layering.package: 'a.b' is not the name of a top-level package",
        ),
    ],
)
def test_wrong_rules_are_refused_by_key(tmp_path: Path, config: str, message: str) -> None:
    write_project(tmp_path, config=config)
    result = run_checker("--root", tmp_path)
    assert result.stderr.startswith(f"{tmp_path / 'pyproject.toml'}: {message}")
    assert result.stdout == ""
    assert result.exit_code == 2


def test_a_config_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    result = run_checker("--root", tmp_path, "--config", tmp_path / "rules.toml")
    assert result.stderr.startswith(f"{tmp_path / 'rules.toml'}: cannot be read: ")
    assert result.exit_code == 2


def test_the_rules_may_stand_in_another_file(tmp_path: Path) -> None:
    write_project(tmp_path, config="")
    rules = tmp_path / "rules.toml"
    rules.write_text(CONFIG)
    assert run_checker("--root", tmp_path, "--config", rules).exit_code == 0


def test_a_room_that_no_layer_names_is_on_the_layer_of_the_stores(tmp_path: Path) -> None:
    write_project(tmp_path)
    config = read_config(tmp_path / "pyproject.toml")
    assert config.layer_of("quota") == config.layer_of("trust")
    assert config.layer_of("dispatch").name == "R6"
    rooms = Rooms(config)
    assert rooms.of("registry.polo.store") == "polo"
    assert rooms.of("registry") == ""
    assert rooms.of("registry_of_deeds.polo") is None
