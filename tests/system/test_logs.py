"""What log lines say, and what they never do."""

import io
import json
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, suppress
from pathlib import Path

import pytest
import structlog
from sqlalchemy import MetaData, text

from registry.admin import own_secret
from registry.logs import set_up_logs
from tests.harness.client import Refused
from tests.system.questions import questions
from tests.system.registry import ADMIN_TOKEN, Registry
from tests.system.society import (
    EXPORT_TOKEN,
    EXTERNAL_ID,
    IDENTITY_WEBHOOK,
    JOIN_TOKEN,
    NETWORK_TOKEN,
    OWNER,
    PRIVATE,
    WEBHOOK,
    society_in,
)

SECRETS = (
    ADMIN_TOKEN,
    EXPORT_TOKEN,
    EXTERNAL_ID,
    IDENTITY_WEBHOOK,
    JOIN_TOKEN,
    NETWORK_TOKEN,
    OWNER,
    WEBHOOK,
)


STYLES = pytest.mark.parametrize("style", ["json", "console"])


@contextmanager
def logged(style: str) -> Iterator[io.StringIO]:
    """Log everything, as a server does; what is logged."""
    before = structlog.get_config()
    with redirect_stderr(io.StringIO()) as lines:
        set_up_logs("debug", style)
        try:
            yield lines
        finally:
            structlog.configure(**before)


def ask_everything(registry: Registry) -> None:
    """Ask whatever there is to ask, as a stranger, a node and an administrator."""
    for operation in registry.application.operations:
        for question in questions(operation, PRIVATE):
            for proof in ({}, {"admin_token": ADMIN_TOKEN}):
                registry.send(json.dumps({**question, **proof}).encode())
            fields = {name: value for name, value in question.items() if name != "type"}
            with suppress(Refused, StopIteration, ValueError):  # what nobody could sign
                registry.signed(PRIVATE, operation.type, **fields)


def take_tables_away(registry: Registry) -> None:
    """Have every statement of a store fail, with all that it was given."""
    with registry.application.database.engine.begin() as connection:
        tables = MetaData()
        tables.reflect(connection)
        for name in tables.tables:
            if not name.startswith("log_"):
                connection.execute(text(f"ALTER TABLE {name} RENAME TO gone_{name}"))


@STYLES
def test_no_secret_is_ever_logged(tmp_path: Path, style: str) -> None:
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    for folder in (whole, broken):
        folder.mkdir()
    with logged(style) as lines:
        with society_in(whole) as registry:
            ask_everything(registry)
            registry.send(b'{"type": "get_audit_log", "admin_token": "a-wrong-token"}')
        with society_in(broken) as registry:
            take_tables_away(registry)
            ask_everything(registry)
    said = lines.getvalue()
    assert said.count("request.failed") > 20, "nothing went wrong: there was nothing to leak"
    own = own_secret(whole / "data").decode()
    assert [secret for secret in (*SECRETS, own, "a-wrong-token") if secret in said] == []


@STYLES
def test_a_client_can_name_the_line_of_what_went_wrong(tmp_path: Path, style: str) -> None:
    with logged(style) as lines, society_in(tmp_path) as registry:
        take_tables_away(registry)
        with pytest.raises(Refused, match="internal error") as refused:
            registry.signed(PRIVATE, "set_tags", node_id=PRIVATE, tags=["gpu"])
    named = re.search(r"\(request ([0-9a-f]{16})\)", str(refused.value))
    assert named is not None
    failed = [line for line in lines.getvalue().splitlines() if "request.failed" in line]
    assert any(named[1] in line for line in failed)


@STYLES
def test_what_libraries_log_is_a_line_like_any_other(style: str) -> None:
    with logged(style) as lines:
        logging.getLogger("uvicorn.error").error("it is %s", "odd")
    said = lines.getvalue()
    assert "it is odd" in said
    assert "uvicorn.error" in said
    assert "error" in said
