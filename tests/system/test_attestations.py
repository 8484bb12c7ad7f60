"""What others vouch for: badges, recovery, ids by which holders are known elsewhere."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.client import Key, Refused
from tests.system.registry import START, Registry, registry_in

ISSUER, COLD = Key(), Key()
COMMITMENT = "c0ffee"


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    """A registry that knows the test's issuers, with node 1."""
    keys = {"badge_keys": f"b1={ISSUER.public}", "recovery_keys": f"r1={COLD.public}"}
    with registry_in(tmp_path, **keys) as registry:
        registry.register()
        yield registry


def badge(node_id: int = 1, exp: int = 0, kid: str = "b1") -> str:
    return f"pilotbadge:v1:{node_id}:github:{START}:{exp}:{kid}:octocat"


def submit(registry: Registry, text: str, issuer: Key = ISSUER) -> None:
    registry.signed(1, "submit_badge", node_id=1, badge=text, badge_sig=issuer.sign(text))


def enroll(registry: Registry, node_id: int = 1, issuer: Key = ISSUER) -> None:
    text = f"pilotenroll:v1:{node_id}:github:{COMMITMENT}:{START}:b1"
    registry.signed(
        1, "enroll_recovery", node_id=1, enrollment=text, enrollment_sig=issuer.sign(text)
    )


def recovery(new_key: Key, **changes: object) -> str:
    facts = {
        "node_id": 1,
        "new": new_key.public,
        "commitment": COMMITMENT,
        "exp": START + 600,
        "nonce": "n1",
        **changes,
    }
    return "pilotrecover:v1:{node_id}:{new}:{commitment}:{exp}:{nonce}:r1".format(**facts)


def recover(registry: Registry, text: str, new_key: Key, issuer: Key = COLD) -> None:
    registry.ask(
        "recover_identity",
        node_id=1,
        recovery=text,
        recovery_sig=issuer.sign(text),
        new_public_key=new_key.public,
    )


class TestBadge:
    def test_is_shown_to_everybody(self, registry: Registry) -> None:
        assert "verified" not in registry.ask("lookup", node_id=1)
        submit(registry, badge())
        found = registry.ask("lookup", node_id=1)
        assert (found["verified"], found["badge"]) == (True, badge())
        assert found["badge_sig"] == ISSUER.sign(badge())
        assert found["verification_provider"] == "github"
        assert found["verified_at"] == "2023-11-14T22:13:20Z"
        [entry] = registry.as_admin("list_nodes", network_id=0)["nodes"]
        assert entry["badge"] == badge()

    def test_survives_a_restart(self, tmp_path: Path) -> None:
        keys = {"badge_keys": f"b1={ISSUER.public}"}
        with registry_in(tmp_path, **keys) as registry:
            registry.register()
            submit(registry, badge())
            found = registry.ask("lookup", node_id=1)
        with registry_in(tmp_path, **keys) as registry:
            assert registry.ask("lookup", node_id=1) == found

    @pytest.mark.parametrize(
        ("text", "issuer", "problem"),
        [
            (badge(kid="b2"), ISSUER, "no pinned issuer key for badge kid"),
            (badge(), COLD, "badge signature verification failed"),
            (badge(node_id=2), ISSUER, "badge node_id does not match peer: badge=2 peer=1"),
            (badge(exp=START - 1), ISSUER, "badge expired: exp=1699999999"),
            (badge().replace(":1:", ":01:", 1), ISSUER, "node_id is not canonical decimal"),
            (badge().replace("v1", "v2"), ISSUER, 'unsupported version "v2"'),
            (badge().replace("github", ""), ISSUER, "provider is required"),
            (badge() + ":more", ISSUER, "wants 8 fields, got 9"),
            ("nonsense", ISSUER, 'bad prefix "nonsense"'),
            ("pilotbadge:" + "1" * 3000, ISSUER, "longer than 2048"),
        ],
        ids=lambda value: value[:40] if isinstance(value, str) else "",
    )
    def test_that_is_wrong_changes_nothing(
        self, registry: Registry, text: str, issuer: Key, problem: str
    ) -> None:
        before = registry.state()
        with pytest.raises(
            Refused, match="badge: badge verification failed: badgeverify: "
        ) as told:
            submit(registry, text, issuer)
        assert problem in str(told.value)
        assert registry.state() == before

    def test_needs_the_node_s_signature_too(self, registry: Registry) -> None:
        with pytest.raises(Refused, match="signature"):
            registry.ask("submit_badge", node_id=1, badge=badge(), badge_sig=ISSUER.sign(badge()))


class TestRecovery:
    def test_moves_the_node_to_the_new_key_and_drops_its_badge(self, registry: Registry) -> None:
        submit(registry, badge())
        enroll(registry)
        new = Key()
        recover(registry, recovery(new), new)
        found = registry.ask("lookup", node_id=1)
        assert (found["public_key"], found["key_generation"]) == (new.public, 1)
        assert "verified" not in found
        registry.signed(new, "heartbeat", node_id=1)
        with pytest.raises(Refused, match="was rotated away"):
            registry.register(registry.keys[1])

    def test_takes_effect_once(self, registry: Registry) -> None:
        enroll(registry)
        new, newer = Key(), Key()
        recover(registry, recovery(new), new)
        with pytest.raises(Refused, match="authorization already used"):
            recover(registry, recovery(newer), newer)

    def test_needs_an_enrollment(self, registry: Registry) -> None:
        new = Key()
        with pytest.raises(Refused, match="node 1 is not enrolled for recovery"):
            recover(registry, recovery(new), new)

    @pytest.mark.parametrize(
        ("changes", "problem"),
        [
            ({"node_id": 2}, "recovery: node_id mismatch"),
            ({"new": "AAAA"}, "recovery: is not bound to this new key"),
            ({"commitment": "other"}, "identity does not match the enrolled identity"),
            ({"exp": START - 1}, "recovery: has expired"),
            ({"exp": START + 3600}, "expiry too far in the future"),
            ({"nonce": ""}, "nonce is required"),
        ],
        ids=lambda value: str(value)[:40],
    )
    def test_that_is_wrong_changes_nothing(
        self, registry: Registry, changes: dict[str, object], problem: str
    ) -> None:
        enroll(registry)
        new = Key()
        before = registry.state()
        with pytest.raises(Refused, match="recovery") as told:
            recover(registry, recovery(new, **changes), new)
        assert problem in str(told.value)
        assert registry.state() == before

    def test_is_signed_by_the_cold_key_only(self, registry: Registry) -> None:
        enroll(registry)
        new = Key()
        with pytest.raises(Refused, match="badge signature verification failed"):
            recover(registry, recovery(new), new, issuer=ISSUER)

    def test_takes_no_key_of_another_node(self, registry: Registry) -> None:
        enroll(registry)
        other = registry.keys[registry.register()]
        with pytest.raises(Refused, match="new_public_key: is the key of a node already"):
            recover(registry, recovery(other), other)

    def test_enrollment_is_of_the_node_itself(self, registry: Registry) -> None:
        with pytest.raises(Refused, match="node_id mismatch: statement=2 request=1"):
            enroll(registry, node_id=2)


class TestExternalId:
    def test_is_for_administrators(self, registry: Registry) -> None:
        registry.as_admin("set_external_id", node_id=1, external_id="ann@example.test")
        answer = registry.as_admin("get_identity", node_id=1)
        assert answer["external_id"] == "ann@example.test"
        [entry] = registry.as_admin("list_nodes", network_id=0)["nodes"]
        assert entry["external_id"] == "ann@example.test"
        assert "ann@example.test" not in str(registry.ask("lookup", node_id=1))
        for message_type in ("set_external_id", "get_identity"):
            with pytest.raises(Refused, match="admin_token"):
                registry.ask(message_type, node_id=1, external_id="eve")

    def test_can_be_taken_away(self, registry: Registry) -> None:
        registry.as_admin("set_external_id", node_id=1, external_id="ann")
        registry.as_admin("set_external_id", node_id=1, external_id="")
        assert registry.as_admin("get_identity", node_id=1)["external_id"] == ""

    def test_brings_the_role_that_waits_for_it(self, registry: Registry) -> None:
        lab = registry.as_admin(
            "provision_network",
            blueprint={"name": "lab", "roles": [{"external_id": "ann", "role": "admin"}]},
        )["network_id"]
        registry.as_admin("set_external_id", node_id=1, external_id="Ann")
        registry.signed(1, "join_network", node_id=1, network_id=lab)
        role = registry.ask("get_member_role", network_id=lab, target_node_id=1)["role"]
        assert role == "admin"

    def test_needs_a_node(self, registry: Registry) -> None:
        with pytest.raises(Refused, match="node 9: node not found"):
            registry.as_admin("set_external_id", node_id=9, external_id="ann")


class TestTaskExec:
    def test_is_shown_while_it_is_said(self, registry: Registry) -> None:
        registry.signed(1, "set_task_exec", node_id=1, enabled=True)
        assert registry.ask("lookup", node_id=1)["task_exec"] is True
        registry.signed(1, "set_task_exec", node_id=1, enabled=False)
        assert "task_exec" not in registry.ask("lookup", node_id=1)
