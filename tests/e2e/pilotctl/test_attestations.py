"""Commands about what others vouch for: badges, and recovery of a lost key."""

import time
from pathlib import Path

import pytest

from tests.e2e.pilotctl.conftest import BADGE_ISSUER, RECOVERY_ISSUER, Commands
from tests.e2e.steps import lookup
from tests.harness import Daemon

pytestmark = pytest.mark.daemon


class TestBadge:
    def test_is_submitted_by_its_holder_and_seen_by_others(
        self, commands: Commands, bob: Daemon, newcomer: Daemon
    ) -> None:
        node_id = newcomer.node_id
        assert commands.run(newcomer, "verify status")["status"] == "not_verified"
        badge = f"pilotbadge:v1:{node_id}:github:{int(time.time())}:0:b1:octocat"
        proof = ["--badge", badge, "--badge-sig", BADGE_ISSUER.sign(badge)]
        assert commands.run(newcomer, "verify --badge", *proof)["provider"] == "github"
        seen = commands.run(bob, "verify status", "--node", str(node_id))
        # The keys that pilotctl believes are built into it, and the test has none of them.
        assert (seen["status"], seen["provider"]) == ("badge_present_unvalidated", "github")
        assert lookup(bob, node_id)["badge"] == badge

    def test_of_an_unknown_issuer_is_refused(self, commands: Commands, newcomer: Daemon) -> None:
        badge = f"pilotbadge:v1:{newcomer.node_id}:github:{int(time.time())}:0:b9:octocat"
        proof = ["--badge", badge, "--badge-sig", RECOVERY_ISSUER.sign(badge)]
        assert "no pinned issuer key" in commands.refused(newcomer, "verify --badge", *proof)


class TestRecovery:
    def test_gives_the_address_to_a_new_key(
        self, commands: Commands, bob: Daemon, newcomer: Daemon, tmp_path: Path
    ) -> None:
        node_id, address, now = newcomer.node_id, newcomer.address, int(time.time())
        enrollment = f"pilotenroll:v1:{node_id}:github:c0ffee:{now}:b1"
        proof = ["--enrollment", enrollment, "--enrollment-sig", BADGE_ISSUER.sign(enrollment)]
        commands.run(newcomer, "recovery enroll", *proof)
        newcomer.kill()

        new_key = str(tmp_path / "new-key")
        public = commands.run(bob, "recovery new-key", "--out", new_key)["new_public_key"]
        recovery = f"pilotrecover:v1:{node_id}:{public}:c0ffee:{now + 600}:nonce:r1"
        answer = commands.run(
            newcomer,
            "recovery recover",
            *("--node", address, "--new-key", new_key, "--identity", str(newcomer.identity)),
            *("--recovery", recovery, "--recovery-sig", RECOVERY_ISSUER.sign(recovery)),
        )
        assert answer["recovered"] is True
        newcomer.start()
        assert (newcomer.node_id, newcomer.address) == (node_id, address)
        assert lookup(bob, node_id)["public_key"] == public
