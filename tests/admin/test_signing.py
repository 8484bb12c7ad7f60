"""The secret that deliveries are signed with."""

from pathlib import Path

import pytest

from registry.admin import own_secret, read_secret
from registry.admin.signing import signature


def test_a_signature_is_known_from_elsewhere() -> None:
    # openssl dgst -sha256 -hmac key, over "1700000000.{}"
    assert signature(b"key", 1_700_000_000, b"{}") == (
        "v1=9d713ed406bb7076d4123f0dc2c39d2df5c654ed4b0cd56b52c8b4c940bd63ae"
    )


def test_a_folder_has_one_secret_for_good_that_only_its_owner_reads(tmp_path: Path) -> None:
    first = own_secret(tmp_path)
    assert len(first) >= 32
    assert own_secret(tmp_path) == first
    [file] = tmp_path.iterdir()
    assert file.stat().st_mode & 0o077 == 0


def test_a_secret_of_ones_own_must_be_there_and_long_enough(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    with pytest.raises(ValueError, match="cannot read"):
        read_secret(file)
    file.write_text("short\n")
    with pytest.raises(ValueError, match="fewer than 16 characters"):
        read_secret(file)
    file.write_text("  long-enough-for-signing\n")
    assert read_secret(file) == b"long-enough-for-signing"
