"""Provisioning: making a network what a blueprint describes, in one transaction.

A blueprint has parts for several stores, and some for rooms that a server may not have.
Running it again changes nothing that is as described already.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal

from msgspec import Meta, Struct, to_builtins

from registry.dispatch.authentication import Caller
from registry.dispatch.events import NETWORK_PROVISIONED
from registry.events import Transaction
from registry.identity import Provider, ProviderStore
from registry.membership import (
    CreateNetwork,
    MembershipStore,
    MembershipView,
    Network,
    SetNetworkEnterprise,
)
from registry.policy import PolicyStore, PolicyView, SetExprPolicy, SetNetworkPolicy

MOST_ROLES = 10_000
"""Roles that one blueprint can have wait."""

HeaderText = Annotated[str, Meta(max_length=1024, pattern=r"^[\x21-\x7e]*\Z")]
"""What goes into a header, or beside one: printable ASCII without blanks."""

_Port = Annotated[int, Meta(ge=1, le=0xFFFF)]


class NetworkPolicy(Struct, frozen=True, kw_only=True):
    """What the network allows; what is 0 or empty stays as it is."""

    max_members: Annotated[int, Meta(ge=0, le=10_000)] = 0
    allowed_ports: Annotated[list[_Port], Meta(max_length=100)] = []
    description: Annotated[str, Meta(max_length=256)] = ""


class WaitingRole(Struct, frozen=True, kw_only=True):
    """The role that somebody gets on joining, who is known elsewhere by an id."""

    external_id: Annotated[str, Meta(min_length=1, max_length=256)]
    role: Literal["owner", "admin", "member"]


class IdentityProvider(Struct, frozen=True, kw_only=True):
    """Who vouches for external ids."""

    type: Literal["oidc", "saml", "webhook", "entra_id", "ldap"]
    url: str
    issuer: str = ""
    client_id: str = ""
    tenant_id: str = ""
    domain: str = ""


class Webhooks(Struct, frozen=True, kw_only=True):
    """Whom to tell what happens, and whom to ask about identity tokens."""

    audit_url: str = ""
    identity_url: str = ""


class AuditExport(Struct, frozen=True, kw_only=True):
    """Where the audit log goes."""

    format: Literal["json", "splunk_hec", "syslog_cef"]
    endpoint: str
    token: HeaderText = ""
    index: HeaderText = ""
    source: HeaderText = ""


class Blueprint(Struct, frozen=True, kw_only=True):
    """A network as it should be, and what the server should do beside."""

    name: str
    join_rule: Literal["open", "token", "invite", ""] = ""
    join_token: Annotated[str, Meta(max_length=1024)] = ""
    enterprise: bool = False
    network_admin_token: Annotated[str, Meta(max_length=1024)] = ""
    policy: NetworkPolicy | None = None
    expr_policy: dict[str, Any] | None = None
    roles: Annotated[list[WaitingRole], Meta(max_length=MOST_ROLES)] = []
    identity_provider: IdentityProvider | None = None
    webhooks: Webhooks | None = None
    audit_export: AuditExport | None = None


class ProvisionNetwork(
    Struct, frozen=True, kw_only=True, tag_field="type", tag="provision_network"
):
    """Make a network, or find it by its name, and make it what a blueprint describes.

    How nodes come into a network that is there already, and its tokens, stay as they are.
    """

    access: ClassVar[tuple[str, ...]] = ("admin",)
    blueprint: Blueprint
    signature: str = ""
    admin_token: str = ""


class GetProvisionStatus(
    Struct, frozen=True, kw_only=True, tag_field="type", tag="get_provision_status"
):
    """Every network with what was provisioned for it, and what the server does beside."""

    access: ClassVar[tuple[str, ...]] = ("admin",)
    left_out: ClassVar[tuple[str, ...]] = ("roles always", "join_token always")
    signature: str = ""
    admin_token: str = ""


SetUp = Callable[[Transaction, Any], Sequence[str]]
"""Sets up a blueprint's part for another room; answers what it did, in words.

It raises ValueError for a part that it cannot set up; nothing is provisioned then.
"""

Status = Callable[[], Mapping[str, Any]]
"""What another room does at the moment, by answer field."""

PARTS_FOR_OTHERS = ("webhooks.audit_url", "audit_export")
"""The parts of a blueprint that are for other rooms, in the order of their setting up."""


class Provisioner:
    """Answers ``provision_network``: tells each store what a blueprint says about it."""

    def __init__(
        self,
        *,
        membership: MembershipStore,
        policy: PolicyStore,
        providers: ProviderStore,
        others: Mapping[str, SetUp],
    ) -> None:
        """Make it.

        Args:
            membership: Makes networks, and has roles wait.
            policy: Says what networks allow.
            providers: Keeps who vouches for holders of identity tokens.
            others: Who sets up which of `PARTS_FOR_OTHERS`. A blueprint with a part that
                nobody sets up is refused.
        """
        self._membership = membership
        self._policy = policy
        self._providers = providers
        self._others = others

    def operations(self) -> dict[type, Callable[..., dict[str, Any]]]:
        """The requests that write, each with the method that answers it."""
        return {ProvisionNetwork: self.provision_network}

    def provision_network(
        self, transaction: Transaction, request: ProvisionNetwork, caller: Caller
    ) -> dict[str, Any]:
        """Make a network what a blueprint describes.

        Raises:
            ValueError: The blueprint cannot be followed.
            LookupError: There are no more network ids.
        """
        blueprint = request.blueprint
        known = self._membership.named(transaction, blueprint.name)
        network_id = known or self._create(transaction, blueprint, caller)
        verb = "found existing" if known else "created"
        actions = [
            f"{verb} network {network_id} ({blueprint.name})",
            *self._set_flag(transaction, network_id, blueprint, caller),
            *self._set_policies(transaction, network_id, blueprint, caller),
            *self._set_up_providers(transaction, blueprint),
            *self._set_up_others(transaction, blueprint),
            *self._preassign(transaction, network_id, blueprint),
        ]
        facts = {"network_id": network_id, "name": blueprint.name, "created": not known}
        transaction.publish(NETWORK_PROVISIONED(**facts, actions=actions))
        return {**facts, "actions": actions}

    def _create(self, transaction: Transaction, blueprint: Blueprint, caller: Caller) -> int:
        if blueprint.join_rule == "token" and not blueprint.join_token:
            raise ValueError("blueprint.join_token: join_token is required when join_rule is token")
        request = CreateNetwork(
            name=blueprint.name,
            join_rule=blueprint.join_rule,
            token=blueprint.join_token,
            network_admin_token=blueprint.network_admin_token,
        )
        answer = self._membership.create_network(transaction, request, caller)
        network_id: int = answer["network_id"]
        return network_id

    def _set_flag(
        self, transaction: Transaction, network_id: int, blueprint: Blueprint, caller: Caller
    ) -> list[str]:
        if not blueprint.enterprise:
            return []
        request = SetNetworkEnterprise(network_id=network_id, enterprise=True)
        self._membership.set_network_enterprise(transaction, request, caller)
        return ["enabled enterprise features"]

    def _set_policies(
        self, transaction: Transaction, network_id: int, blueprint: Blueprint, caller: Caller
    ) -> list[str]:
        actions = []
        if blueprint.policy is not None:
            wanted = blueprint.policy
            policy = SetNetworkPolicy(
                network_id=network_id,
                max_members=wanted.max_members or None,
                allowed_ports=wanted.allowed_ports or None,
                description=wanted.description or None,
            )
            self._policy.set_network_policy(transaction, policy, caller)
            actions.append("applied network policy")
        if blueprint.expr_policy is not None:
            expr = SetExprPolicy(network_id=network_id, expr_policy=blueprint.expr_policy)
            self._policy.set_expr_policy(transaction, expr, caller)
            actions.append("applied expr policy")
        return actions

    def _set_up_providers(self, transaction: Transaction, blueprint: Blueprint) -> list[str]:
        actions = []
        if blueprint.identity_provider is not None:
            wanted = to_builtins(blueprint.identity_provider)
            provider = Provider(kind=wanted.pop("type"), **wanted)
            self._providers.set_provider(transaction, provider, "blueprint.identity_provider.url")
            actions.append(f"configured identity provider ({provider.kind})")
        if blueprint.webhooks is not None and blueprint.webhooks.identity_url:
            self._providers.set_webhook(
                transaction, blueprint.webhooks.identity_url, "blueprint.webhooks.identity_url"
            )
            actions.append("configured identity webhook")
        return actions

    def _set_up_others(self, transaction: Transaction, blueprint: Blueprint) -> list[str]:
        actions: list[str] = []
        for name in PARTS_FOR_OTHERS:
            part = _part(blueprint, name)
            if not part:
                continue
            if name not in self._others:
                raise ValueError(f"blueprint.{name}: cannot be set up by this server")
            actions += self._others[name](transaction, part)
        return actions

    def _preassign(
        self, transaction: Transaction, network_id: int, blueprint: Blueprint
    ) -> list[str]:
        if not blueprint.roles:
            return []
        roles = {waiting.external_id: waiting.role for waiting in blueprint.roles}
        self._membership.preassign(transaction, network_id, roles)
        return [f"stored {len(roles)} RBAC pre-assignments"]


def _part(blueprint: Blueprint, name: str) -> Any:
    """What a blueprint says under a name with dots; None where it says nothing."""
    part: Any = blueprint
    for step in name.split("."):
        part = getattr(part, step, None)
    return part


class ProvisionStatus:
    """Answers ``get_provision_status`` from memory."""

    def __init__(
        self, *, membership: MembershipView, policy: PolicyView, others: Sequence[Status]
    ) -> None:
        """Make it.

        Args:
            membership: Knows the networks.
            policy: Knows what they allow.
            others: The rooms that set up parts of blueprints.
        """
        self._membership = membership
        self._policy = policy
        self._others = others

    def operations(self) -> dict[type, Callable[..., dict[str, Any]]]:
        """The requests that only read, each with the method that answers it."""
        return {GetProvisionStatus: self.get_provision_status}

    def get_provision_status(self, _request: GetProvisionStatus, _caller: Caller) -> dict[str, Any]:
        """Answer with every network, and what other rooms do."""
        answer: dict[str, Any] = {
            "networks": [self._entry(network) for network in self._membership.networks()]
        }
        for status in self._others:
            answer.update(status())
        return answer

    def _entry(self, network: Network) -> dict[str, Any]:
        network_id = network.network_id
        policy = self._policy.policy(network_id)
        optional = {
            "max_members": policy.max_members,
            "allowed_ports": policy.allowed_ports,
            "rbac_pre_assignments": self._membership.preassigned_count(network_id),
        }
        return {
            "network_id": network_id,
            "name": network.name,
            "enterprise": network.enterprise,
            "members": len(self._membership.members(network_id)),
            "join_rule": network.join_rule,
            **{name: value for name, value in optional.items() if value},
        }
