"""A target that cannot fail finds nothing: each notices what it is there to notice."""

from typing import Any

import pytest

from registry.directory import DirectoryView
from registry.dispatch import Authenticator, Caller
from registry.polo import PoloView
from registry.wire import encode_frame
from tests.fuzz.people import Found, new_story, people
from tests.fuzz.strangers import bodies, require_answers, streams

LOOKUP = b'{"type":"lookup","node_id":1}'
STEP = b'+ {"type":"set_polo_score","node_id":3,"polo_score":7}'


def _fail(*_arguments: object) -> Any:
    raise RuntimeError("a bug")


class TestStrangers:
    def test_are_never_told_of_bugs(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(DirectoryView, "lookup", _fail)
        with bodies() as run, pytest.raises(AssertionError, match="internal error"):
            run(LOOKUP)
        with streams() as run, pytest.raises(AssertionError, match="internal error"):
            run(b"\x7f" + encode_frame(LOOKUP))

    def test_change_nothing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        caller = Caller("192.0.2.1", 1, is_admin=True)
        monkeypatch.setattr(Authenticator, "identify", lambda *_: caller)
        step = STEP.removeprefix(b"+ ")
        for target, data in ((bodies, step), (streams, b"\x7f" + encode_frame(step))):
            with target() as run, pytest.raises(AssertionError, match="a stranger wrote"):
                run(data)

    def test_get_an_answer_for_every_frame(self) -> None:
        asked = encode_frame(LOOKUP) * 2
        answer = encode_frame(b'{"type":"lookup_ok"}')
        require_answers(asked, answer * 2)
        for wrong in (answer, answer * 3, b""):
            with pytest.raises(AssertionError):
                require_answers(asked, wrong)


class TestPeople:
    def test_are_never_told_of_bugs(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(DirectoryView, "lookup", _fail)
        with people() as run, pytest.raises(Found) as found:
            run(b"@ 5\n- " + LOOKUP)
        assert found.value.history == b"@ 5\n- " + LOOKUP

    def test_find_the_same_after_a_restart(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with new_story() as story:
            story.play(STEP)
            story.require_the_same_after_a_restart()
        monkeypatch.setattr(PoloView, "_apply", lambda *_: None)
        with new_story() as story:
            story.play(STEP)
            with pytest.raises(AssertionError, match="polo_score"):
                story.require_the_same_after_a_restart()
