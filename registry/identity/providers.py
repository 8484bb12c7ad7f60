"""Who vouches for the holders of identity tokens."""

from collections.abc import Callable, Mapping
from typing import Any

from attrs import asdict, frozen
from sqlalchemy import RowMapping, bindparam, delete, insert, select

from registry.events import Bus, Event, Projection, Snapshots, Transaction
from registry.identity.events import IDENTITY_WEBHOOK_CHANGED, PROVIDER_CHANGED
from registry.identity.messages import GetIdpConfig, SetIdentityWebhook, SetIdpConfig
from registry.identity.ports import Caller, CheckUrl
from registry.identity.tables import providers

_PROVIDER, _WEBHOOK = "provider", "webhook"  # purposes

_ALL = select(
    providers.c.purpose,
    providers.c.kind,
    providers.c.url,
    providers.c.issuer,
    providers.c.client_id,
    providers.c.tenant_id,
    providers.c.domain,
)
_DROP = delete(providers).where(providers.c.purpose == bindparam("which"))


@frozen(kw_only=True)
class Provider:
    """Somebody who vouches for holders of tokens.

    Attributes:
        kind: ``oidc`` and ``entra_id`` sign tokens with keys that they publish; ``webhook``,
            ``saml`` and ``ldap`` stand for a service that is asked about each token.
        url: Where the keys are, or the service is.
        issuer: What tokens must be issued by; empty for no such demand.
        client_id: Whom tokens must be meant for; empty for no such demand.
        tenant_id: In which tenant of Entra ID the holder must be; empty for no such demand.
        domain: A note for people.
    """

    kind: str
    url: str
    issuer: str = ""
    client_id: str = ""
    tenant_id: str = ""
    domain: str = ""

    @property
    def publishes_keys(self) -> bool:
        """Whether tokens are verified here, with the provider's keys."""
        return self.kind in ("oidc", "entra_id")


@frozen
class Vouchers:
    """Who is there to vouch.

    Attributes:
        provider: The identity provider; None for none.
        webhook: The service that is asked about each token; empty for none.
    """

    provider: Provider | None = None
    webhook: str = ""


class ProviderStore:
    """Keeps who vouches."""

    def __init__(self, *, check_url: CheckUrl) -> None:
        self._check_url = check_url

    def operations(self) -> dict[type, Callable[..., Mapping[str, Any]]]:
        """The requests that write, each with the method that answers it."""
        return {
            SetIdpConfig: self.set_idp_config,
            SetIdentityWebhook: self.set_identity_webhook,
        }

    def set_idp_config(
        self, transaction: Transaction, request: SetIdpConfig, _caller: Caller
    ) -> dict[str, Any]:
        """Say who vouches for holders of identity tokens.

        Raises:
            ValueError: The url may not be called.
        """
        if not (request.idp_type and request.url):
            self.set_provider(transaction, None)
            return {"status": "disabled"}
        provider = Provider(
            kind=request.idp_type,
            url=request.url,
            issuer=request.issuer,
            client_id=request.client_id,
            tenant_id=request.tenant_id,
            domain=request.domain,
        )
        self.set_provider(transaction, provider)
        return {"status": "enabled", "idp_type": provider.kind}

    def set_identity_webhook(
        self, transaction: Transaction, request: SetIdentityWebhook, _caller: Caller
    ) -> dict[str, Any]:
        """Say where identity tokens are sent to be verified.

        Raises:
            ValueError: The url may not be called.
        """
        self.set_webhook(transaction, request.url)
        return {"status": "enabled" if request.url else "disabled"}

    def set_provider(
        self, transaction: Transaction, provider: Provider | None, field: str = "url"
    ) -> None:
        """Keep a provider in place of the one there was.

        Raises:
            ValueError: Its url, in that field of the request, may not be called.
        """
        if provider is not None:
            self._check_url(provider.url, field)
        self._keep(transaction, _PROVIDER, provider)
        transaction.publish(PROVIDER_CHANGED(idp_type=provider.kind if provider else ""))

    def set_webhook(self, transaction: Transaction, url: str, field: str = "url") -> None:
        """Keep where tokens are sent, in place of where they were; empty for nowhere.

        Raises:
            ValueError: The url, in that field of the request, may not be called.
        """
        if url:
            self._check_url(url, field)
        self._keep(transaction, _WEBHOOK, Provider(kind="webhook", url=url) if url else None)
        transaction.publish(IDENTITY_WEBHOOK_CHANGED(enabled=bool(url)))

    @staticmethod
    def _keep(transaction: Transaction, purpose: str, provider: Provider | None) -> None:
        transaction.execute(_DROP, {"which": purpose})
        if provider is not None:
            transaction.execute(insert(providers), {"purpose": purpose, **asdict(provider)})


class ProviderView:
    """Who vouches, in memory; it is read on several threads."""

    def __init__(self, *, bus: Bus, snapshots: Snapshots) -> None:
        self._snapshots = snapshots
        self._vouchers = Vouchers()
        self.projection = Projection(
            bus,
            ("identity.provider_changed", "identity.webhook_changed"),
            apply=self._apply,
            rebuild=self._rebuild,
        )

    def operations(self) -> dict[type, Callable[..., Mapping[str, Any]]]:
        """The requests that only read, each with the method that answers it."""
        return {GetIdpConfig: self.get_idp_config}

    def vouchers(self) -> Vouchers:
        """Who vouches now."""
        self.projection.catch_up()
        return self._vouchers

    def status(self) -> dict[str, Any]:
        """The kind of the provider, if there is one, as a provisioned server states it."""
        provider = self.vouchers().provider
        return {"idp_type": provider.kind} if provider else {}

    def get_idp_config(self, _request: GetIdpConfig, _caller: Caller) -> dict[str, Any]:
        """Answer with the identity provider."""
        provider = self.vouchers().provider
        if provider is None:
            return {"configured": False}
        optional = {
            "issuer": provider.issuer,
            "client_id": provider.client_id,
            "tenant_id": provider.tenant_id,
            "domain": provider.domain,
        }
        return {
            "configured": True,
            "idp_type": provider.kind,
            "url": provider.url,
            **{name: value for name, value in optional.items() if value},
        }

    def _apply(self, _event: Event) -> None:
        self._rebuild()  # events do not tell urls, because those may hold secrets

    def _rebuild(self) -> int:
        with self._snapshots() as snapshot:
            rows = snapshot.connection.execute(_ALL).mappings()
            kept = {row["purpose"]: Provider(**_without_purpose(row)) for row in rows}
            webhook = kept.get(_WEBHOOK)
            self._vouchers = Vouchers(kept.get(_PROVIDER), webhook.url if webhook else "")
            return snapshot.number


def _without_purpose(row: RowMapping) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "purpose"}
