from pathlib import Path

import pytest

from registry.listener import self_signed


def test_the_one_that_was_made_is_kept(tmp_path: Path) -> None:
    assert self_signed(tmp_path).fingerprint == self_signed(tmp_path).fingerprint


@pytest.mark.parametrize("left", ["tls-key.pem", "tls-key.new", "tls-cert.new"])
def test_what_a_crash_left_half_done_is_made_anew(tmp_path: Path, left: str) -> None:
    (tmp_path / left).write_text("half of it")
    made = self_signed(tmp_path)
    assert self_signed(tmp_path).fingerprint == made.fingerprint
    assert sorted(file.name for file in tmp_path.iterdir() if file.suffix == ".pem") == [
        "tls-cert.pem",
        "tls-key.pem",
    ]


def test_the_key_is_for_nobody_else(tmp_path: Path) -> None:
    self_signed(tmp_path)
    assert (tmp_path / "tls-key.pem").stat().st_mode & 0o777 == 0o600


def test_one_without_its_key_is_refused(tmp_path: Path) -> None:
    self_signed(tmp_path)
    (tmp_path / "tls-key.pem").unlink()
    with pytest.raises(ValueError, match="tls-cert, tls-key: cannot use"):
        self_signed(tmp_path)
