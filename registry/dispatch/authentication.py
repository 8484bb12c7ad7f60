"""Finding out who sent a request, by the access rules of its operation."""

import hmac
import time
from collections.abc import Sequence
from typing import Any, Protocol

from attrs import define, evolve, frozen

from registry.dispatch.access import Access, Signed
from registry.dispatch.operations import Operation
from registry.dispatch.rates import AddressRates
from registry.events import Transaction
from registry.persistence.change_log import Author

GUESSES_PER_MINUTE = 10
"""Wrong tokens that are looked at from one address: the right one is then refused too."""


class SigningKey(Protocol):
    """The key of a node."""

    @property
    def public_key(self) -> bytes:
        """32 bytes."""

    @property
    def expires_at(self) -> int | None:
        """Until when the key is good, in unix seconds; None for ever."""


class Signatures(Protocol):
    """What the identity store offers for checking signatures.

    `verify_node` and `verify_key` answer with the key that signed. They raise PermissionError
    when the signature does not fit, ValueError when something is malformed and LookupError
    when there is no such node; the text names the field that is wrong.
    """

    def verify_node(self, node_id: int, message: bytes, signature: str) -> SigningKey:
        """Check a signature against the key of a node."""

    def verify_key(self, public_key: str, message: bytes, signature: str) -> bytes:
        """Check a signature against a base64 key."""

    def unproved(self, signer: int | str, message: bytes, signature: str) -> bytes | None:
        """What would have to be verified to check a signature, unless that is known."""

    def note_good(self, proof: bytes) -> None:
        """Take it that what `unproved` gave was verified."""


class NetworkRoles(Protocol):
    """What the membership store offers for checking who may manage a network.

    Both methods raise LookupError when there is no such network.
    """

    def role_of(self, transaction: Transaction, network_id: int, node_id: int) -> str:
        """A node's role in a network; empty if it is not a member."""

    def admin_token_matches(self, transaction: Transaction, network_id: int, token: str) -> bool:
        """Whether a token is the network's own admin token."""


@frozen
class Caller:
    """Who asks, as far as it was proved.

    Attributes:
        address: The IP address the request came from.
        port: The port it came from.
        node_id: The node that signed the request; 0 if none did.
        public_key: The key that verified the signature; empty if none did.
        key_expires: Whether that key will expire.
        is_admin: Whether the request carried the admin token.
        signed: The rule that the signature fits; None if none did.
        network_token: What the request carried for a network's admin token. It proves
            nothing until `Authenticator.require_role` has passed.
        external_id: By which id an identity provider knows the caller; empty if none was
            asked.
    """

    address: str
    port: int
    node_id: int = 0
    public_key: bytes = b""
    key_expires: bool = False
    is_admin: bool = False
    signed: Signed | None = None
    network_token: str = ""
    external_id: str = ""

    def author(self, node_id: int = 0) -> Author:
        """Who is written down as having made something happen, once it has been let happen.

        Args:
            node_id: The node whose key it is that signed, where only the key was known.
        """
        if self.is_admin:
            actor = "admin"
        elif self.network_token:
            actor = "network admin"
        elif self.public_key:
            actor = f"node {self.node_id or node_id}"
        else:
            actor = "anyone"
        return Author(actor, self.address)

    @property
    def is_proved(self) -> bool:
        """Whether a key or the admin token was shown."""
        return self.is_admin or bool(self.public_key)


@define(eq=False)  # not frozen: that costs as much as to find the rules
class Claim:
    """Who somebody says to be, with a signature that is still to be checked.

    Attributes:
        rules: The rules any of which the signature has to fit.
        request: What is asked for.
        stranger: Who asks, before that is proved.
    """

    rules: Sequence[Signed]
    request: Any
    stranger: Caller


class Authenticator:
    """Decides who a caller is, and whether that is enough."""

    def __init__(
        self,
        signatures: Signatures,
        roles: NetworkRoles,
        *,
        admin_token: str = "",
        guesses: AddressRates | None = None,
    ) -> None:
        """Make an authenticator.

        Args:
            signatures: Where keys are known.
            roles: Where roles in networks are known.
            admin_token: The registry's admin token; without one there is no administrator.
            guesses: How often an address may show a wrong token; by default
                `GUESSES_PER_MINUTE`.
        """
        self._signatures = signatures
        self._roles = roles
        self._admin_token = admin_token.encode()
        self._guesses = guesses or AddressRates(
            GUESSES_PER_MINUTE, GUESSES_PER_MINUTE, clock=time.monotonic
        )

    def identify(self, operation: Operation, request: Any, stranger: Caller) -> Caller | Claim:
        """Find out who a caller is, or what has to be proved of that.

        Args:
            operation: What is asked for.
            request: Its request.
            stranger: Who asks before anything is proved: where the request came from.

        Returns:
            The caller, who is an administrator or need not be anybody; or what he claims by
            a signature, for `prove`.

        Raises:
            PermissionError: The proof is missing or wrong; the text names the field.
        """
        access = operation.access
        if request.admin_token and (access.admin or access.anyone or access.network_token):
            return self._prove_token(access, request.admin_token, stranger)
        if access.anyone and not access.signed:
            return stranger
        rules = [rule for rule in access.signed if rule.applies(request)]
        if access.anyone and not (rules and request.signature):
            return stranger
        if not rules and access.signed:
            raise PermissionError(f"{access.signed[0].condition}: {operation.type} needs it")
        if not rules:
            raise PermissionError(f"admin_token: {operation.type} needs the admin token")
        if not request.signature:
            raise PermissionError(f"signature: {operation.type} needs one by {rules[0].signer}")
        return Claim(rules, request, stranger)

    def unproved(self, claim: Claim) -> bytes | None:
        """What `prove` will verify first of all, unless that is known.

        Who has verified it elsewhere says so by `note_good`.
        """
        rule = claim.rules[0]
        message = rule.message(claim.request)
        return self._signatures.unproved(rule.who(claim.request), message, claim.request.signature)

    def note_good(self, proof: bytes) -> None:
        """Take it that what `unproved` gave was verified."""
        self._signatures.note_good(proof)

    def prove(self, claim: Claim) -> Caller:
        """Prove a claim, but for roles in networks, which `require_role` checks.

        Raises:
            PermissionError: The signature is wrong.
            ValueError: The signature is malformed.
            LookupError: The node that should have signed does not exist.
        """
        refusals: list[PermissionError] = []
        for rule in claim.rules:
            try:
                return self._check(rule, claim.request, claim.stranger)
            except PermissionError as refusal:
                refusals.append(refusal)
        raise refusals[0]  # the first rule says what is wrong

    @property
    def has_admin(self) -> bool:
        """Whether there is an admin token, and so can be an administrator."""
        return bool(self._admin_token)

    def expect(self, admin_token: str) -> bool:
        """Take another admin token for the registry's from now on; empty for none.

        Who was let in by the old one is remembered where requests are remembered.

        Returns:
            Whether it is another.
        """
        before, self._admin_token = self._admin_token, admin_token.encode()
        return before != self._admin_token

    def require_admin(self, token: str, address: str) -> None:
        """Let only who has the admin token pass, wherever it was shown.

        Args:
            token: What was shown.
            address: Where it came from.

        Raises:
            PermissionError: It is not the registry's, or too many wrong ones came from there.
        """
        if self.is_slowed(address):
            raise PermissionError("admin_token: too many wrong ones from here: wait a minute")
        if self._is_admin_token(token):
            return
        if not self._admin_token:
            raise PermissionError("admin_token: this registry has no admin token")
        self._guesses.take(address)
        raise PermissionError("admin_token: not the registry's")

    def is_slowed(self, address: str) -> bool:
        """Whether so many wrong tokens came from an address that none is looked at now."""
        return self._guesses.is_empty(address)

    def require_role(
        self, operation: Operation, transaction: Transaction, request: Any, caller: Caller
    ) -> None:
        """Check what only the database knows for sure: that a caller may manage a network.

        Raises:
            PermissionError: The signer has no role that is enough, or the token is not the
                network's; the text names the field.
            LookupError: There is no such network.
        """
        if caller.network_token:
            self._require_network_token(operation, transaction, request, caller)
        elif caller.signed is not None and caller.signed.roles:
            self._require_role(caller.signed, transaction, request, caller.node_id)

    def _prove_token(self, access: Access, token: str, stranger: Caller) -> Caller:
        may_be_network = access.network_token and not self.is_slowed(stranger.address)
        if may_be_network and not self._is_admin_token(token):
            return evolve(stranger, network_token=token)
        self.require_admin(token, stranger.address)
        return evolve(stranger, is_admin=True)

    def _check(self, rule: Signed, request: Any, stranger: Caller) -> Caller:
        who, message = rule.who(request), rule.message(request)
        if isinstance(who, str):
            key = self._signatures.verify_key(who, message, request.signature)
            # Not evolve(), which takes longer than all the rest but the signature.
            return Caller(stranger.address, stranger.port, public_key=key, signed=rule)
        known = self._signatures.verify_node(who, message, request.signature)
        return Caller(
            stranger.address,
            stranger.port,
            node_id=who,
            public_key=known.public_key,
            key_expires=known.expires_at is not None,
            signed=rule,
        )

    def _is_admin_token(self, token: str) -> bool:
        """Whether a token is the registry's, told in constant time."""
        return bool(self._admin_token) and hmac.compare_digest(token.encode(), self._admin_token)

    def _require_network_token(
        self, operation: Operation, transaction: Transaction, request: Any, caller: Caller
    ) -> None:
        network_id = getattr(request, operation.access.network_token)
        if not self._roles.admin_token_matches(transaction, network_id, caller.network_token):
            self._guesses.charge(caller.address)  # others of its may be on their way already
            raise PermissionError(
                f"admin_token: neither the registry's nor that of network {network_id}"
            )

    def _require_role(
        self, rule: Signed, transaction: Transaction, request: Any, node_id: int
    ) -> None:
        network_id = getattr(request, rule.network)
        role = self._roles.role_of(transaction, network_id, node_id)
        if role not in rule.roles:
            has = f'has role "{role}"' if role else "has no role"
            raise PermissionError(
                f"{rule.signer}: node {node_id} {has} in network {network_id}, "
                f"requires {' or '.join(rule.roles)}"
            )
