import base64

import pytest
from nacl.bindings import crypto_sign_open
from nacl.signing import SigningKey

from registry.identity import keys
from registry.identity.keys import BadSignature, Proofs, parse_public_key, proof_of, verify

KEY = SigningKey(bytes(32))
PUBLIC = KEY.verify_key.encode()


@pytest.fixture
def verified(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What was really verified."""
    really: list[bytes] = []

    def noting(signed: bytes, key: bytes) -> bytes:
        really.append(signed)
        opened: bytes = crypto_sign_open(signed, key)
        return opened

    monkeypatch.setattr(keys, "crypto_sign_open", noting)
    return really


def sign(message: bytes) -> str:
    return base64.b64encode(KEY.sign(message).signature).decode()


def proof(message: bytes, key: bytes = PUBLIC, signed: bytes | None = None) -> bytes:
    return proof_of(key, message, sign(signed or message))


class TestVerify:
    def test_tells_messages_and_keys_apart(self) -> None:
        verify(PUBLIC, b"heartbeat:1", sign(b"heartbeat:1"))
        other = SigningKey(bytes([1] * 32)).verify_key.encode()
        for key, message in ((PUBLIC, b"heartbeat:2"), (other, b"heartbeat:1")):
            with pytest.raises(BadSignature, match="signature: verification failed"):
                verify(key, message, sign(b"heartbeat:1"))

    def test_of_no_base64_names_the_field(self) -> None:
        with pytest.raises(ValueError, match="signature: not standard base64"):
            verify(PUBLIC, b"heartbeat:1", "no+base64?")


class TestProofs:
    def test_look_once_at_what_comes_again(self, verified: list[bytes]) -> None:
        proofs = Proofs()
        for _ in range(3):
            proofs.require(proof(b"heartbeat:1"))
        assert len(verified) == 1

    def test_tell_messages_and_keys_apart(self, verified: list[bytes]) -> None:
        proofs = Proofs()
        proofs.require(proof(b"heartbeat:1"))
        other = SigningKey(bytes([1] * 32)).verify_key.encode()
        for bad in (
            proof(b"heartbeat:2", signed=b"heartbeat:1"),
            proof(b"heartbeat:1", key=other),
        ):
            with pytest.raises(BadSignature, match="signature: verification failed"):
                proofs.require(bad)
        assert len(verified) == 3

    def test_remember_nothing_that_was_wrong(self, verified: list[bytes]) -> None:
        proofs = Proofs()
        for _ in range(2):
            with pytest.raises(BadSignature):
                proofs.require(proof(b"heartbeat:2", signed=b"heartbeat:1"))
        assert len(verified) == 2

    def test_remember_no_long_message(self, verified: list[bytes]) -> None:
        proofs = Proofs()
        for _ in range(2):
            proofs.require(proof(b"x" * 10_000))
        assert len(verified) == 2

    def test_believe_who_has_verified_it_elsewhere(self, verified: list[bytes]) -> None:
        proofs = Proofs()
        proofs.note_good(proof(b"heartbeat:1"))
        proofs.require(proof(b"heartbeat:1"))
        assert verified == []

    def test_forget_the_oldest_of_too_many(self) -> None:
        proofs = Proofs(most=2)
        first, second, third = (proof(b"heartbeat:%d" % number) for number in range(3))
        for each in (first, second, second, third):
            proofs.note_good(each)
        assert [each in proofs for each in (first, second, third)] == [False, True, True]


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
