"""What is kept of an answer that was given before."""

from attrs import define, field

from registry.dispatch import Caller, OperationTable
from registry.dispatch.dialects import Reading
from registry.dispatch.operations import Answer, Operation
from registry.dispatch.recall import LONGEST_FRAME, Remembered
from registry.polo.messages import GetPoloScore


@define(eq=False)
class Question:
    """A question whose answer the test sets, and that counts how often it is written down."""

    answer: Answer = b"same"
    written: int = 0
    remembered: Remembered = field(init=False)

    def __attrs_post_init__(self) -> None:
        table = OperationTable()
        table.add(reads={GetPoloScore: self.read})
        operation = table.of(GetPoloScore)
        reading = Reading(operation, None, self.respond, str.encode)
        self.remembered = Remembered(reading, Caller("127.0.0.1", 4001), self.read, operation.tally)

    def read(self, _request: object, _caller: object) -> Answer:
        return self.answer

    def respond(self, _operation: Operation, answer: Answer) -> bytes:
        self.written += 1
        return answer if isinstance(answer, bytes) else repr(answer).encode()


def test_the_same_answer_is_written_once() -> None:
    question = Question()
    assert [question.remembered.repeat() for _ in range(3)] == [b"same"] * 3
    assert question.written == 1
    question.answer = b"another"
    assert question.remembered.repeat() == b"another"


def test_a_long_answer_is_not_kept() -> None:
    question = Question(b"x" * (LONGEST_FRAME + 1))
    for _ in range(3):
        question.remembered.repeat()
    assert question.written == 3


def test_an_answer_that_is_made_anew_each_time_is_not_kept() -> None:
    question = Question({"nodes": []})
    for _ in range(3):
        assert question.remembered.repeat() == b"{'nodes': []}"
    assert question.written == 3


def test_what_memory_has_no_answer_for_is_left_to_the_write() -> None:
    assert Question(None).remembered.repeat() is None
