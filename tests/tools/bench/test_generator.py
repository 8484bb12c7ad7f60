"""The load generator against servers whose behaviour is known."""

import socket
import time
from collections.abc import Callable
from itertools import count

import pytest

from tests.tools.bench.servers import ERROR, OK, answer_ok, requests_from, serving
from tools.bench.generator import ClosedLoop, GeneratorError, Paced, run
from tools.bench.protocols import BINARY, JSON

FRAME = JSON.encode({"type": "lookup", "node_id": 1})
MILLISECOND = 1_000_000


def in_pieces(connection: socket.socket) -> None:
    """Answers in two pieces, the second of which also begins the next answer."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    requests = requests_from(connection)
    for _ in requests:
        next(requests)
        for piece in (OK[:3], OK[3:] + OK[:7], OK[7:]):
            connection.sendall(piece)
            time.sleep(0.001)


def test_a_closed_loop_counts_each_answer_once() -> None:
    with serving(answer_ok) as address:
        frames = [FRAME] * 500
        stream = ClosedLoop(address, JSON, frames, connections=3, repeats=False)
        outcome = run(stream, seconds=30)
        stream.close()
    assert (outcome.answers, outcome.refused, len(outcome.latencies)) == (500, 0, 500)
    assert outcome.seconds < 30
    assert outcome.per_second == pytest.approx(500 / outcome.seconds)


def test_a_closed_loop_begins_again_with_requests_that_repeat() -> None:
    with serving(answer_ok) as address:
        stream = ClosedLoop(address, JSON, [FRAME], connections=2, repeats=True)
        outcome = run(stream, seconds=0.1)
        stream.close()
    assert outcome.answers > 1
    assert outcome.seconds == pytest.approx(0.1, abs=0.1)


def test_what_comes_while_warming_up_does_not_count() -> None:
    with serving(answer_ok) as address:
        stream = ClosedLoop(address, JSON, [FRAME] * 10, connections=1, repeats=False)
        outcome = run(stream, seconds=0.05, warm_up=30)
        stream.close()
    assert outcome.answers == 0


@pytest.mark.parametrize("serve", [answer_ok, in_pieces])
def test_pipelined_answers_are_cut_apart_wherever_they_were_cut(
    serve: Callable[[socket.socket], None],
) -> None:
    with serving(serve) as address:
        stream = ClosedLoop(address, JSON, [FRAME] * 40, connections=1, repeats=False, pipelined=8)
        outcome = run(stream, seconds=30)
        stream.close()
    assert (outcome.answers, outcome.refused) == (40, 0)


def test_errors_are_counted_and_the_first_is_kept() -> None:
    def answer_third_wrong(connection: socket.socket) -> None:
        for number, _ in zip(count(), requests_from(connection), strict=False):
            connection.sendall(ERROR if number == 2 else OK)

    with serving(answer_third_wrong) as address:
        stream = ClosedLoop(address, JSON, [FRAME] * 5, connections=1, repeats=False)
        outcome = run(stream, seconds=30)
        stream.close()
    assert (outcome.answers, outcome.refused, outcome.refusal) == (5, 1, ERROR)


def test_a_server_that_hangs_up_ends_the_run() -> None:
    with serving(lambda connection: connection.close()) as address:
        stream = ClosedLoop(address, JSON, [FRAME], connections=1, repeats=True)
        with pytest.raises((GeneratorError, OSError)):
            run(stream, seconds=30)
        stream.close()


def test_the_opening_of_a_protocol_comes_first_on_each_connection() -> None:
    openings = []

    def read_opening(connection: socket.socket) -> None:
        openings.append(connection.recv(5, socket.MSG_WAITALL))
        answer_ok(connection)

    with serving(read_opening) as address:
        stream = ClosedLoop(address, BINARY, [FRAME] * 2, connections=2, repeats=False)
        run(stream, seconds=30)
        stream.close()
    assert openings == [b"PILT\x01"] * 2


def test_a_pace_is_kept_by_a_server_that_keeps_up() -> None:
    with serving(answer_ok) as address:
        stream = Paced(address, JSON, [FRAME], connections=4, repeats=True, per_second=200)
        outcome = run(stream, seconds=0.5)
        stream.close()
    assert outcome.answers == pytest.approx(100, abs=20)


def test_a_stall_is_charged_to_every_request_that_was_due_in_it() -> None:
    def stall_once(connection: socket.socket) -> None:
        for number, _ in zip(count(), requests_from(connection), strict=False):
            if number == 10:
                time.sleep(0.2)  # what is measured
            connection.sendall(OK)

    with serving(stall_once) as address:
        stream = Paced(address, JSON, [FRAME], connections=1, repeats=True, per_second=1000)
        outcome = run(stream, seconds=0.6)
        stream.close()
    # 200 requests fell due in the stall and waited for 100 ms on average.
    assert outcome.latencies.percentile(75) > 50 * MILLISECOND


def test_requests_that_never_got_an_answer_count_with_what_they_waited() -> None:
    def never(connection: socket.socket) -> None:
        for _ in requests_from(connection):
            pass

    with serving(never) as address:
        stream = Paced(address, JSON, [FRAME], connections=1, repeats=True, per_second=1000)
        outcome = run(stream, seconds=0.2)
        stream.close()
    assert outcome.answers == 0
    assert len(outcome.latencies) == pytest.approx(200, abs=20)
    assert outcome.latencies.largest == pytest.approx(200 * MILLISECOND, rel=0.3)


@pytest.mark.parametrize("pipelined", [0, 65])
def test_more_pipelining_than_a_socket_takes_is_refused(pipelined: int) -> None:
    with serving(answer_ok) as address, pytest.raises(ValueError, match="not between 1 and 64"):
        ClosedLoop(address, JSON, [], connections=1, repeats=True, pipelined=pipelined)
