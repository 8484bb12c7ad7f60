"""Who may call what: the rules that requests carry, as data, and how they are read.

A rule is one line of text; an operation lists its alternatives, any of which is enough.
The grammar:

``anyone``
    No proof is asked for.
``admin``
    The request carries the registry's admin token in ``admin_token``.
``network token of FIELD``
    ``admin_token`` is the admin token of the network whose id is in FIELD.
``FIELD signs TEMPLATE``
    ``signature`` is the base64 Ed25519 signature of the template's text, in which
    ``{name}`` stands for the request's field of that name. The key is that of the node
    whose id is in FIELD or, where FIELD is ``public_key``, that very key.
``FIELD signs TEMPLATE if NAME``
    Likewise, for requests that have something in the field NAME.
``FIELD signs TEMPLATE as ROLE of NETWORK``
    Likewise, and the node has that role, or one of ``owner|admin``, in the network whose
    id is in the field NETWORK.
``MODE: RULE``
    A rule that only a server knows which is run in that mode, one of `MODES`.

What an answer leaves out is a line of text too: ``FIELD unless WORDS``, or ``FIELD always``
for what nobody is told though the server knows it. No program reads the words.
"""

import re
from collections.abc import Callable, Collection, Sequence
from operator import attrgetter

from attrs import field, frozen

MODES = {
    "lax": "with `--lax`",
    "open-beacons": "with `--open-beacons`",
    "undated-heartbeats": "without `--fresh-heartbeats`",
}
"""What some rules ask of the server itself, and how it is run then."""

_IN_MODE = re.compile(r"(?P<mode>[a-z-]+): (?P<rule>.+)")

_SIGNS = re.compile(
    r"(?P<signer>\w+) signs (?P<template>\S+)"
    r"(?: if (?P<condition>\w+))?"
    r"(?: as (?P<roles>[a-z|]+) of (?P<network>\w+))?"
)
_NETWORK_TOKEN = re.compile(r"network token of (?P<network>\w+)")
_NAME = re.compile(r"\{(\w+)\}")
_LEFT_OUT = re.compile(r"(?P<field>\w+) (?:unless (?P<condition>\S.*)|always)")


class InvalidRule(ValueError):
    """A rule that does not follow the grammar, or names a field the request has not."""


@frozen
class Signed:
    """The rule that somebody must have signed.

    Attributes:
        signer: The request's field that says who.
        template: What is signed, with ``{name}`` for the request's fields.
        condition: The field that must have something in it for the rule to apply; empty
            for a rule that always applies.
        roles: The roles in a network any of which the signer must have; empty for none.
        network: The request's field with that network; empty where no role is needed.
    """

    signer: str
    template: str
    condition: str
    roles: tuple[str, ...]
    network: str
    _message: Callable[[object], str] = field(repr=False, eq=False)

    def applies(self, request: object) -> bool:
        """Whether this is the rule for a request."""
        return not self.condition or bool(getattr(request, self.condition))

    def message(self, request: object) -> bytes:
        """The bytes that this request's signature must be over."""
        return self._message(request).encode()

    def who(self, request: object) -> int | str:
        """The node id, or for ``public_key`` the base64 key, that must have signed."""
        signer: int | str = getattr(request, self.signer)
        return signer


@frozen
class Access:
    """The alternatives of one operation.

    Attributes:
        rules: As written, for people; also those of modes that the server is not in.
        anyone: Whether no proof is needed.
        admin: Whether the admin token is enough.
        network_token: The request's field with the network whose own admin token is
            enough; empty for none.
        signed: Which signatures are enough: the first that applies and fits.
        left_out: What answers leave out: each field, and what it would take; empty where
            nothing would do.
    """

    rules: tuple[str, ...]
    anyone: bool
    admin: bool
    network_token: str
    signed: tuple[Signed, ...]
    left_out: tuple[tuple[str, str], ...] = ()

    @classmethod
    def parse(
        cls,
        rules: Sequence[str],
        fields: frozenset[str],
        *,
        left_out: Sequence[str] = (),
        modes: Collection[str] = (),
    ) -> "Access":
        """Read the rules of an operation.

        Args:
            rules: At least one.
            fields: The names of the request's fields.
            left_out: What its answers leave out.
            modes: In which of `MODES` the server is.

        Raises:
            InvalidRule: A rule cannot be understood, or there is none.
        """
        if not rules:
            raise InvalidRule("an operation needs at least one access rule")
        parsed = [(mode, _parse(rule, fields)) for mode, rule in map(split_mode, rules)]
        in_force = [known for mode, known in parsed if not mode or mode in modes]
        networks = [known.network for known in in_force if isinstance(known, _NetworkToken)]
        return cls(
            rules=tuple(rules),
            anyone="anyone" in in_force,
            admin="admin" in in_force,
            network_token=networks[0] if networks else "",
            signed=tuple(known for known in in_force if isinstance(known, Signed)),
            left_out=tuple(_parse_left_out(line) for line in left_out),
        )


def split_mode(rule: str) -> tuple[str, str]:
    """The mode that a rule needs, empty for none, and the rule without it.

    Raises:
        InvalidRule: There is no such mode.
    """
    match = _IN_MODE.fullmatch(rule)
    if match is None:
        return "", rule
    if match["mode"] not in MODES:
        raise InvalidRule(f"access rule {rule!r} is for no known mode: {', '.join(MODES)}")
    return match["mode"], match["rule"]


@frozen
class _NetworkToken:
    """The rule that a network's own admin token is enough."""

    network: str


def _parse(rule: str, fields: frozenset[str]) -> str | Signed | _NetworkToken:
    if rule in ("anyone", "admin"):
        return rule
    if match := _NETWORK_TOKEN.fullmatch(rule):
        _require_fields(rule, [match["network"]], fields)
        return _NetworkToken(match["network"])
    if match := _SIGNS.fullmatch(rule):
        return _parse_signed(rule, match, fields)
    raise InvalidRule(
        f"access rule {rule!r} is not 'anyone', 'admin', 'network token of FIELD' "
        "or 'FIELD signs TEMPLATE'"
    )


def _parse_signed(rule: str, match: re.Match[str], fields: frozenset[str]) -> Signed:
    names = _NAME.findall(match["template"])
    optional = [match[group] for group in ("condition", "network") if match[group]]
    _require_fields(rule, [match["signer"], *names, *optional], fields)
    return Signed(
        signer=match["signer"],
        template=match["template"],
        condition=match["condition"] or "",
        roles=tuple((match["roles"] or "").split("|")) if match["roles"] else (),
        network=match["network"] or "",
        message=_compile(match["template"], names),
    )


def _require_fields(rule: str, names: Sequence[str], fields: frozenset[str]) -> None:
    for name in names:
        if name not in fields:
            raise InvalidRule(f"access rule {rule!r} names {name!r}, which the request has not")


def _parse_left_out(line: str) -> tuple[str, str]:
    match = _LEFT_OUT.fullmatch(line)
    if match is None:
        raise InvalidRule(f"{line!r} is not 'FIELD unless WORDS' or 'FIELD always'")
    return match["field"], match["condition"] or ""


def _compile(template: str, names: list[str]) -> Callable[[object], str]:
    """A function from a request to the template's text."""
    positional = _NAME.sub("{}", template).format
    if not names:
        return lambda _request: positional()
    values = attrgetter(*names)
    if len(names) == 1:
        return lambda request: positional(values(request))
    return lambda request: positional(*values(request))
