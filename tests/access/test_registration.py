"""Registering with and without a signature, and rotating keys in the old form."""

import pytest

from tests.access.people import People
from tests.harness import Key, Refused


class TestStrict:
    def test_a_key_is_registered_by_its_signature_only(self, strict: People) -> None:
        with pytest.raises(Refused, match="signature"):
            strict.stranger("register", public_key=Key().public)

    def test_a_rotation_that_does_not_bind_the_new_key_is_refused(self, strict: People) -> None:
        node = strict.new_node()
        with pytest.raises(Refused, match="signature"):
            strict.node(
                node,
                f"rotate:{node.id}",
                "rotate_key",
                node_id=node.id,
                new_public_key=Key().public,
            )


class TestLax:
    def test_a_key_needs_no_signature_and_keeps_its_node(self, lax: People) -> None:
        key = Key()
        first = lax.stranger("register", public_key=key.public, listen_addr="10.0.0.1:5000")
        again = lax.stranger("register", public_key=key.public, listen_addr="10.0.0.1:5001")
        assert again["node_id"] == first["node_id"]
        assert again["observed_addr"] == "127.0.0.1:5001"

    def test_a_key_that_was_proved_once_has_to_be_proved_ever_after(self, lax: People) -> None:
        key = Key()
        node_id = lax.stranger("register", public_key=key.public)["node_id"]
        assert lax.register(key)["node_id"] == node_id
        with pytest.raises(Refused, match="unsigned registration cannot modify"):
            lax.stranger("register", public_key=key.public, owner="thief@example.test")
        assert lax.register(key)["node_id"] == node_id

    def test_a_wrong_signature_is_refused_all_the_same(self, lax: People) -> None:
        key = Key()
        with pytest.raises(Refused, match="signature"):
            lax.stranger("register", public_key=key.public, signature=Key().sign("register"))

    def test_a_rotation_may_have_the_old_form(self, lax: People) -> None:
        node, new_key = lax.new_node(), Key()
        answer = lax.node(
            node,
            f"rotate:{node.id}",
            "rotate_key",
            node_id=node.id,
            new_public_key=new_key.public,
        )
        assert answer["public_key"] == new_key.public
        with pytest.raises(Refused, match="unsigned registration cannot modify"):
            lax.stranger("register", public_key=new_key.public)
