"""Identity tokens, against a provider that really is asked over HTTP."""

import base64
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from attrs import define, field
from joserfc import jwk, jwt

from tests.harness.client import Key, Refused
from tests.harness.receiver import Received, Receiver, Reply, receiver
from tests.system.registry import START, Registry, registry_in

ISSUER, CLIENT = "https://idp.example.com", "the-registry"
TENANT = "11111111-2222-3333-4444-555555555555"

KEYS: dict[str, Callable[[], jwk.Key]] = {
    "RSA": lambda: jwk.generate_key("RSA", 2048),
    "EC": lambda: jwk.generate_key("EC", "P-256"),
    "oct": lambda: jwk.generate_key("oct", 256),
}


@define(eq=False)
class Idp:
    """A provider, and the keys that it publishes at the moment.

    Attributes:
        receiver: Where it is asked.
        published: Its keys, as it publishes them.
    """

    receiver: Receiver
    published: list[dict[str, Any]] = field(factory=list)

    @property
    def url(self) -> str:
        return f"{self.receiver.url}/keys"

    def new_key(self, kty: str = "RSA", kid: str = "one", **more: str) -> jwk.Key:
        """Publish one more key."""
        key = KEYS[kty]()
        public = dict(key.as_dict(private=kty == "oct"))
        self.published.append({**public, "kid": kid, **more})
        return key

    def answer(self, _: Received) -> Reply:
        return Reply(body=json.dumps({"keys": self.published}).encode())


@pytest.fixture
def idp() -> Iterator[Idp]:
    with receiver() as running:
        provider = Idp(running)
        running.answer = provider.answer
        yield provider


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    with registry_in(tmp_path, allow_inside_urls=True) as running:
        yield running


@pytest.fixture
def vouched(registry: Registry, idp: Idp) -> Registry:
    """A registry that has the provider configured."""
    registry.as_admin(
        "set_idp_config", idp_type="oidc", url=idp.url, issuer=ISSUER, client_id=CLIENT
    )
    return registry


def token(key: jwk.Key, alg: str = "RS256", *, kid: str | None = "one", **claims: Any) -> str:
    header = {"alg": alg, **({"kid": kid} if kid is not None else {})}
    said = {"iss": ISSUER, "aud": CLIENT, "sub": "ann", "exp": START + 600, **claims}
    said = {claim: value for claim, value in said.items() if value is not None}
    return jwt.encode(header, said, key, algorithms=[alg])


class TestConfiguration:
    def test_is_told_to_administrators(self, vouched: Registry, idp: Idp) -> None:
        answer = vouched.as_admin("get_idp_config")
        assert answer == {
            "type": "get_idp_config_ok",
            "configured": True,
            "idp_type": "oidc",
            "url": idp.url,
            "issuer": ISSUER,
            "client_id": CLIENT,
        }
        with pytest.raises(Refused, match="admin_token"):
            vouched.ask("get_idp_config")

    def test_is_none_before_there_is_one_and_after_it_was_cleared(self, vouched: Registry) -> None:
        assert vouched.as_admin("set_idp_config")["status"] == "disabled"
        assert vouched.as_admin("get_idp_config")["configured"] is False

    def test_outlives_the_server(self, tmp_path: Path) -> None:
        url = "https://idp.example.com/keys"
        with registry_in(tmp_path) as registry:
            registry.as_admin("set_idp_config", idp_type="oidc", url=url)
            registry.as_admin("set_identity_webhook", url="https://hook.example.com/")
        with registry_in(tmp_path) as registry:
            assert registry.as_admin("get_idp_config")["url"] == url
            assert registry.as_admin("get_provision_status")["idp_type"] == "oidc"

    @pytest.mark.parametrize("message_type", ["set_idp_config", "set_identity_webhook"])
    def test_leads_nowhere_inside_unless_a_setting_allows_it(
        self, tmp_path: Path, message_type: str
    ) -> None:
        fields = {"idp_type": "oidc"} if message_type == "set_idp_config" else {}
        with registry_in(tmp_path) as registry:
            before = registry.state()
            with pytest.raises(Refused, match=r"^url: 169\.254\.169\.254 leads inside"):
                registry.as_admin(message_type, url="http://169.254.169.254/latest/", **fields)
            assert registry.state() == before

    def test_of_an_unknown_kind_is_refused(self, registry: Registry) -> None:
        with pytest.raises(Refused, match="idp_type: Invalid enum value 'kerberos'"):
            registry.as_admin("set_idp_config", idp_type="kerberos", url="https://example.com/")

    def test_comes_with_a_blueprint(self, registry: Registry, idp: Idp) -> None:
        provider = {"type": "entra_id", "url": idp.url, "tenant_id": TENANT}
        blueprint = {"name": "lab", "join_rule": "open", "identity_provider": provider}
        answer = registry.as_admin("provision_network", blueprint=blueprint)
        assert "configured identity provider (entra_id)" in answer["actions"]
        assert registry.as_admin("get_idp_config")["tenant_id"] == TENANT

    def test_that_a_blueprint_has_wrong_leaves_everything_as_it_was(self, tmp_path: Path) -> None:
        with registry_in(tmp_path) as registry:
            before = registry.state()
            provider = {"type": "oidc", "url": "http://localhost/"}
            with pytest.raises(Refused, match=r"^blueprint.identity_provider.url: .* inside"):
                registry.as_admin(
                    "provision_network",
                    blueprint={"name": "lab", "join_rule": "open", "identity_provider": provider},
                )
            assert registry.state() == before


class TestValidateToken:
    @pytest.mark.parametrize(("kty", "alg"), [("RSA", "RS256"), ("EC", "ES256"), ("oct", "HS256")])
    def test_tells_whose_a_good_one_is(
        self, vouched: Registry, idp: Idp, kty: str, alg: str
    ) -> None:
        answer = vouched.as_admin("validate_token", token=token(idp.new_key(kty), alg))
        assert answer == {
            "type": "validate_token_ok",
            "verified": True,
            "subject": "ann",
            "issuer": ISSUER,
        }

    @pytest.mark.parametrize(
        ("claims", "says"),
        [
            ({"exp": START - 61}, "expired"),
            ({"exp": None}, "exp"),
            ({"nbf": START + 61}, "not yet valid"),
            ({"iat": START + 61}, "issued in the future"),
            ({"iss": "https://evil.example.com"}, "iss"),
            ({"aud": "somebody-else"}, "aud"),
            ({"aud": ["a", "b"]}, "aud"),
            ({"sub": None}, "sub"),
            ({"sub": ""}, "sub"),
        ],
    )
    def test_says_why_one_is_not_good(
        self, vouched: Registry, idp: Idp, claims: dict[str, Any], says: str
    ) -> None:
        answer = vouched.as_admin("validate_token", token=token(idp.new_key(), **claims))
        assert answer["verified"] is False
        assert says in answer["error"]

    def test_lets_clocks_be_a_minute_apart(self, vouched: Registry, idp: Idp) -> None:
        good = token(idp.new_key(), exp=START - 58, nbf=START + 58, iat=START + 58)
        assert vouched.as_admin("validate_token", token=good)["verified"]

    def test_takes_one_of_several_audiences(self, vouched: Registry, idp: Idp) -> None:
        good = token(idp.new_key(), aud=["somebody-else", CLIENT])
        assert vouched.as_admin("validate_token", token=good)["verified"]

    def test_does_not_believe_another_key(self, vouched: Registry, idp: Idp) -> None:
        idp.new_key()
        forged = token(jwk.generate_key("RSA", 2048))
        answer = vouched.as_admin("validate_token", token=forged)
        assert answer["error"] == "invalid signature"

    def test_does_not_take_a_public_key_for_a_secret(self, vouched: Registry, idp: Idp) -> None:
        idp.new_key()
        modulus = idp.published[0]["n"]
        secret = jwk.import_key({"kty": "oct", "k": modulus})
        answer = vouched.as_admin("validate_token", token=token(secret, "HS256"))
        assert answer["error"].startswith("algorithm mismatch: the token says HS256")

    @pytest.mark.parametrize("signature", ["", "AAAA"])
    def test_does_not_take_one_that_nobody_signed(
        self, vouched: Registry, idp: Idp, signature: str
    ) -> None:
        header = base64.urlsafe_b64encode(b'{"alg":"none","kid":"one"}').rstrip(b"=").decode()
        _, claims, _ = token(idp.new_key()).split(".")
        unsigned = f"{header}.{claims}.{signature}"
        answer = vouched.as_admin("validate_token", token=unsigned)
        assert answer["error"].startswith("algorithm mismatch: the token says none")

    @pytest.mark.parametrize("nonsense", ["x", "a.b", "a.b.c.d", "e30.e30.e30", "ü.ü.ü"])
    def test_says_when_it_is_no_token(self, vouched: Registry, idp: Idp, nonsense: str) -> None:
        idp.new_key()
        with pytest.raises(Refused, match=r"^token: |^JWKS: "):
            vouched.as_admin("validate_token", token=nonsense)

    def test_finds_a_key_that_came_later(self, vouched: Registry, idp: Idp) -> None:
        first = idp.new_key()
        assert vouched.as_admin("validate_token", token=token(first))["verified"]
        second = idp.new_key(kid="two")
        with pytest.raises(Refused, match="JWKS: key 'two' not found"):
            vouched.as_admin("validate_token", token=token(second, kid="two"))
        assert len(idp.receiver.received) == 1  # the keys are asked for now and then only

    def test_needs_no_key_id_where_there_is_one_key(self, vouched: Registry, idp: Idp) -> None:
        only = idp.new_key()
        assert vouched.as_admin("validate_token", token=token(only, kid=None))["verified"]

    def test_needs_a_key_id_where_there_are_several(self, vouched: Registry, idp: Idp) -> None:
        first, _ = idp.new_key(), idp.new_key(kid="two")
        with pytest.raises(Refused, match="names no key, and there are 2"):
            vouched.as_admin("validate_token", token=token(first, kid=None))

    def test_passes_over_keys_that_are_not_for_signing(self, vouched: Registry, idp: Idp) -> None:
        key = idp.new_key(use="enc")
        with pytest.raises(Refused, match="JWKS: key 'one' not found"):
            vouched.as_admin("validate_token", token=token(key))

    @pytest.mark.parametrize(
        ("reply", "says"),
        [
            (Reply(500), "JWKS: endpoint returned status 500"),
            (Reply(302, headers={"location": "http://127.0.0.1:1/"}), "returned status 302"),
            (Reply(body=b"<html>"), "JWKS: is no JSON"),
            (Reply(body=b"[]"), "JWKS: is no JSON"),
            (Reply(body=b"{}"), "JWKS: has no keys"),
            (Reply(body=b"x" * 70_000), "JWKS: answered more than 65536 bytes"),
            (Reply(body=b'{"keys":[1,{},{"kty":"RSA"},{"kty":"EC","crv":"x"}]}'), "not found"),
        ],
    )
    def test_says_when_the_provider_has_no_keys(
        self, vouched: Registry, idp: Idp, reply: Reply, says: str
    ) -> None:
        idp.receiver.answer = lambda _: reply
        with pytest.raises(Refused, match=says):
            vouched.as_admin("validate_token", token=token(jwk.generate_key("RSA", 2048)))

    def test_says_when_there_is_no_provider(self, registry: Registry) -> None:
        with pytest.raises(Refused, match="no identity provider configured"):
            registry.as_admin("validate_token", token="a.b.c")

    def test_of_entra_id_looks_at_the_tenant(self, registry: Registry, idp: Idp) -> None:
        registry.as_admin("set_idp_config", idp_type="entra_id", url=idp.url, tenant_id=TENANT)
        key = idp.new_key()
        assert registry.as_admin("validate_token", token=token(key, tid=TENANT))["verified"]
        assert not registry.as_admin("validate_token", token=token(key, tid="other"))["verified"]

    def test_is_for_administrators(self, vouched: Registry, idp: Idp) -> None:
        with pytest.raises(Refused, match="admin_token"):
            vouched.ask("validate_token", token=token(idp.new_key()))


class TestRegistration:
    def test_with_a_good_token_is_known_by_its_subject(self, vouched: Registry, idp: Idp) -> None:
        node_id = vouched.register(identity_token=token(idp.new_key()))
        assert vouched.as_admin("get_identity", node_id=node_id)["external_id"] == "ann"

    def test_gets_the_role_that_waited(self, vouched: Registry, idp: Idp) -> None:
        blueprint = {
            "name": "lab",
            "join_rule": "open",
            "enterprise": True,
            "roles": [{"external_id": "ann", "role": "admin"}],
        }
        made = vouched.as_admin("provision_network", blueprint=blueprint)
        node_id = vouched.register(identity_token=token(idp.new_key()))
        vouched.signed(node_id, "join_network", node_id=node_id, network_id=made["network_id"])
        role = vouched.ask("get_member_role", network_id=made["network_id"], target_node_id=node_id)
        assert role["role"] == "admin"

    def test_with_a_bad_token_changes_nothing(self, vouched: Registry, idp: Idp) -> None:
        bad = token(idp.new_key(), aud="somebody-else")
        before = vouched.state()
        with pytest.raises(Refused, match="identity_token: identity verification rejected"):
            vouched.register(identity_token=bad)
        assert vouched.state() == before

    def test_without_a_signature_has_nobody_asked(self, vouched: Registry, idp: Idp) -> None:
        with pytest.raises(Refused, match="signature"):
            vouched.ask("register", public_key=Key().public, identity_token=token(idp.new_key()))
        assert idp.receiver.received == []

    def test_that_shows_too_many_tokens_is_refused(self, tmp_path: Path) -> None:
        with registry_in(tmp_path, identity_tokens_per_minute=2.0) as registry:
            key = Key()
            for _ in range(2):
                registry.register(key, identity_token="x")
            with pytest.raises(Refused, match="rate limited: too many identity tokens from"):
                registry.register(key, identity_token="x")
            assert registry.register(key)

    def test_where_nobody_vouches_is_as_without_a_token(self, registry: Registry) -> None:
        node_id = registry.register(identity_token="whatever")
        assert registry.as_admin("get_identity", node_id=node_id)["external_id"] == ""

    def test_does_not_tell_strangers_what_is_wrong_with_the_provider(
        self, vouched: Registry, idp: Idp
    ) -> None:
        idp.receiver.answer = lambda _: Reply(500)
        with pytest.raises(Refused) as refused:
            vouched.register(identity_token=token(jwk.generate_key("RSA", 2048)))
        assert str(refused.value) == "identity_token: cannot be verified now: try again later"


class TestWebhook:
    def test_is_asked_and_believed(self, registry: Registry, idp: Idp) -> None:
        registry.as_admin("set_identity_webhook", url=f"{idp.receiver.url}/verify")
        idp.receiver.answer = lambda _: _json({"verified": True, "external_id": "ann"})
        node_id = registry.register(identity_token="opaque")
        assert registry.as_admin("get_identity", node_id=node_id)["external_id"] == "ann"
        [received] = idp.receiver.received
        assert (received.path, received.body) == ("/verify", b'{"token":"opaque"}')
        assert received.headers["content-type"] == "application/json"

    def test_comes_before_the_provider(self, vouched: Registry, idp: Idp) -> None:
        vouched.as_admin("set_identity_webhook", url=f"{idp.receiver.url}/verify")
        idp.receiver.answer = lambda _: _json({"verified": True, "external_id": "bob"})
        node_id = vouched.register(identity_token="opaque")
        assert vouched.as_admin("get_identity", node_id=node_id)["external_id"] == "bob"

    @pytest.mark.parametrize("kind", ["webhook", "saml", "ldap"])
    def test_may_be_the_provider(self, registry: Registry, idp: Idp, kind: str) -> None:
        registry.as_admin("set_idp_config", idp_type=kind, url=f"{idp.receiver.url}/verify")
        idp.receiver.answer = lambda _: _json({"verified": True, "external_id": "ann"})
        assert registry.register(identity_token="opaque")
        with pytest.raises(Refused, match=f"of type {kind} publishes no keys"):
            registry.as_admin("validate_token", token="a.b.c")

    @pytest.mark.parametrize(
        ("reply", "says"),
        [
            ({"verified": False, "error": "revoked"}, "identity verification rejected: revoked"),
            ({}, "identity verification rejected: token not verified"),
            ({"verified": True}, "cannot be verified now"),
            ({"verified": "yes", "external_id": "ann"}, "cannot be verified now"),
            ({"verified": True, "external_id": "x" * 257}, "longer than 256"),
        ],
    )
    def test_that_does_not_vouch_is_told(
        self, registry: Registry, idp: Idp, reply: dict[str, Any], says: str
    ) -> None:
        registry.as_admin("set_identity_webhook", url=idp.receiver.url)
        before = registry.state()
        idp.receiver.answer = lambda _: _json(reply)
        with pytest.raises(Refused, match=f"identity_token: .*{says}"):
            registry.register(identity_token="opaque")
        assert registry.state() == before

    def test_that_hangs_holds_up_nobody_else(self, registry: Registry, idp: Idp) -> None:
        """Neither reads nor writes wait for it, and those who wait are bounded."""
        registry.as_admin("set_identity_webhook", url=idp.receiver.url)
        go_on = threading.Event()

        def hang(_: Received) -> Reply:
            go_on.wait(30)
            return _json({"verified": True, "external_id": "ann"})

        idp.receiver.answer = hang
        names: list[int] = []
        waiting = threading.Thread(
            target=lambda: names.append(registry.register(identity_token="opaque"))
        )
        waiting.start()
        idp.receiver.take()
        node_id = registry.register()
        assert registry.ask("lookup", node_id=node_id)["node_id"] == node_id
        assert names == []
        go_on.set()
        waiting.join(30)
        assert len(names) == 1


def _json(answer: dict[str, Any]) -> Reply:
    return Reply(body=json.dumps(answer).encode())
