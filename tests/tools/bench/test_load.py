"""Several loads at the same time."""

import os
import threading

from tests.tools.bench.servers import answer_ok, serving
from tools.bench.load import Load, Run, measure
from tools.bench.population import Population

BRIEFLY = 0.2


def run_against(address: tuple[str, int]) -> Run:
    population = Population.seeded(10)
    return Run(address=address, population=population, seconds=BRIEFLY, warm_up=0, pinned=False)


def test_loads_are_put_side_by_side_and_each_is_counted_for_itself() -> None:
    with serving(answer_ok) as address:
        paced, closed = measure(
            run_against(address),
            [Load(scenario="lookup", connections=1, per_second=50), Load(scenario="lookup")],
        )
    assert paced.outcome.answers <= 50 * BRIEFLY + 1
    assert 0 < paced.outcome.answers < closed.outcome.answers


def may_come_first() -> bool:
    """Whether the system lets a thread run before all others: not every root may have that."""

    def come_first() -> None:
        try:
            os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
        except PermissionError:
            return
        allowed.append(True)

    allowed: list[bool] = []
    thread = threading.Thread(target=come_first)
    thread.start()
    thread.join()
    return bool(allowed)


def test_a_punctual_load_says_whether_it_was_let() -> None:
    with serving(answer_ok) as address:
        loads = [
            Load(scenario="lookup", connections=1, per_second=50, punctual=punctual)
            for punctual in (True, False)
        ]
        measured = measure(run_against(address), loads)
    assert [each.punctual for each in measured] == [may_come_first(), False]
    assert os.sched_getscheduler(0) == os.SCHED_OTHER  # this process waits as ever
