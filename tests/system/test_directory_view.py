"""Whatever happens, the directory's answers are those of one that starts afresh."""

import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import examples
from tests.harness.client import Key, Refused
from tests.system.registry import Registry, registry_in

_KEYS = [Key() for _ in range(4)]
_SPARE = [Key() for _ in range(4)]
_node = st.integers(1, 4)
_steps = st.lists(
    st.one_of(
        st.tuples(st.just("register"), st.integers(0, 3), st.sampled_from(["", "a", "b"])),
        st.tuples(st.just("set_hostname"), _node, st.sampled_from(["", "a", "b", "c"])),
        st.tuples(st.just("set_visibility"), _node, st.booleans()),
        st.tuples(st.just("set_tags"), _node, st.sampled_from([[], ["x"], ["y"]])),
        st.tuples(st.just("rotate_key"), _node, st.integers(0, 3)),
        st.tuples(
            st.just("set_key_expiry"), _node, st.sampled_from(["never", "2030-01-01T00:00:00Z"])
        ),
        st.tuples(st.just("join"), _node, st.none()),
        st.tuples(st.just("leave"), _node, st.none()),
        st.tuples(st.just("set_polo_score"), _node, st.integers(-3, 3)),
        st.tuples(st.just("deregister"), _node, st.none()),
        st.tuples(st.just("look"), _node, st.none()),
    ),
    max_size=25,
)


def _answers(registry: Registry, lab: int) -> dict[str, Any]:
    """Everything the directory answers to anybody."""
    answers: dict[str, Any] = {}
    for node_id in range(1, 6):
        answers[f"lookup {node_id}"] = registry.send(b'{"type":"lookup","node_id":%d}' % node_id)
    for hostname in (b"a", b"b", b"c"):
        answers[f"name {hostname!r}"] = registry.send(
            b'{"type":"resolve_hostname","hostname":"%s"}' % hostname
        )
    answers["nodes"] = registry.as_admin("list_nodes", network_id=0)
    answers["members"] = registry.ask("list_nodes", network_id=lab)
    return answers


_FIELD = {
    "set_hostname": "hostname",
    "set_visibility": "public",
    "set_tags": "tags",
    "set_key_expiry": "expires_at",
    "set_polo_score": "polo_score",
}


def _take(registry: Registry, lab: int, what: str, who: int, how: Any) -> None:
    match what:
        case "register":
            registry.register(_KEYS[who], hostname=how)
        case "look":
            registry.ask("lookup", node_id=who)
        case "join" | "leave":
            registry.as_admin(f"{what}_network", node_id=who, network_id=lab)
        case "rotate_key" if who in registry.keys:
            registry.signed(who, what, node_id=who, new_public_key=_SPARE[how].public)
            registry.keys[who] = _SPARE[how]
        case "deregister":
            registry.as_admin(what, node_id=who)
        case _ if what in _FIELD:
            registry.as_admin(what, node_id=who, **{_FIELD[what]: how})


@pytest.mark.parametrize("event_buffer", [65_536, 2], ids=["nothing dropped", "much dropped"])
@settings(max_examples=examples(25))
@given(steps=_steps)
def test_following_is_as_good_as_starting_afresh(
    event_buffer: int, steps: list[tuple[str, int, Any]]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        with registry_in(Path(folder), event_buffer=event_buffer) as registry:
            lab = registry.network(registry.register(), name="lab")
            for step in steps:
                with suppress(Refused):
                    _take(registry, lab, *step)
            followed = _answers(registry, lab)
        with registry_in(Path(folder)) as registry:
            assert _answers(registry, lab) == followed
