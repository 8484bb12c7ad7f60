"""The table of commands in architecture-notes/13-PILOTCTL.md, as the tests read it."""

import re
from pathlib import Path

from attrs import frozen

from tests.harness.process import ROOT

NOTES = ROOT / "architecture-notes" / "13-PILOTCTL.md"

_HERE = Path(__file__).parent

_ROW = re.compile(r"^\| `([^`]+)` \| ([^|]*) \| ([^|]*) \|$", re.MULTILINE)


@frozen
class Command:
    """A row of the table.

    Attributes:
        name: What is typed after ``pilotctl``, without arguments.
        sends: The message types that the registry gets, each time.
        once: Those that it gets only if the daemon does not remember the answer.
        run_in: The test module that runs the command; empty if none does.
    """

    name: str
    sends: frozenset[str]
    once: frozenset[str]
    run_in: str


def read_table() -> dict[str, Command]:
    """The rows by the commands' names.

    Raises:
        ValueError: A command is listed twice.
    """
    commands = {}
    for name, sends, run_in in _ROW.findall(NOTES.read_text()):
        if name in commands:
            raise ValueError(f"{name!r} is listed twice in {NOTES.name}")
        commands[name] = _command(name, sends, run_in)
    return commands


def module_of(command: Command) -> Path:
    """The file in which a command is run."""
    return _HERE / command.run_in


def _command(name: str, sends: str, run_in: str) -> Command:
    always, _, rest = sends.partition("(")
    module = re.fullmatch(r"`(test_\w+\.py)`", run_in.strip())
    return Command(
        name,
        frozenset(re.findall(r"`(\w+)`", always)),
        frozenset(re.findall(r"`(\w+)`", rest)),
        module[1] if module else "",
    )
