"""Who may call what: the rules that requests carry, as data, and how they are read.

A rule is one line of text; an operation lists its alternatives, any of which is
enough. The grammar:

``anyone``
    No proof is asked for.
``admin``
    The request carries the registry's admin token in ``admin_token``.
``FIELD signs TEMPLATE``
    ``signature`` is the base64 Ed25519 signature of the template's text, in which
    ``{name}`` stands for the request's field of that name. The key is that of the node
    whose id is in FIELD or, where FIELD is ``public_key``, that very key.
"""

import re
from collections.abc import Callable
from operator import attrgetter

from attrs import frozen

_SIGNS = re.compile(r"(?P<signer>\w+) signs (?P<template>\S+)")
_NAME = re.compile(r"\{(\w+)\}")


class InvalidRule(ValueError):
    """A rule that does not follow the grammar, or names a field the request has not."""


@frozen
class Signed:
    """The rule that somebody must have signed.

    Attributes:
        signer: The request's field that says who.
        template: What is signed, with ``{name}`` for the request's fields.
    """

    signer: str
    template: str
    _message: Callable[[object], str]

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
        rules: As written, for people.
        anyone: Whether no proof is needed.
        admin: Whether the admin token is enough.
        signed: Which signature is enough, if any.
    """

    rules: tuple[str, ...]
    anyone: bool
    admin: bool
    signed: Signed | None

    @classmethod
    def parse(cls, rules: tuple[str, ...], fields: frozenset[str]) -> "Access":
        """Read the rules of an operation.

        Args:
            rules: At least one.
            fields: The names of the request's fields.

        Raises:
            InvalidRule: A rule cannot be understood, or there is none.
        """
        if not rules:
            raise InvalidRule("an operation needs at least one access rule")
        signed = [_parse_signed(rule, fields) for rule in rules if rule not in ("anyone", "admin")]
        if len(signed) > 1:
            raise InvalidRule(f"only one signature rule is possible: {rules}")
        return cls(rules, "anyone" in rules, "admin" in rules, signed[0] if signed else None)


def _parse_signed(rule: str, fields: frozenset[str]) -> Signed:
    match = _SIGNS.fullmatch(rule)
    if match is None:
        raise InvalidRule(
            f"access rule {rule!r} is not 'anyone', 'admin' or 'FIELD signs TEMPLATE'"
        )
    template = match["template"]
    names = _NAME.findall(template)
    for name in [match["signer"], *names]:
        if name not in fields:
            raise InvalidRule(f"access rule {rule!r} names {name!r}, which the request has not")
    return Signed(match["signer"], template, _compile(template, names))


def _compile(template: str, names: list[str]) -> Callable[[object], str]:
    """A function from a request to the template's text."""
    positional = _NAME.sub("{}", template).format
    if not names:
        return lambda _request: positional()
    values = attrgetter(*names)
    if len(names) == 1:
        return lambda request: positional(values(request))
    return lambda request: positional(*values(request))
