"""Asking Linux to let a thread run soon when there is something to do for it."""

import ctypes
import os
import platform
import sys
import threading
from struct import Struct

from registry.listener.turns import TURN_SECONDS

_SYSTEM_CALLS = {"x86_64": (314, 315), "aarch64": (274, 275)}
"""The numbers of ``sched_setattr`` and ``sched_getattr``, for which there is nothing in Python,
nor in most C libraries."""

_NOT_INHERITED = 1  # SCHED_FLAG_RESET_ON_FORK, which is about threads too
_ATTRIBUTES = Struct("=IIQiIQQQ")  # size, policy, flags, nice, priority, slice, deadline, period


def ask_for_short_slices(seconds: float = TURN_SECONDS) -> bool:
    """Have this thread, and none that it starts, take the processor for short times, but soon.

    A thread that was idle and asks for less at a time than another that is running takes its
    place at once, instead of after milliseconds (the EEVDF scheduler, from Linux 6.12 on;
    older ones take the wish and do not heed it). No privilege is needed: the thread's share
    of the processor stays the same. A thread with a negative niceness, which what it starts would
    lose, or with a policy of its own is left as it is.

    Args:
        seconds: How long at a time.

    Returns:
        Whether the system took the wish. Where it did not, everything works as without it.
    """
    calls = _system_calls()
    if calls is None:
        return False
    policy = os.sched_getscheduler(0) & ~os.SCHED_RESET_ON_FORK
    nice = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    if policy != os.SCHED_OTHER or nice < 0:
        return False
    attributes = _ATTRIBUTES.pack(
        _ATTRIBUTES.size, policy, _NOT_INHERITED, nice, 0, int(seconds * 1e9), 0, 0
    )
    return _system_call(calls[0], 0, attributes, 0) == 0


def slice_of_this_thread() -> float | None:
    """How long this thread runs at a time while others want to, in seconds; None if not known."""
    calls = _system_calls()
    if calls is None:
        return None
    attributes = ctypes.create_string_buffer(_ATTRIBUTES.size)
    if _system_call(calls[1], 0, attributes, _ATTRIBUTES.size, 0) != 0:
        return None
    nanoseconds: int = _ATTRIBUTES.unpack(attributes.raw)[5]
    return nanoseconds / 1e9 if nanoseconds else None


def _system_calls() -> tuple[int, int] | None:
    is_known = platform.system() == "Linux" and sys.maxsize > 2**32  # they are other ones there
    return _SYSTEM_CALLS.get(platform.machine()) if is_known else None


def _system_call(number: int, *arguments: object) -> int:
    result: int = ctypes.CDLL(None).syscall(number, *arguments)
    return result
