"""Every message type with every kind of nonsense: an error frame, and nothing changed."""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from registry.dispatch import Caller
from registry.wire import encode_frame
from tests.system.registry import ADMIN_TOKEN, Registry, registry_in

_anything: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=40),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=5,
)


@pytest.fixture(scope="module")
def registry() -> Iterator[Registry]:
    """A registry in which there is something to spoil."""
    with tempfile.TemporaryDirectory() as folder, registry_in(Path(folder)) as registry:
        for _ in range(3):
            registry.register()
        registry.network(1, 2)
        registry.trust(1, 2)
        yield registry


def _types(registry: Registry) -> list[str]:
    return [operation.type for operation in registry.application.operations]


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_nonsense_from_a_stranger_changes_nothing(registry: Registry, data: st.DataObject) -> None:
    message_type = data.draw(st.sampled_from(_types(registry)))
    [operation] = [o for o in registry.application.operations if o.type == message_type]
    fields = [f for f in operation.message.__struct_fields__ if f != "admin_token"]
    message: dict[str, Any] = {"type": message_type}
    message |= data.draw(st.fixed_dictionaries({}, optional=dict.fromkeys(fields, _anything)))
    before = registry.state()
    answer = registry.send(json.dumps(message).encode())
    _is_clear(answer)
    assert registry.state() == before


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_nonsense_from_an_administrator_is_told_to_be_such(
    registry: Registry, data: st.DataObject
) -> None:
    message_type = data.draw(st.sampled_from(_types(registry)))
    [operation] = [o for o in registry.application.operations if o.type == message_type]
    wrong: dict[str, Any] = {"type": message_type, "admin_token": ADMIN_TOKEN}
    for field in operation.message.__struct_fields__:
        if field not in ("admin_token", "signature"):
            wrong[field] = data.draw(st.just({"a": 1}) | st.just([[]]) | st.just(-1))
    before = registry.state()
    answer = registry.send(json.dumps(wrong).encode())
    _is_clear(answer)
    if answer["type"] == "error":
        assert registry.state() == before


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=200))
def test_any_bytes_get_an_answer_in_the_binary_protocol(registry: Registry, body: bytes) -> None:
    before = registry.state()
    answers: list[bytes] = []
    dispatcher = registry.application.protocols.binary
    dispatcher.dispatch(encode_frame(body), body, Caller("198.51.100.7", 5000), answers.append)
    assert len(answers) == 1
    assert registry.state() == before


def _is_clear(answer: dict[str, Any]) -> None:
    """An answer, or an error that says something to its reader and nothing about the server."""
    if answer["type"] != "error":
        return
    text = answer["error"]
    assert 0 < len(text) <= 500
    assert "internal error" not in text
    for word in ("Traceback", "sqlalchemy", "sqlite", ".py", "object at 0x"):
        assert word not in text
