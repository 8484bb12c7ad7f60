"""What the thread that serves clients asks of Linux."""

import os
import re
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from registry.listener import ask_for_short_slices

HALF_A_MILLISECOND = 0.0005


def in_a_thread(work: Callable[[], object]) -> object:
    """What work answers on a thread of its own, so that this one stays as it is."""
    answers: list[object] = []
    thread = threading.Thread(target=lambda: answers.append(work()))
    thread.start()
    thread.join()
    return answers[0]


def slice_of_this_thread() -> float | None:
    """How long Linux lets this thread run while others want to; None if it does not tell."""
    told = Path("/proc/thread-self/sched")
    if not told.exists():
        return None
    found = re.search(r"^se\.slice\s*:\s*(\d+)", told.read_text(), re.MULTILINE)
    return int(found[1]) / 1e9 if found else None


def asked_and_told() -> float | None:
    assert ask_for_short_slices(HALF_A_MILLISECOND)
    return slice_of_this_thread()


def knows_slices() -> bool:
    major, minor = (int(part) for part in os.uname().release.split(".")[:2])
    return (major, minor) >= (6, 12) and slice_of_this_thread() is not None


needs_slices = pytest.mark.skipif(
    not knows_slices(), reason="NEEDS LINUX 6.12 OR NEWER, AND ITS /proc/thread-self/sched"
)


@needs_slices
def test_a_thread_gets_the_slices_that_it_asks_for() -> None:
    assert in_a_thread(asked_and_told) == HALF_A_MILLISECOND


@needs_slices
def test_what_it_starts_gets_the_usual_ones() -> None:
    def start_another() -> object:
        assert asked_and_told() == HALF_A_MILLISECOND
        return in_a_thread(slice_of_this_thread)

    assert in_a_thread(start_another) == slice_of_this_thread()


@needs_slices
def test_its_share_of_the_processor_stays_as_it_was() -> None:
    def share() -> int:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    def after_asking() -> int:
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), share() + 1)
        assert asked_and_told() == HALF_A_MILLISECOND
        return share()

    assert in_a_thread(after_asking) == share() + 1


def test_where_nobody_knows_how_to_ask_nothing_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "vax")
    before = slice_of_this_thread()
    assert not ask_for_short_slices()
    assert slice_of_this_thread() == before


def test_a_thread_of_another_kind_is_left_alone() -> None:
    def ask_in_batch() -> object:
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
        return ask_for_short_slices(), os.sched_getscheduler(0)

    assert in_a_thread(ask_in_batch) == (False, os.SCHED_BATCH)


@needs_slices
def test_it_may_ask_again() -> None:
    def ask_twice() -> object:
        return ask_for_short_slices(HALF_A_MILLISECOND * 2), asked_and_told()

    assert in_a_thread(ask_twice) == (True, HALF_A_MILLISECOND)
