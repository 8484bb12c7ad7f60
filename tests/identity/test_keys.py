import base64
from collections.abc import Iterator

import pytest
from nacl.bindings import crypto_sign_open
from nacl.signing import SigningKey

from registry.identity import keys
from registry.identity.keys import BadSignature, parse_public_key, verify

KEY = SigningKey(bytes(32))
PUBLIC = KEY.verify_key.encode()


@pytest.fixture
def verified(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[bytes]]:
    """What was really verified, with nothing remembered from before."""
    really: list[bytes] = []

    def noting(signed: bytes, key: bytes) -> bytes:
        really.append(signed)
        opened: bytes = crypto_sign_open(signed, key)
        return opened

    monkeypatch.setattr(keys, "crypto_sign_open", noting)
    keys._open.cache_clear()
    yield really
    keys._open.cache_clear()


def sign(message: bytes) -> str:
    return base64.b64encode(KEY.sign(message).signature).decode()


class TestVerify:
    def test_looks_once_at_a_signature_that_comes_again(self, verified: list[bytes]) -> None:
        for _ in range(3):
            verify(PUBLIC, b"heartbeat:1", sign(b"heartbeat:1"))
        assert len(verified) == 1

    def test_tells_messages_and_keys_apart(self, verified: list[bytes]) -> None:
        verify(PUBLIC, b"heartbeat:1", sign(b"heartbeat:1"))
        other = SigningKey(bytes([1] * 32)).verify_key.encode()
        for key, message in ((PUBLIC, b"heartbeat:2"), (other, b"heartbeat:1")):
            with pytest.raises(BadSignature, match="signature: verification failed"):
                verify(key, message, sign(b"heartbeat:1"))
        assert len(verified) == 3

    def test_remembers_nothing_that_was_wrong(self, verified: list[bytes]) -> None:
        for _ in range(2):
            with pytest.raises(BadSignature):
                verify(PUBLIC, b"heartbeat:2", sign(b"heartbeat:1"))
        assert len(verified) == 2

    def test_remembers_no_long_message(self, verified: list[bytes]) -> None:
        long = b"x" * 10_000
        for _ in range(2):
            verify(PUBLIC, long, sign(long))
        assert len(verified) == 2

    def test_of_no_base64_names_the_field(self) -> None:
        with pytest.raises(ValueError, match="signature: not standard base64"):
            verify(PUBLIC, b"heartbeat:1", "no+base64?")


class TestParsePublicKey:
    @pytest.mark.parametrize(
        ("text", "says"),
        [
            ("", "must be 32 bytes, not 0"),
            ("AAAA", "must be 32 bytes, not 3"),
            ("A" * 43, "not standard base64"),
            ("A" * 43 + "=\n", "not standard base64"),
            ("é" * 44, "not standard base64"),
            ("A" * 42 + "-=", "not standard base64"),
        ],
    )
    def test_refuses_what_is_no_key(self, text: str, says: str) -> None:
        with pytest.raises(ValueError, match=f"new_public_key: {says}"):
            parse_public_key(text, "new_public_key")

    def test_reads_what_is_one(self) -> None:
        assert parse_public_key(base64.b64encode(PUBLIC).decode()) == PUBLIC
