"""The page that says who finds what is about the seeds that there are."""

import re

from tests.tools.layering.compare import PAGE
from tests.tools.layering.seeds import SEEDS

ROWS = [
    tuple(cell.strip() for cell in line.strip("|").split("|"))
    for line in PAGE.read_text().splitlines()
    if re.match(r"\| (?!rule|---)", line)
]


def test_every_seed_has_its_row() -> None:
    # Run `python -m tests.tools.layering.compare --write` when this fails.
    assert [row[:2] for row in ROWS] == [(seed.rule, seed.says) for seed in SEEDS]


def test_this_checker_finds_all_of_them() -> None:
    # That it does now is shown by `test_seeds.py`, with the very same trees.
    assert {row[2] for row in ROWS} == {"found"}
    assert len(ROWS) >= 40
