"""``python -m tests.fuzz.run TARGET FOUND OPTION...``: fuzz one target in this process.

It has a process of its own, because libFuzzer ends it.
"""

import importlib
import sys
from pathlib import Path
from typing import Any

import structlog

_ERRORS = 40  # the level of log lines that are shown


def main(target: str, found: str, *options: str) -> None:
    """Fuzz until the time is over or something is found.

    Args:
        target: Which.
        found: Where the history of what is found goes, where there is one.
        options: For libFuzzer.
    """
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(_ERRORS))
    atheris: Any = importlib.import_module("atheris")  # it has no types, and is seldom there
    with atheris.instrument_imports(include=["registry"]):
        targets = importlib.import_module("tests.fuzz.targets")
    with targets.TARGETS[target]() as run:
        noting = _noting(run, Path(found))
        atheris.Setup([sys.argv[0], *options], noting, **_own_ways(target))
        atheris.Fuzz()


def _noting(run: Any, found: Path) -> Any:
    """A target that writes down the history of what it finds."""

    def noting(data: bytes) -> None:
        try:
            run(data)
        except Exception as error:
            history = getattr(error, "history", b"")
            if history:
                (found / "history").write_bytes(history)
            raise

    return noting


def _own_ways(target: str) -> dict[str, Any]:
    """How a target's inputs are changed, if not blindly."""
    if target != "people":
        return {}
    beginnings = importlib.import_module("tests.fuzz.beginnings")
    mutation = importlib.import_module("tests.fuzz.mutation")
    return {"custom_mutator": mutation.Mutator(*beginnings.steps_and_values()).mutate}


if __name__ == "__main__":
    main(*sys.argv[1:])
