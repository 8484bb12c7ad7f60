"""Several loads at the same time."""

import os

import pytest

from tests.tools.bench.servers import answer_ok, serving
from tools.bench.load import Load, Run, measure
from tools.bench.population import Population

BRIEFLY = 0.2


def run_against(address: tuple[str, int]) -> Run:
    population = Population.seeded(10)
    return Run(address=address, population=population, seconds=BRIEFLY, warm_up=0, pinned=False)


def test_each_load_is_counted_for_itself() -> None:
    with serving(answer_ok) as address:
        paced, closed = measure(
            run_against(address),
            [Load(scenario="lookup", connections=1, per_second=50), Load(scenario="lookup")],
        )
    assert 1 <= paced.outcome.answers <= 50 * BRIEFLY + 1
    assert closed.outcome.answers > paced.outcome.answers


@pytest.mark.skipif(os.geteuid() != 0, reason="ONLY ROOT MAY PUT A PROCESS BEFORE ALL OTHERS")
def test_a_punctual_load_says_so() -> None:
    with serving(answer_ok) as address:
        loads = [
            Load(scenario="lookup", connections=1, per_second=50, punctual=punctual)
            for punctual in (True, False)
        ]
        measured = measure(run_against(address), loads)
    assert [each.punctual for each in measured] == [True, False]
    assert os.sched_getscheduler(0) == os.SCHED_OTHER  # this process waits as ever
