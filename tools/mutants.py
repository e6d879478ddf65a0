"""One-token faults of a module: a comparison moved by its limit, a number changed by one or by a tenth, a condition turned round, ...

Left alone is what no behaviour hangs on, or nothing but wording: annotations, decorators, imports for types, messages of errors,
descriptions of settings, `__all__`, numbers of versions; the words of long lists, which are data; and functions that build Spark columns,
which the tests of tests/spark see.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

LONGEST_STRING = 20
SPEAKING = (ast.Compare, ast.Call, ast.Return, ast.Subscript)
"""What a string must stand in; elsewhere it is data, or wording."""

LONGEST_COLLECTION = 8
"""Strings in longer ones are data."""

OPERATORS: dict[type[ast.AST], type[ast.AST]] = {
    **{ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq},
    **{ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.And: ast.Or, ast.Or: ast.And},
    **{ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Div, ast.Mod: ast.FloorDiv},
    **{ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd, ast.BitXor: ast.BitAnd, ast.LShift: ast.RShift, ast.RShift: ast.LShift},
}
_PAIRS = ("min max", "any all", "startswith endswith", "lower upper", "lstrip rstrip", "find rfind", "partition rpartition", "search match")
NAMES = dict(pair.split() for pair in _PAIRS) | dict(pair.split()[::-1] for pair in _PAIRS)

UNTOUCHED_FIELDS = {"annotation", "returns", "decorator_list", "type_params"}
UNTOUCHED_KEYWORDS = {"description", "source", "help", "frozen", "slots", "strict", "kw_only", "repr", "maxsize", "pattern"}


@dataclass(frozen=True)
class Mutant:
    """A fault: `field` of a node of the tree set to another value. function: the qualified name of what it stands in."""

    tree: ast.Module
    node: ast.AST
    field: str
    value: Any
    line: int
    function: str
    expression: Any

    def plant(self) -> ast.Module:
        """Put it into the tree, for good: to be called in a process of its own."""
        setattr(self.node, self.field, self.value)
        return ast.fix_missing_locations(self.tree)

    def difference(self) -> tuple[str, str]:
        """The expression before and after, around the place where they differ."""
        sound, before = getattr(self.node, self.field), ast.unparse(self.expression)
        setattr(self.node, self.field, self.value)
        after = ast.unparse(self.expression)
        setattr(self.node, self.field, sound)
        return _around(before, after)


def mutants(source: str) -> list[Mutant]:
    """All faults of a module, in the order of its text."""
    tree = ast.parse(source)
    return [
        Mutant(tree, node, field, value, getattr(node, "lineno", expression.lineno), function, expression)
        for node, parent, function, expression in _nodes(tree, tree, "", "<module>", tree)
        for field, value in _changes(node, parent)
    ]


def _nodes(node: ast.AST, parent: ast.AST, prefix: str, function: str, expression: Any) -> Iterator[tuple[ast.AST, ast.AST, str, Any]]:
    """The nodes that may be changed, with what each stands in: a node, a function, the outermost expression.

    prefix: what the qualified names of definitions here begin with. The body of a class runs with what is around the class; a function with
    a cache only at its first call, so that no test can be told to enter it, and it counts as what is around it, too.
    """
    if _is_untouched(node):
        return
    if isinstance(node, (ast.expr, ast.AugAssign)) and not isinstance(expression, ast.expr):
        expression = node
    yield node, parent, function, node if isinstance(node, ast.stmt) else expression
    is_class, is_function = isinstance(node, ast.ClassDef), isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    for field, value in ast.iter_fields(node):
        place = (prefix, function)
        if field == "body" and (is_class or is_function):
            inner = function if is_class or _is_cached(node) else prefix + node.name
            place = (f"{prefix}{node.name}." if is_class else f"{prefix}{node.name}.<locals>.", inner)
        children = value if isinstance(value, list) else [value]
        for child in children:
            is_data = len(children) > LONGEST_COLLECTION and isinstance(child, ast.Constant)
            if isinstance(child, ast.AST) and field not in UNTOUCHED_FIELDS and not is_data:
                yield from _nodes(child, node, *place, expression)


def _is_cached(node: ast.AST) -> bool:
    names = [inner for decorator in getattr(node, "decorator_list", []) for inner in ast.walk(decorator)]
    return any(getattr(inner, "id", getattr(inner, "attr", "")) in ("cache", "lru_cache") for inner in names)


def _is_untouched(node: ast.AST) -> bool:
    match node:
        case ast.Raise() | ast.JoinedStr() | ast.Assert() | ast.Global() | ast.Expr(value=ast.Constant()):
            return True
        case ast.FunctionDef():
            return any(isinstance(inner, ast.Name) and inner.id in ("F", "Window") for inner in ast.walk(node))
        case ast.If(test=ast.Name(id="TYPE_CHECKING")):
            return True
        case ast.Assign(value=ast.Call(func=ast.Name(id="TypeVar"))):
            return True
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            return name == "__all__" or name.endswith("VERSION")
        case ast.keyword(arg=name):
            return name in UNTOUCHED_KEYWORDS
    return False


def _changes(node: ast.AST, parent: ast.AST) -> Iterator[tuple[str, Any]]:
    """Fields of a node, each with another value that it could have."""
    match node:
        case ast.Compare(ops=[*_, _] as ops):
            for number, op in enumerate(ops):
                yield "ops", [*ops[:number], OPERATORS[type(op)](), *ops[number + 1 :]]
        case ast.BoolOp(op=op) | ast.BinOp(op=op) | ast.AugAssign(op=op) if type(op) in OPERATORS:
            yield "op", OPERATORS[type(op)]()
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield "operand", _negated(operand)
        case ast.If(test=test) | ast.IfExp(test=test) | ast.While(test=test) if not isinstance(test, (ast.Compare, ast.UnaryOp)):
            yield "test", _negated(test)
        case ast.comprehension(ifs=[ast.Name() | ast.Attribute() | ast.Call() as test]):
            yield "ifs", [_negated(test)]
        case ast.Name(id=name) if name in NAMES:
            yield "id", NAMES[name]
        case ast.Attribute(attr=name) if name in NAMES:
            yield "attr", NAMES[name]
        case ast.Constant(value=str(value)):
            if len(value) <= LONGEST_STRING and isinstance(parent, SPEAKING):
                yield "value", value + "x"
        case ast.Constant(value=value):
            yield from (("value", other) for other in _other_values(value))


def _other_values(value: object) -> list[Any]:
    match value:
        case bool():
            return [not value]
        case int():
            return [value + 1, value - 1] if value > 0 else [value + 1]
        case float():
            return [value * 1.1, value * 0.9] if value else [0.01]
    return []


def _negated(test: ast.expr) -> ast.expr:
    return ast.UnaryOp(ast.Not(), test)


def _around(before: str, after: str, width: int = 40) -> tuple[str, str]:
    """Two texts, cut to what is near the place where they begin to differ."""
    start = next((place for place, (one, other) in enumerate(zip(before, after, strict=False)) if one != other), 0)
    part = slice(max(0, start - width), start + width)
    return before[part].partition("\n")[0], after[part].partition("\n")[0]
