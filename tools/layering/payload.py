"""What subscribers read of the events that they get.

A handler is followed statement by statement, with the set of event types that can get
there: ``match event.type`` and comparisons narrow it, calls that are given the event or its
payload are followed into the function. What is not understood narrows nothing.
"""

import ast
from collections.abc import Iterable, Iterator, Mapping

from attrs import define, field, frozen

from tools.layering.functions import Function, find_class, find_function
from tools.layering.modules import Module
from tools.layering.project import Project

Types = frozenset[str]

EVENT, PAYLOAD, TYPE = "event", "payload", "type"
"""What a name in a handler may stand for."""


@frozen
class Read:
    """A payload key that a subscriber reads.

    Attributes:
        module: Where.
        line: The line there.
        key: The key.
        types: The event types that can get there.
        is_needed: Whether it is an error if the key is not there.
    """

    module: Module
    line: int
    key: str
    types: Types
    is_needed: bool


@frozen
class Case:
    """A comparison of the type of an event with a constant.

    Attributes:
        module: Where.
        line: The line there.
        type: The constant.
        types: The event types that can get there.
    """

    module: Module
    line: int
    type: str
    types: Types


@define(eq=False)
class PayloadReader:
    """Collects what handlers read.

    Attributes:
        project: Where the functions are that handlers call.
        reads: What they read.
        cases: Which types they tell apart.
    """

    project: Project
    reads: list[Read] = field(factory=list)
    cases: list[Case] = field(factory=list)
    _seen: set[tuple[int, Types, tuple[tuple[str, str], ...]]] = field(factory=set)

    def follow(self, function: Function, types: Types, roles: Mapping[str, str]) -> None:
        """Read a function.

        Args:
            function: The function.
            types: The event types that it can be called for.
            roles: What its parameters stand for, as far as it matters.
        """
        key = id(function.node), types, tuple(sorted(roles.items()))
        if types and key not in self._seen:
            self._seen.add(key)
            _Reading(self, function, dict(roles)).block(function.body, types)


@define(eq=False)
class _Reading:
    """The way through one function."""

    _reader: PayloadReader
    _function: Function
    _roles: dict[str, str]

    def block(self, body: Iterable[ast.stmt], types: Types) -> Types | None:
        """Go through statements; the types that come out below, None if none can."""
        for statement in body:
            after = self._statement(statement, types)
            if after is None:
                return None
            types = after
        return types

    def _statement(self, node: ast.stmt, types: Types) -> Types | None:
        match node:
            case ast.If(test=test, body=body, orelse=orelse):
                self._expression(test, types)
                yes, no = self._narrow(test, types)
                return _merge(self.block(body, yes), self.block(orelse, no))
            case ast.Match():
                return self._match(node, types)
            case ast.With(items=items, body=body) | ast.AsyncWith(items=items, body=body):
                for item in items:
                    self._expression(item.context_expr, types)
                return self.block(body, types)
            case ast.Return() | ast.Raise() | ast.Continue() | ast.Break():
                self._expression(node, types)
                return None
        self._statement_that_goes_on(node, types)
        return types

    def _statement_that_goes_on(self, node: ast.stmt, types: Types) -> None:
        """A statement after which, as far as can be told, all that could get there may come."""
        match node:
            case ast.For(body=body, iter=head) | ast.AsyncFor(body=body, iter=head):
                self._expression(head, types)
                self.block([*body, *node.orelse], types)
            case ast.While(test=test, body=body):
                self._expression(test, types)
                self.block(body, types)
            case ast.Try():
                for body in (node.body, *(each.body for each in node.handlers)):
                    self.block(body, types)
                self.block([*node.orelse, *node.finalbody], types)
            case ast.FunctionDef(body=body) | ast.AsyncFunctionDef(body=body):
                self.block(body, types)
            case ast.Assign(targets=targets, value=value):
                self._expression(value, types)
                for target in targets:
                    self._expression(target, types)
                    self._bind(target, value)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                self._expression(value, types)
                self._bind(target, value)
            case _:
                self._expression(node, types)

    def _bind(self, target: ast.expr, value: ast.expr) -> None:
        match target, value:
            case ast.Name(id=name), _:
                role = self._role(value)
                self._roles.pop(name, None)
                if role is not None:
                    self._roles[name] = role
            case ast.Tuple(elts=names), ast.Tuple(elts=values) if len(names) == len(values):
                for inner, part in zip(names, values, strict=True):
                    self._bind(inner, part)

    def _role(self, node: ast.AST | None) -> str | None:
        """What an expression stands for; a copy of a payload is as good as the payload."""
        match node:
            case ast.Name(id=name):
                return self._roles.get(name)
            case ast.Attribute(value=value, attr=("payload" | "type") as attribute):
                return attribute if self._role(value) == EVENT else None
            case ast.NamedExpr(value=value):
                return self._role(value)
            case (
                ast.Call(func=ast.Name(id="dict"), args=[copied])
                | ast.Call(func=ast.Attribute(value=copied, attr="copy"), args=[])
                | ast.Dict(keys=[None], values=[copied])
                | ast.DictComp(
                    generators=[
                        ast.comprehension(
                            iter=ast.Call(func=ast.Attribute(value=copied, attr="items"))
                        )
                    ]
                )
            ):
                return PAYLOAD if self._role(copied) == PAYLOAD else None
        return None

    def _match(self, node: ast.Match, types: Types) -> Types | None:
        self._expression(node.subject, types)
        role, rest, after = self._role(node.subject), types, None
        for case in node.cases:
            taken, left = self._pattern(case.pattern, role, rest)
            if case.guard is not None:
                self._expression(case.guard, taken)
                left = rest
            after = _merge(after, self.block(case.body, taken))
            rest = left
        return _merge(after, rest or None) if after is not None or rest else None

    def _pattern(self, node: ast.pattern, role: str | None, types: Types) -> tuple[Types, Types]:
        """The types that a pattern lets in, and those that it leaves."""
        match node:
            case ast.MatchOr(patterns=patterns):
                taken = frozenset[str]()
                for pattern in patterns:
                    more, types = self._pattern(pattern, role, types)
                    taken |= more
                return taken, types
            case ast.MatchAs(pattern=ast.pattern() as inner):
                return self._pattern(inner, role, types)
            case ast.MatchAs(pattern=None):
                return types, frozenset()
            case ast.MatchValue(value=value) if role == TYPE:
                return self._equal(value, types)
            case ast.MatchMapping(keys=keys) if role == PAYLOAD:
                for key in keys:
                    self._read(key, types, is_needed=False)
            case ast.MatchClass(kwd_attrs=attributes, kwd_patterns=patterns) if role == EVENT:
                taken = types
                for attribute, pattern in sorted(
                    zip(attributes, patterns, strict=True), key=lambda pair: pair[0] != TYPE
                ):
                    taken, _ = self._pattern(pattern, attribute, taken)
                only_type = set(attributes) <= {TYPE}
                return taken, types - taken if only_type else types
        return types, types

    def _equal(self, value: ast.expr, types: Types) -> tuple[Types, Types]:
        text = self._text(value)
        if text is None:
            return types, types
        self._reader.cases.append(Case(self._function.source.module, value.lineno, text, types))
        return types & {text}, types - {text}

    def _text(self, node: ast.expr) -> str | None:
        return self._function.source.names.text(node)

    def _narrow(self, test: ast.expr, types: Types) -> tuple[Types, Types]:
        """The types for which a condition may hold, and those for which it may not."""
        match test:
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return self._narrow(operand, types)[::-1]
            case ast.BoolOp(op=ast.And(), values=values):
                yes = types
                for value in values:
                    yes, _ = self._narrow(value, yes)
                return yes, types
            case ast.BoolOp(op=ast.Or(), values=values):
                no = types
                for value in values:
                    _, no = self._narrow(value, no)
                return types, no
            case ast.Compare(left=left, ops=[operator], comparators=[right]):
                return self._compare(left, operator, right, types)
            case ast.Call(func=ast.Attribute(value=value, attr="startswith"), args=[prefix]):
                texts = self._texts(prefix)
                if self._role(value) == TYPE and texts is not None:
                    yes = frozenset(each for each in types if each.startswith(texts))
                    return yes, types - yes
        return types, types

    def _compare(
        self, left: ast.expr, operator: ast.cmpop, right: ast.expr, types: Types
    ) -> tuple[Types, Types]:
        if self._role(right) == TYPE:
            left, right = right, left
        if self._role(left) != TYPE:
            return types, types
        match operator:
            case ast.Eq():
                return self._equal(right, types)
            case ast.NotEq():
                return self._equal(right, types)[::-1]
            case ast.In() | ast.NotIn():
                texts = self._texts(right)
                if texts is not None:
                    yes = types & set(texts)
                    pair = yes, types - yes
                    return pair if isinstance(operator, ast.In) else pair[::-1]
        return types, types

    def _texts(self, node: ast.expr) -> tuple[str, ...] | None:
        text = self._text(node)
        return self._function.source.names.texts(node) if text is None else (text,)

    def _expression(self, node: ast.AST, types: Types) -> None:
        match node:
            case ast.IfExp(test=test, body=body, orelse=orelse):
                self._expression(test, types)
                yes, no = self._narrow(test, types)
                self._expression(body, yes)
                self._expression(orelse, no)
            case ast.BoolOp(op=operator, values=values):
                for value in values:
                    self._expression(value, types)
                    yes, no = self._narrow(value, types)
                    types = yes if isinstance(operator, ast.And) else no
            case _:
                self._reads_of(node, types)
                for child in ast.iter_child_nodes(node):
                    self._expression(child, types)

    def _reads_of(self, node: ast.AST, types: Types) -> None:
        """What one expression reads, without those in it."""
        match node:
            case ast.NamedExpr(target=target, value=value):
                self._bind(target, value)
            case ast.Subscript(value=value, slice=key, ctx=ast.Load() | ast.Del()):
                if self._role(value) == PAYLOAD:
                    self._read(key, types, is_needed=True)
            case ast.Compare(left=key, ops=[ast.In() | ast.NotIn()], comparators=[value]):
                if self._role(value) == PAYLOAD:
                    self._read(key, types, is_needed=False)
            case ast.Call():
                self._call(node, types)

    def _read(self, key: ast.expr, types: Types, *, is_needed: bool) -> None:
        text = self._text(key)
        if text is not None:
            module = self._function.source.module
            self._reader.reads.append(Read(module, key.lineno, text, types, is_needed))

    def _call(self, node: ast.Call, types: Types) -> None:
        match node.func:
            case ast.Attribute(value=value, attr="get") if self._role(value) == PAYLOAD:
                self._read(node.args[0], types, is_needed=False)
            case ast.Attribute(value=value, attr="pop") if self._role(value) == PAYLOAD:
                self._read(node.args[0], types, is_needed=len(node.args) == 1)
        given = [*node.args, *(keyword.value for keyword in node.keywords)]
        roles = [self._role(argument) for argument in given]
        if any(role in {EVENT, PAYLOAD} for role in roles):
            self._follow_call(node, types)

    def _follow_call(self, node: ast.Call, types: Types) -> None:
        """Go into a function that is given the event or its payload."""
        source, owner = self._function.source, self._function.owner
        spread = any(
            keyword.arg is None and self._role(keyword.value) == PAYLOAD
            for keyword in node.keywords
        )
        called = find_function(self._reader.project, source, node.func, owner)
        if called is not None:
            names = [parameter.arg for parameter in called.parameters]
            given = dict(zip(names, node.args, strict=False))
            given |= {each.arg: each.value for each in node.keywords if each.arg}
            roles = {name: role for name, at in given.items() if (role := self._role(at))}
            self._reader.follow(called, types, roles)
        if spread:
            self._spread(node, types, called)

    def _spread(self, node: ast.Call, types: Types, called: Function | None) -> None:
        """``Beacon(**event.payload)`` reads all that a Beacon needs."""
        needed = _needed_parameters(called) if called else None
        if needed is None:
            place = find_class(self._reader.project, self._function.source, node.func)
            needed = list(_needed_fields(place[1])) if place else []
        given = {keyword.arg for keyword in node.keywords}
        module = self._function.source.module
        for name in needed[len(node.args) :]:
            if name not in given:
                self._reader.reads.append(Read(module, node.lineno, name, types, is_needed=True))


def _needed_parameters(function: Function) -> list[str]:
    """The parameters of a function that have no default."""
    arguments = function.node.args
    places = [*arguments.posonlyargs, *arguments.args]
    places = places[: len(places) - len(arguments.defaults)]
    keywords = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    needed = [*places, *(each for each, default in keywords if default is None)]
    return [each.arg for each in needed][1 if function.is_bound else 0 :]


def _needed_fields(node: ast.ClassDef) -> Iterator[str]:
    """The fields of an attrs class, a dataclass or a struct that have no default."""
    for each in node.body:
        match each:
            case ast.AnnAssign(target=ast.Name(id=name), annotation=hint, value=None):
                if "ClassVar" not in ast.unparse(hint):
                    yield name.lstrip("_")


def _merge(one: Types | None, other: Types | None) -> Types | None:
    if one is None or other is None:
        return one if other is None else other
    return one | other
