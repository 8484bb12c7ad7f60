"""The keys of nodes: signing, rotating, expiring, and the index from key to node."""

import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.identity import IdentityView
from tests.examples import examples
from tests.harness.client import Key, Refused
from tests.system.registry import START, Registry, encoded, registry_in

_DAY = 86_400


def rotate(registry: Registry, node_id: int, new: Key, signer: Key | None = None) -> None:
    registry.signed(
        signer or registry.keys[node_id],
        "rotate_key",
        node_id=node_id,
        new_public_key=new.public,
    )


class TestSignature:
    @pytest.mark.parametrize(
        ("signature", "text"),
        [
            ("", "signature: set_tags needs one by node_id"),
            ("?", "signature: not standard base64"),
            ("AA==", "signature: must be 64 bytes, not 1"),
            (encoded(bytes(64)), "signature: verification failed"),
            ("ä", "signature: not standard base64"),
        ],
    )
    def test_that_is_none_is_refused(self, registry: Registry, signature: str, text: str) -> None:
        registry.register()
        before = registry.state()
        with pytest.raises(Refused, match=f"^{text}"):
            registry.ask("set_tags", node_id=1, tags=["x"], signature=signature)
        assert registry.state() == before

    def test_of_another_message_is_refused(self, registry: Registry) -> None:
        registry.register()
        signature = registry.keys[1].sign("set_tags:2")
        with pytest.raises(Refused, match=r"^signature: verification failed"):
            registry.ask("set_tags", node_id=1, tags=[], signature=signature)

    def test_of_nobody_is_refused(self, registry: Registry) -> None:
        with pytest.raises(Refused, match="node 9: node not found"):
            registry.ask("heartbeat", node_id=9, signature=encoded(bytes(64)))


class TestRotation:
    def test_moves_the_node_to_the_new_key(self, registry: Registry) -> None:
        old, new = Key(), Key()
        registry.register(old)
        rotate(registry, 1, new)
        assert registry.ask("lookup", node_id=1)["public_key"] == new.public
        registry.signed(new, "heartbeat", node_id=1)
        with pytest.raises(Refused, match=r"^signature: verification failed"):
            registry.signed(old, "heartbeat", node_id=1)

    def test_forgets_what_the_old_key_had_signed(self, registry: Registry) -> None:
        """A heartbeat has the same bytes each time, and was answered from memory before."""
        old, new = Key(), Key()
        registry.register(old)
        for _ in range(3):
            registry.signed(old, "heartbeat", node_id=1)
        rotate(registry, 1, new)
        with pytest.raises(Refused, match=r"^signature: verification failed"):
            registry.signed(old, "heartbeat", node_id=1)

    def test_binds_the_new_key_by_the_signature(self, registry: Registry) -> None:
        registry.register()
        signature = registry.keys[1].sign(f"rotate:1:{Key().public}")
        with pytest.raises(Refused, match=r"^signature: verification failed"):
            registry.ask("rotate_key", node_id=1, new_public_key=Key().public, signature=signature)

    def test_never_takes_a_key_that_is_or_was_somebody_s(self, registry: Registry) -> None:
        first, second, third = Key(), Key(), Key()
        registry.register(first)
        registry.register(second)
        with pytest.raises(Refused, match=r"^new_public_key: is the key of a node already"):
            rotate(registry, 1, second)
        rotate(registry, 2, third)
        with pytest.raises(Refused, match=r"^new_public_key: was rotated away"):
            rotate(registry, 1, second)
        assert registry.ask("lookup", node_id=1)["public_key"] == first.public

    @pytest.mark.parametrize("new_public_key", ["", "?", "AAAA"])
    def test_says_what_is_wrong_with_the_key(self, registry: Registry, new_public_key: str) -> None:
        registry.register()
        with pytest.raises(Refused, match=r"^new_public_key: "):
            registry.signed(1, "rotate_key", node_id=1, new_public_key=new_public_key)

    def test_survives_a_restart(self, tmp_path: Path) -> None:
        old, new = Key(), Key()
        with registry_in(tmp_path) as registry:
            registry.register(old)
            rotate(registry, 1, new)
        with registry_in(tmp_path) as registry:
            registry.signed(new, "heartbeat", node_id=1)
            with pytest.raises(Refused, match="was rotated away"):
                registry.register(old)


class TestKeyInfo:
    def test_tells_age_and_rotations(self, registry: Registry) -> None:
        registry.register()
        registry.clock[0] += 3 * _DAY
        answer = registry.ask("get_key_info", node_id=1)
        assert (answer["rotate_count"], answer["key_age_days"]) == (0, 3)
        assert answer["created_at"] == "2023-11-14T22:13:20Z"
        assert "rotated_at" not in answer
        rotate(registry, 1, Key())
        answer = registry.ask("get_key_info", node_id=1)
        assert (answer["rotate_count"], answer["key_age_days"]) == (1, 0)
        assert answer["rotated_at"] == "2023-11-17T22:13:20Z"

    def test_there_must_be_such_a_node(self, registry: Registry) -> None:
        with pytest.raises(Refused, match="node 9: node not found"):
            registry.ask("get_key_info", node_id=9)


class TestExpiry:
    def test_ends_what_a_key_can_do(self, registry: Registry) -> None:
        registry.register()
        registry.signed(1, "heartbeat", node_id=1)
        registry.signed(1, "set_key_expiry", node_id=1, expires_at="2023-11-15T22:13:20Z")
        assert registry.signed(1, "heartbeat", node_id=1)["time"] == START
        registry.clock[0] += _DAY
        with pytest.raises(Refused, match="the key of node 1 has expired"):
            registry.signed(1, "heartbeat", node_id=1)
        registry.as_admin("set_key_expiry", node_id=1, expires_at="never")
        registry.signed(1, "heartbeat", node_id=1)

    def test_is_announced_a_day_ahead(self, registry: Registry) -> None:
        registry.register()
        registry.signed(1, "set_key_expiry", node_id=1, expires_at="2023-11-16T22:13:20Z")
        assert "key_expiry_warning" not in registry.signed(1, "heartbeat", node_id=1)
        registry.clock[0] += _DAY + 1
        assert registry.signed(1, "heartbeat", node_id=1)["key_expiry_warning"] is True

    @pytest.mark.parametrize(
        "expires_at", ["soon", "2020-01-01T00:00:00Z", "2099-01-01T00:00:00Z", "2024-01-01T00:00"]
    )
    def test_has_rules(self, registry: Registry, expires_at: str) -> None:
        registry.register()
        with pytest.raises(Refused, match=r"^expires_at: "):
            registry.signed(1, "set_key_expiry", node_id=1, expires_at=expires_at)


_steps = st.lists(
    st.tuples(st.just("register"), st.integers(0, 3), st.sampled_from(["", "o", "p"]))
    | st.tuples(st.just("rotate"), st.integers(1, 4), st.integers(0, 7)),
    max_size=20,
)


@pytest.mark.parametrize("event_buffer", [65_536, 2], ids=["nothing dropped", "much dropped"])
@settings(max_examples=examples(25))
@given(steps=_steps)
def test_the_key_index_that_followed_is_the_one_that_starts_afresh(
    event_buffer: int, steps: list[tuple[str, int, Any]]
) -> None:
    keys = [Key() for _ in range(8)]
    with (
        tempfile.TemporaryDirectory() as folder,
        registry_in(Path(folder), event_buffer=event_buffer) as registry,
    ):
        application = registry.application

        def new_index() -> IdentityView:
            return IdentityView(
                bus=application.bus,
                snapshots=application.database.snapshot,
                clock=lambda: registry.clock[0],
            )

        def contents(index: IdentityView) -> list[Any]:
            return [
                *(index.node_of_key(key.raw) for key in keys),
                *(index.key(node_id) for node_id in range(1, 6)),
            ]

        followed = new_index()
        for what, who, how in steps:
            with suppress(Refused, KeyError):
                if what == "register":
                    registry.register(keys[who], owner=how)
                else:
                    rotate(registry, who, keys[how])
                    registry.keys[who] = keys[how]
            if who % 2:
                followed.projection.catch_up()
        assert contents(followed) == contents(new_index())
