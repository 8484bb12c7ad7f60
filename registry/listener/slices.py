"""Asking Linux to let a thread run soon when there is something to do for it."""

import ctypes
import os
import platform
import sys
import threading
from struct import Struct

from registry.listener.turns import TURN_SECONDS

_SET_ATTRIBUTES = {"x86_64": 314, "aarch64": 274}
"""The number of the system call ``sched_setattr``, for which there is nothing in Python, nor in
most C libraries."""

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
    system_call = _SET_ATTRIBUTES.get(platform.machine())
    is_narrow = sys.maxsize < 2**32  # other numbers
    if platform.system() != "Linux" or system_call is None or is_narrow:
        return False
    policy = os.sched_getscheduler(0) & ~os.SCHED_RESET_ON_FORK
    nice = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    if policy != os.SCHED_OTHER or nice < 0:
        return False
    attributes = _ATTRIBUTES.pack(
        _ATTRIBUTES.size, policy, _NOT_INHERITED, nice, 0, int(seconds * 1e9), 0, 0
    )
    failed: int = ctypes.CDLL(None).syscall(system_call, 0, attributes, 0)
    return not failed
