"""A real process, that is asked, stopped, and killed."""

import asyncio
import os
import signal
from collections.abc import Sequence
from unittest.mock import Mock

import pytest
from nacl.signing import SigningKey

from registry.verifier import Verifier
from registry.verifier.verifier import FEW, MOST_DOUBLINGS
from tests.harness.loop import on_a_loop
from tests.harness.process import is_running

KEY = SigningKey(bytes(32))
OTHER = SigningKey(bytes([1] * 32))


def proof(number: int, signer: SigningKey = KEY) -> bytes:
    message = f"heartbeat:{number}".encode()
    return bytes(KEY.verify_key) + signer.sign(message).signature + message


GOOD = [proof(number) for number in range(FEW)]


async def verdicts(verifier: Verifier, proofs: Sequence[bytes]) -> list[bool]:
    loop = asyncio.get_running_loop()
    futures: list[asyncio.Future[bool]] = [loop.create_future() for _ in proofs]
    for each, future in zip(proofs, futures, strict=True):
        assert verifier.take(each, future.set_result)
    return await asyncio.wait_for(asyncio.gather(*futures), 30)


async def another_than(pid: int | None, verifier: Verifier) -> int:
    """Wait for the process that comes after one."""
    async with asyncio.timeout(30):
        while verifier.pid in (None, pid):  # noqa: ASYNC110 - nobody tells when one is there
            await asyncio.sleep(0.01)
    assert verifier.pid is not None
    return verifier.pid


@on_a_loop
async def test_good_proofs_are_told_from_bad_ones() -> None:
    verifier = Verifier()
    await verifier.start()
    others_signature, cut, nothing = proof(1, OTHER), proof(2)[:-1], b""
    asked = [proof(3), others_signature, proof(4), cut, nothing, proof(5)]
    assert await verdicts(verifier, asked) == [True, False, True, False, False, True]
    await verifier.stop()


@on_a_loop
async def test_a_few_are_left_to_who_has_them() -> None:
    verifier = Verifier()
    await verifier.start()
    assert await verdicts(verifier, GOOD[:-1]) == [False] * (FEW - 1)
    assert await verdicts(verifier, GOOD) == [True] * FEW
    await verifier.stop()


@on_a_loop
async def test_what_a_killed_process_had_comes_back_and_another_takes_over() -> None:
    verifier = Verifier(again_after=0)
    await verifier.start()
    pid = await another_than(None, verifier)
    os.kill(pid, signal.SIGSTOP)  # so that it has something when it is killed
    waiting = asyncio.create_task(verdicts(verifier, GOOD))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    os.kill(pid, signal.SIGKILL)
    assert await waiting == [False] * FEW
    await another_than(pid, verifier)
    assert await verdicts(verifier, GOOD) == [True] * FEW
    await verifier.stop()


@on_a_loop
async def test_a_process_that_hangs_is_replaced() -> None:
    verifier = Verifier(patience=0.1, again_after=0)
    await verifier.start()
    pid = await another_than(None, verifier)
    os.kill(pid, signal.SIGSTOP)
    assert await verdicts(verifier, GOOD) == [False] * FEW
    await another_than(pid, verifier)
    assert not is_running(pid)
    await verifier.stop()


@pytest.mark.parametrize("program", ["/bin/false", "/nowhere/python"])
def test_one_that_cannot_run_is_tried_again_less_and_less_often(
    program: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.executable", program)
    pauses = asyncio.Queue[float]()
    # Not by capturing logs: which lines there are depends on what other tests have set up.
    log = Mock(warning=lambda _event, again_after, **_: pauses.put_nowait(again_after))
    monkeypatch.setattr("registry.verifier.verifier.log", log)

    @on_a_loop
    async def run() -> None:
        verifier = Verifier(again_after=0.001)
        await verifier.start()
        async with asyncio.timeout(30):
            told = [await pauses.get() for _ in range(MOST_DOUBLINGS + 2)]
        await verifier.stop()
        assert told == [0.001 * 2**doublings for doublings in (1, 2, 3, 4, 5, 6, 6, 6)]

    run()


@on_a_loop
async def test_signals_to_the_whole_group_do_not_end_it() -> None:
    """Ctrl-C and systemd reach the process too, while requests are still being answered."""
    verifier = Verifier()
    await verifier.start()
    assert await verdicts(verifier, GOOD) == [True] * FEW  # it has begun, and ignores them
    pid = await another_than(None, verifier)
    for number in (signal.SIGINT, signal.SIGTERM):
        os.kill(pid, number)
    assert await verdicts(verifier, GOOD) == [True] * FEW
    assert verifier.pid == pid
    await verifier.stop()


@on_a_loop
async def test_what_was_taken_is_answered_before_it_stops() -> None:
    verifier = Verifier()
    await verifier.start()
    pid = await another_than(None, verifier)
    waiting = asyncio.create_task(verdicts(verifier, GOOD))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    await verifier.stop()
    assert await waiting == [True] * FEW
    assert not is_running(pid)
    await verifier.stop()


@on_a_loop
async def test_nothing_is_taken_where_there_is_no_process() -> None:
    verifier = Verifier()
    assert not verifier.take(proof(1), print)
    await verifier.start()
    await verifier.stop()
    assert not verifier.take(proof(1), print)
