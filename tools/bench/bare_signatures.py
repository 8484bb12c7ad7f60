"""What the processors give where each request has a signature to verify, with nothing around it."""

import multiprocessing
import os
import time
from multiprocessing.synchronize import Barrier

from nacl.bindings import crypto_sign, crypto_sign_keypair, crypto_sign_open

_BATCH = 64
_PATIENCE_SECONDS = 60.0


def verified_per_second(seconds: float) -> float:
    """Signatures verified per second, on all usable cores together.

    Args:
        seconds: How long to verify.
    """
    cores = len(os.sched_getaffinity(0))
    context = multiprocessing.get_context("spawn")
    together = context.Barrier(cores)
    with context.Pool(cores, initializer=_meet, initargs=(together,)) as pool:
        asked = [pool.apply_async(_verify, (seconds,)) for _ in range(cores)]
        return sum(answer.get(seconds + _PATIENCE_SECONDS) for answer in asked)


def at_most(rows: float, signatures: float, asking: float) -> float:
    """Requests per second of whoever verifies one signature and writes one row for each.

    That is more than can be reached: nothing else is counted, every core is busy all the time,
    and rows are written as fast as if no other core were.

    Args:
        rows: Rows per second that one core writes.
        signatures: Signatures per second that all cores verify.
        asking: Seconds of processor time that the client takes for a request.
    """
    cores = len(os.sched_getaffinity(0))
    return 1 / (1 / signatures + (1 / rows + asking) / cores)


_together: Barrier


def _meet(together: Barrier) -> None:
    """Have the processes of a pool begin at the same moment, each with one task."""
    global _together  # noqa: PLW0603 - the only way to hand a barrier to a pool
    _together = together


def _verify(seconds: float) -> float:
    key, secret = crypto_sign_keypair()
    signed = crypto_sign(b"register:127.0.0.1:4000:" + bytes(44), secret)
    _together.wait(_PATIENCE_SECONDS)
    began, verified = time.perf_counter(), 0
    while (taken := time.perf_counter() - began) < seconds:
        for _ in range(_BATCH):
            crypto_sign_open(signed, key)
        verified += _BATCH
    return verified / taken
