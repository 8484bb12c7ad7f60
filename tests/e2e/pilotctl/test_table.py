"""The table of commands is about all of them, and about nothing else."""

import json
import re
from itertools import chain, product, takewhile
from pathlib import Path

import pytest

from tests.e2e.pilotctl.conftest import MakeDaemon
from tests.e2e.pilotctl.table import module_of, read_table
from tests.harness import Daemon
from tests.system.registry import registry_in

GROUPS = (
    *("audit-export", "daemon", "idp", "managed"),
    *("member-tags", "network", "policy", "recovery"),
)
"""Commands that name their sub-commands when they are given without one."""

TABLE = read_table()


def from_context(pilotctl: Daemon) -> set[str]:
    """The commands that ``pilotctl context`` describes for programs."""
    told = json.loads(pilotctl.say("context"))
    return {
        *told["commands"],
        *told["extras"]["commands"],
        *(f"appstore {name}" for name in told["app_store"]["subcommands"]),
        *(f"gateway {name}" for name in told["pilot_gateway"]["commands"]),
    }


def from_help(pilotctl: Daemon) -> set[str]:
    """The commands in the lines of ``pilotctl --help``, with every alternative of ``a|b``."""
    lines = re.findall(r"^  pilotctl (\S+(?: \S+)*)", pilotctl.say("--help"), re.MULTILINE)
    words = (takewhile(re.compile(r"[a-z][a-z|-]*").fullmatch, line.split(" ")) for line in lines)
    choices = chain.from_iterable(product(*(word.split("|") for word in line)) for line in words)
    return {" ".join(choice) for choice in choices if choice}


def from_group(pilotctl: Daemon, group: str) -> set[str]:
    """The sub-commands that a command asks for when it is given none."""
    told = pilotctl.say(group)
    found = re.search(r"available: (?:pilotctl \S+ )?(.+)", told) or re.search("<([^>]+)>", told)
    assert found is not None, told
    return {f"{group} {name}" for name in re.findall(r"[a-z-]+", found[1])}


def is_listed(command: str) -> bool:
    """Whether the table has a command, a part of it, or what it is a part of."""
    names = (command, f"extras {command}")
    return any(
        row == name or row.startswith(f"{name} ") or name.startswith(f"{row} ")
        for row in TABLE
        for name in names
    )


def is_known(row: str, known: set[str]) -> bool:
    """Whether ``pilotctl`` names a row's command, or what it is a part of."""
    name = row.removeprefix("extras ")
    return any(name == one or name.startswith(f"{one} ") or one.startswith(name) for one in known)


@pytest.mark.daemon
def test_every_command_that_pilotctl_names_is_listed_and_no_other(
    make_daemon: MakeDaemon,
) -> None:
    pilotctl = make_daemon()
    groups = set().union(*(from_group(pilotctl, group) for group in GROUPS))
    known = from_context(pilotctl) | from_help(pilotctl) | groups
    assert len(known) > 100
    assert [command for command in sorted(known) if not is_listed(command)] == []
    assert [row for row in TABLE if not is_known(row, known)] == []


def test_commands_are_run_where_the_table_says() -> None:
    run = [command for command in TABLE.values() if command.run_in]
    assert len(run) > 60
    missing = [one.name for one in run if f'"{one.name}"' not in module_of(one).read_text()]
    assert missing == []


def test_no_command_that_sends_something_is_left_out_but_for_one() -> None:
    """That one asks a public host first."""
    left_out = [one.name for one in TABLE.values() if one.sends and not one.run_in]
    assert left_out == ["verify --provider"]


def test_only_message_types_that_there_are_are_listed(tmp_path: Path) -> None:
    with registry_in(tmp_path) as registry:
        known = {operation.type for operation in registry.application.operations}
    listed = {one for command in TABLE.values() for one in command.sends | command.once}
    assert listed - known == set()
