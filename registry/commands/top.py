"""``registry top``: what a running server is busy with."""

import json
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import click
from attrs import asdict, frozen
from rich.console import Group
from rich.live import Live
from rich.table import Table

from registry.commands.failures import explained
from registry.commands.figures import Busy, Figures, busy_with, fetch_figures
from registry.commands.output import console, json_option

_HOLDINGS = {
    "registry_nodes": "nodes",
    "registry_nodes_stale": "offline",
    "registry_networks": "networks",
    "registry_trust_links": "trust links",
}


@frozen
class Look:
    """How busy a server was between two looks.

    Attributes:
        holds: What it holds, as far as it tells.
        figures: A second, or at this moment, by name.
        types: By message type.
    """

    holds: dict[str, float]
    figures: dict[str, float]
    types: list[Busy]


@click.command("top")
@click.option(
    "--http",
    default="127.0.0.1:9090",
    envvar="REGISTRY_HTTP",
    show_default=True,
    show_envvar=True,
    metavar="HOST:PORT|URL",
    help="Where the server serves HTTP.",
)
@click.option(
    "--admin-token-file",
    type=click.Path(path_type=Path),
    envvar="REGISTRY_ADMIN_TOKEN_FILE",
    show_envvar=True,
    metavar="FILE",
    help="File with its admin token: without it, what it holds is not shown.",
)
@click.option(
    "--interval",
    type=click.FloatRange(min=0.1),
    default=2.0,
    show_default=True,
    metavar="SECONDS",
    help="Between two looks.",
)
@click.option(
    "--count", type=click.IntRange(min=1), metavar="LOOKS", help="End after so many looks."
)
@json_option
def top(
    http: str, admin_token_file: Path | None, interval: float, count: int | None, *, as_json: bool
) -> None:
    """Show what a running server is busy with, live, until Ctrl-C.

    It looks at /metrics. With --json, each look is a line.
    """
    looks = _looks(http, admin_token_file, interval, count)
    with explained(), suppress(KeyboardInterrupt):
        if as_json:
            for look in looks:
                click.echo(json.dumps(_as_json(look)))
        elif sys.stdout.isatty():
            with Live(console=console(), screen=count is None, auto_refresh=False) as live:
                for look in looks:
                    live.update(_drawn(look), refresh=True)
        else:
            for look in looks:
                console().print(_drawn(look))


def _looks(
    http: str, admin_token_file: Path | None, interval: float, count: int | None
) -> Iterator[Look]:
    before, then = fetch_figures(http, admin_token_file), time.monotonic()
    while count is None or count > 0:
        time.sleep(interval)
        now, at = fetch_figures(http, admin_token_file), time.monotonic()
        yield compare(before, now, at - then)
        before, then = now, at
        count = None if count is None else count - 1


def compare(before: Figures, now: Figures, seconds: float) -> Look:
    """What happened between two looks."""

    def rate(name: str) -> float:
        return (now.of(name) - before.of(name)) / seconds

    commits = rate("registry_commit_seconds_count")
    in_commits = rate("registry_commit_seconds_sum")
    operations = rate("registry_commit_operations_sum")
    return Look(
        holds={says: now.of(name) for name, says in _HOLDINGS.items() if now.has(name)},
        figures={
            "requests/s": rate("registry_requests_total"),
            "errors/s": rate("registry_request_errors_total"),
            "commits/s": commits,
            "operations/commit": operations / commits if commits else 0.0,
            "ms/commit": in_commits / commits * 1000 if commits else 0.0,
            "events/s": rate("registry_events_published_total"),
            "events dropped/s": rate("registry_events_dropped_total"),
            "connections": now.of("registry_connections"),
            "turned away/s": rate("registry_connections_turned_away_total"),
        },
        types=busy_with(before, now, seconds),
    )


def _as_json(look: Look) -> dict[str, Any]:
    types = [asdict(busy) for busy in look.types]
    return {"holds": look.holds, "figures": look.figures, "types": types}


def _drawn(look: Look) -> Group:
    facts = Table.grid(padding=(0, 2))
    for name, value in {**look.holds, **look.figures}.items():
        whole = name in look.holds or name == "connections"
        facts.add_row(name, f"{value:,.0f}" if whole else f"{value:,.1f}")
    types = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    types.add_column("message type")
    for heading in ("requests/s", "errors/s", "ms"):
        types.add_column(heading, justify="right")
    for busy in look.types:
        types.add_row(
            busy.type,
            f"{busy.requests:,.1f}",
            f"{busy.errors:,.1f}" if busy.errors else "",
            f"{busy.milliseconds:,.3f}",
        )
    return Group(facts, "", types)
