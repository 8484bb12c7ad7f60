"""``registry status``: whether a registry answers, and what it holds."""

import time
from typing import Any

import click

from registry.commands.failures import explained
from registry.commands.output import json_option, print_facts, print_json
from registry.commands.remote import Answer, Refused, Remote, Target, target_options


@click.command("status")
@target_options
@json_option
def status(target: Target, *, as_json: bool) -> None:
    """Ask a running registry how it is; exit code 1 if it does not answer.

    Without the admin token, only what anyone may know is shown.
    """
    with explained(), target.connect() as it:
        facts = {"server": str(target.server), **_look(it)}
    if as_json:
        print_json(facts)
    else:
        print_facts((name.replace("_", " "), _shown(fact)) for name, fact in facts.items())


def _look(remote: Remote) -> dict[str, Any]:
    started = time.perf_counter()
    networks = remote.ask("list_networks")["networks"]
    milliseconds = (time.perf_counter() - started) * 1000
    facts: dict[str, Any] = {"answers_in_ms": round(milliseconds, 1)}
    backbone: Answer = next((each for each in networks if each["id"] == 0), {})
    if "members" in backbone:
        facts["nodes"] = backbone["members"]
    facts["networks"] = len([each for each in networks if each["id"]])
    facts["beacons"] = len(remote.ask("beacon_list").get("beacons") or ())
    if remote.is_admin:
        facts["breakers_open"] = _open_breakers(remote)
    return facts


def _open_breakers(remote: Remote) -> list[str]:
    """Groups of message types that are switched off; none where a registry has no such thing."""
    try:
        breakers = remote.ask("get_breakers")["breakers"]
    except Refused:
        return []
    return [each["name"] for each in breakers if each["state"] == "open"]


def _shown(fact: Any) -> str:
    if isinstance(fact, list):
        return ", ".join(fact) or "none"
    return f"{fact:,}" if isinstance(fact, int | float) else str(fact)
