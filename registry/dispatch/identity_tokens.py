"""Identity tokens: whose holder is who, as an identity provider says."""

from collections.abc import Callable
from typing import Annotated, Any, ClassVar

import msgspec
import structlog
from attrs import evolve, frozen
from joserfc import jws, jwt
from joserfc.errors import BadSignatureError, ClaimError, JoseError
from msgspec import Meta, Struct

from registry.dispatch.authentication import Caller
from registry.dispatch.jwks import ProviderKeys
from registry.dispatch.operations import Inquiry
from registry.dispatch.registration import LONGEST_TOKEN, Register
from registry.identity import Provider, Vouchers
from registry.outside import Outside, OutsideUnavailable

log = structlog.get_logger()

LEEWAY_SECONDS = 60
"""How far the clocks of the provider and of this server may be apart, as in the public server."""

LONGEST_EXTERNAL_ID = 256
"""Characters, as `set_external_id` has it."""


class ValidateToken(Struct, frozen=True, kw_only=True, tag_field="type", tag="validate_token"):
    """Ask whether the identity provider's tokens are signed like this one."""

    access: ClassVar[tuple[str, ...]] = ("admin",)
    token: Annotated[str, Meta(min_length=1, max_length=LONGEST_TOKEN)]
    signature: str = ""
    admin_token: str = ""


class TokenRefused(PermissionError):
    """A token that is well formed, and says nothing that can be relied on."""


@frozen
class Holder:
    """Who holds a token.

    Attributes:
        subject: The id by which the provider knows the holder.
        issuer: Who says so.
    """

    subject: str
    issuer: str


class _Verdict(Struct, frozen=True):
    """What a service that is asked about tokens answers."""

    verified: bool = False
    external_id: str = ""
    error: str = ""


class IdentityTokens:
    """Finds out who holds a token: by the provider's keys, or by asking a service."""

    def __init__(
        self, *, vouchers: Callable[[], Vouchers], outside: Outside, clock: Callable[[], float]
    ) -> None:
        """Make it.

        Args:
            vouchers: Who vouches at the moment; may be called on any thread.
            outside: What they are asked with.
            clock: Unix time in seconds.
        """
        self._vouchers = vouchers
        self._outside = outside
        self._clock = clock
        self._keys = ProviderKeys(outside)

    def asks(self) -> dict[type, Callable[..., dict[str, Any]]]:
        """The requests that somebody outside is asked about, with the method that answers."""
        return {ValidateToken: self.validate_token}

    def inquiries(self) -> dict[type, Inquiry]:
        """What is asked outside before a request is written."""
        return {Register: Inquiry("identity_token", self.identify)}

    def validate_token(self, request: ValidateToken, _caller: Caller) -> dict[str, Any]:
        """Answer whether a token is good, and if so whose it is.

        Raises:
            ValueError: It is no token.
            LookupError: There is no provider, or none whose tokens can be verified here, or
                it has no such key.
            OutsideUnavailable: The provider's keys cannot be fetched.
        """
        provider = self._vouchers().provider
        if provider is None:
            raise LookupError("no identity provider configured")
        if not provider.publishes_keys:
            raise LookupError(f"identity provider of type {provider.kind} publishes no keys")
        try:
            holder = self._holder(request.token, provider, "token")
        except TokenRefused as refusal:
            return {"verified": False, "error": str(refusal)}
        return {"verified": True, "subject": holder.subject, "issuer": holder.issuer}

    def identify(self, request: Register, caller: Caller) -> Caller:
        """Find out by which id the holder of a registering node is known elsewhere.

        Returns:
            The caller with that id; as it was where nobody vouches.

        Raises:
            PermissionError: The token is not good.
            ValueError: It is no token, or its id is too long.
            LookupError: The provider has no such key.
            OutsideUnavailable: Who vouches has no answer.
        """
        try:
            external_id = self._external_id(request.identity_token)
        except OutsideUnavailable as error:
            log.warning("identity_token.not_verified", reason=str(error))
            raise OutsideUnavailable(
                "identity_token: cannot be verified now: try again later"
            ) from error
        if len(external_id) > LONGEST_EXTERNAL_ID:
            raise ValueError(f"identity_token: its id is longer than {LONGEST_EXTERNAL_ID}")
        return evolve(caller, external_id=external_id)

    def _external_id(self, token: str) -> str:
        vouchers = self._vouchers()
        if vouchers.webhook:
            return self._ask(vouchers.webhook, token)
        provider = vouchers.provider
        if provider is None:
            return ""
        if not provider.publishes_keys:
            return self._ask(provider.url, token)
        try:
            return self._holder(token, provider, "identity_token").subject
        except TokenRefused as refusal:
            raise TokenRefused(
                f"identity_token: identity verification rejected: {refusal}"
            ) from None

    def _ask(self, url: str, token: str) -> str:
        """Ask a service about a token; the id that it knows the holder by."""
        body = msgspec.json.encode({"token": token})
        answer = self._outside.post(url, body, headers={"content-type": "application/json"})
        if answer.status != 200:
            raise OutsideUnavailable(f"identity webhook returned status {answer.status}")
        try:
            verdict = msgspec.json.decode(answer.body, type=_Verdict)
        except msgspec.DecodeError as error:
            raise OutsideUnavailable(f"identity webhook: {error}") from error
        if not verdict.verified:
            reason = verdict.error or "token not verified"
            raise TokenRefused(f"identity_token: identity verification rejected: {reason}")
        if not verdict.external_id:
            raise OutsideUnavailable("identity webhook returned empty external_id")
        return verdict.external_id

    def _holder(self, token: str, provider: Provider, field: str) -> Holder:
        """Verify a token by the provider's keys."""
        try:
            headers = jws.extract_compact(token.encode()).headers()
        except (JoseError, ValueError) as error:
            raise ValueError(f"{field}: invalid token: {error}") from None
        kid = headers.get("kid")
        if kid is not None and not isinstance(kid, str):
            raise ValueError(f"{field}: invalid token: its kid is no text")
        key = self._keys.find(provider.url, kid)
        if headers.get("alg") != key.algorithm:
            raise TokenRefused(
                f"algorithm mismatch: the token says {str(headers.get('alg'))[:32]}, "
                f"its key is for {key.algorithm}"
            )
        try:
            claims = jwt.decode(token, key.key, algorithms=[key.algorithm]).claims
            self._expected(provider).validate(claims)
        except BadSignatureError:
            raise TokenRefused("invalid signature") from None
        except ClaimError as error:
            raise TokenRefused(str(error)) from None
        except (JoseError, ValueError) as error:
            raise ValueError(f"{field}: invalid token: {error}") from None
        return Holder(claims["sub"], claims.get("iss", ""))

    def _expected(self, provider: Provider) -> jwt.JWTClaimsRegistry:
        """What a provider's tokens must claim; the times they claim are checked as well."""
        wanted = {
            "iss": provider.issuer,
            "aud": provider.client_id,
            "tid": provider.tenant_id if provider.kind == "entra_id" else "",
        }
        values = {
            claim: jwt.ClaimsOption(essential=True, value=value)
            for claim, value in wanted.items()
            if value
        }
        return jwt.JWTClaimsRegistry(
            now=lambda: int(self._clock()),
            leeway=LEEWAY_SECONDS,
            sub=jwt.ClaimsOption(essential=True, allow_blank=False),
            exp=jwt.ClaimsOption(essential=True),
            **values,
        )
