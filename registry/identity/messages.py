"""The requests the identity store answers."""

from typing import Annotated, ClassVar, Literal

from msgspec import Meta, Struct

NodeId = Annotated[int, Meta(ge=1, le=0xFFFF_FFFE)]


class Request(Struct, frozen=True, kw_only=True, tag_field="type"):
    """What any request may carry beside its own fields."""

    signature: str = ""
    admin_token: str = ""


class RotateKey(Request, frozen=True, tag="rotate_key"):
    """Give a node another key; signed with the key it has.

    The form of old clients does not bind the new key: who records a request of theirs can
    send it again with another.
    """

    access: ClassVar[tuple[str, ...]] = (
        "node_id signs rotate:{node_id}:{new_public_key}",
        "lax: node_id signs rotate:{node_id}",
    )
    node_id: NodeId
    new_public_key: str


class SetKeyExpiry(Request, frozen=True, tag="set_key_expiry"):
    """Say until when a node's key is good: an RFC 3339 time, or ``never``."""

    access: ClassVar[tuple[str, ...]] = ("node_id signs set_key_expiry:{node_id}", "admin")
    node_id: NodeId
    expires_at: str = "never"


class GetKeyInfo(Request, frozen=True, tag="get_key_info"):
    """How old a node's key is, and until when it is good."""

    access: ClassVar[tuple[str, ...]] = ("anyone",)
    left_out: ClassVar[tuple[str, ...]] = ("owner always",)
    node_id: NodeId


class SubmitBadge(Request, frozen=True, tag="submit_badge"):
    """Show that a node's holder was verified: a statement that an issuer signed."""

    access: ClassVar[tuple[str, ...]] = ("node_id signs submit_badge:{node_id}:{badge}",)
    node_id: NodeId
    badge: str
    badge_sig: str


class EnrollRecovery(Request, frozen=True, tag="enroll_recovery"):
    """Have a node be recoverable by who holds an account elsewhere.

    The commitment that is signed is a field of the statement.
    """

    access: ClassVar[tuple[str, ...]] = ("node_id signs enroll_recovery:{node_id}:{commitment}",)
    node_id: NodeId
    enrollment: str
    enrollment_sig: str

    @property
    def commitment(self) -> str:
        """What stands for the account in the statement; empty for what is none."""
        fields = self.enrollment.split(":")
        return fields[4] if len(fields) == 7 else ""


class RecoverIdentity(Request, frozen=True, tag="recover_identity"):
    """Give a node another key when the one it had is lost.

    Nothing is signed by the node: that the issuer signed the recovery is the proof.
    """

    access: ClassVar[tuple[str, ...]] = ("anyone",)
    node_id: NodeId
    recovery: str
    recovery_sig: str
    new_public_key: str


class SetExternalId(Request, frozen=True, tag="set_external_id"):
    """Say by which id a node's holder is known elsewhere; an empty one says it is not."""

    access: ClassVar[tuple[str, ...]] = ("admin",)
    node_id: NodeId
    external_id: Annotated[str, Meta(max_length=256)]


class GetIdentity(Request, frozen=True, tag="get_identity"):
    """By which id a node's holder is known elsewhere, and who runs it, as it says."""

    access: ClassVar[tuple[str, ...]] = ("admin",)
    node_id: NodeId


ProviderKind = Literal["oidc", "saml", "webhook", "entra_id", "ldap"]
_Name = Annotated[str, Meta(max_length=1024)]


class SetIdpConfig(Request, frozen=True, tag="set_idp_config"):
    """Say who vouches for holders of identity tokens; without a kind or a url, nobody does."""

    access: ClassVar[tuple[str, ...]] = ("admin",)
    idp_type: ProviderKind | Literal[""] = ""
    url: str = ""
    issuer: _Name = ""
    client_id: _Name = ""
    tenant_id: _Name = ""
    domain: _Name = ""


class GetIdpConfig(Request, frozen=True, tag="get_idp_config"):
    """Who vouches for holders of identity tokens."""

    access: ClassVar[tuple[str, ...]] = ("admin",)


class SetIdentityWebhook(Request, frozen=True, tag="set_identity_webhook"):
    """Say where identity tokens are sent to be verified; an empty url says nowhere."""

    access: ClassVar[tuple[str, ...]] = ("admin",)
    url: str = ""
