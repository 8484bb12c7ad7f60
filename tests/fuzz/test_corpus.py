"""What the fuzzer found once, and what it begins with, at every commit."""

from pathlib import Path

import pytest

from tests.fuzz.seeds import seeds
from tests.fuzz.targets import TARGETS
from tests.fuzz.world import world

CORPUS = Path(__file__).parent / "corpus"


@pytest.mark.parametrize("name", TARGETS)
def test_everything_that_was_found_holds_now(name: str) -> None:
    with TARGETS[name]() as run:
        for file in sorted((CORPUS / name).iterdir()):
            run(file.read_bytes())


@pytest.mark.parametrize("name", TARGETS)
def test_what_fuzzing_begins_with_holds(name: str) -> None:
    with world() as made:
        operations = list(made.registry.application.operations)
    with TARGETS[name]() as run:
        for data in seeds(name, operations):
            run(data)
