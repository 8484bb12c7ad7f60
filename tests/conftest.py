"""What every test folder shares."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import settings

from tests.examples import examples
from tests.harness import engines

# How long an example takes says something about the machine, not about the code.
settings.register_profile("registry", deadline=None, max_examples=examples(100), print_blob=True)
settings.load_profile("registry")

# As it comes, structlog renders tracebacks in colours if it can, a second for each.
structlog.configure(
    processors=[structlog.processors.format_exc_info, structlog.processors.KeyValueRenderer()]
)


TESTS = Path(__file__).parent

WITH_DATABASES = (
    "access",
    "admin",
    "crash",
    "directory",
    "dispatch",
    "e2e",
    "extension",
    "http",
    "identity",
    "membership",
    "persistence",
    "policy",
    "polo",
    "routing",
    "system",
    "trust",
)
"""The folders whose tests open databases, and so are run on every kind."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--engine",
        choices=engines.ENGINES,
        default="sqlite",
        help="The kind of database; with postgresql, only tests that open one are run.",
    )


def pytest_configure(config: pytest.Config) -> None:
    try:
        engines.choose(config.getoption("--engine"))
    except engines.PostgresqlMissing as error:
        pytest.exit(str(error), returncode=pytest.ExitCode.USAGE_ERROR)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if engines.is_sqlite():
        return
    wanted: list[pytest.Item] = []
    others: list[pytest.Item] = []
    for item in items:
        folder = item.path.relative_to(TESTS).parts[0]
        fits = folder in WITH_DATABASES and not item.get_closest_marker("sqlite")
        (wanted if fits else others).append(item)
    config.hook.pytest_deselected(items=others)
    items[:] = wanted


def pytest_sessionfinish() -> None:
    engines.drop_all()


@pytest.fixture
def tmp_path(tmp_path: Path) -> Iterator[Path]:
    """A folder, and the databases that tests made for what is in it: both go with the test."""
    yield tmp_path
    engines.drop_below(tmp_path)
