"""From the syntax tree to SQL of our own, node by node; what is not listed is refused."""

from __future__ import annotations

import difflib
import time
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Final, NamedTuple

from sqlglot import exp
from sqlglot.tokenizer_core import Token

from nautscan import schema
from nautscan.errors import BadQuery, BadRequest
from nautscan.store.filter import reader
from nautscan.store.filter.condition import EVERYTHING, Condition
from nautscan.store.filter.vocabulary import (
    FUNCTION_HELP,
    FUNCTIONS,
    KIND_OF_COLUMN,
    NAME_OF_NODE,
    NUMBER_COLUMNS,
    TEXT_COLUMNS,
    Function,
    Kind,
)
from nautscan.store.json_sql import quoted
from nautscan.store.times import parse_time

_INT64: Final = 2**63
_COMPARISONS: Final[dict[type[exp.Expr], str]] = {
    exp.EQ: "=",
    exp.NEQ: "<>",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
    exp.GTE: ">=",
}
_ARITHMETIC: Final[dict[type[exp.Expr], str]] = {exp.Add: "+", exp.Sub: "-", exp.Mul: "*"}


def compile_filter(table: str, text: str, now_ns: int | None = None) -> Condition:
    """The condition that a filter means for a table of ours. Raises `BadQuery`.

    Relative times in it (`'-5m'`) count from `now_ns`.
    """
    if not text.strip():
        return EVERYTHING
    if len(text) > reader.MAX_CHARACTERS:
        raise BadQuery(
            f"The filter has {len(text)} characters, {reader.MAX_CHARACTERS} are possible",
            remedy="Shorten it.",
            position=reader.MAX_CHARACTERS,
        )
    if "\0" in text:
        raise BadQuery(
            "The filter holds a NUL character", remedy="Take it out.", position=text.index("\0")
        )
    compiler = _Compiler(table, text, time.time_ns() if now_ns is None else now_ns)
    words = reader.free_words(text)
    return compiler.words(words) if words is not None else compiler.expression()


class _Part(NamedTuple):
    """SQL of an expression, and what it gives."""

    sql: str
    kind: Kind


class _Compiler:
    """One compilation."""

    def __init__(self, table: str, text: str, now_ns: int) -> None:
        self._table = table
        self._text = text
        self._now_ns = now_ns
        self._columns = {column.name: column for column in schema.columns(table)}
        self._parameters: dict[str, Any] = {}
        self._tokens: Sequence[Token] = ()
        self._heavy = False

    def words(self, words: Sequence[str]) -> Condition:
        """Free text: each word must occur. The name of a yes-or-no column stands for itself."""
        if not words:
            return EVERYTHING
        if len(words) > reader.MAX_TOKENS:
            raise BadQuery("There are too many words", remedy="Take fewer.", position=0)
        return self._condition(" AND ".join(self._word(word) for word in words))

    def expression(self) -> Condition:
        """A boolean expression."""
        tree, self._tokens = reader.parse(self._text)
        try:
            return self._condition(self._term(tree))
        except RecursionError as error:
            raise self._bad(tree, "The filter is nested too deeply", "Simplify it.") from error

    def _condition(self, sql: str) -> Condition:
        return Condition(sql, self._parameters, heavy=self._heavy)

    # Boolean terms.

    def _term(self, node: exp.Expr) -> str:
        """A term: something true or false, or free text."""
        if isinstance(node, exp.Connector):
            return self._connector(node)
        if isinstance(node, exp.Paren):
            self._only(node, "this")
            return f"({self._term(node.this)})"
        if isinstance(node, exp.Not):
            self._only(node, "this")
            return f"(NOT {self._term(node.this)})"
        word = self._lone_word(node)
        if word is not None:
            return self._word(word)
        part = self._part(node)
        if part.kind != "bool":
            raise self._bad(
                node,
                f"This gives {_article(part.kind)}, where a condition is expected",
                "Compare it with something, e.g. = 'orders' or > 100.",
            )
        return part.sql

    def _connector(self, node: exp.Connector) -> str:
        if not isinstance(node, exp.And | exp.Or):
            raise self._bad(node, "This connective is unknown", "Use AND, OR, NOT.")
        sign = " AND " if isinstance(node, exp.And) else " OR "
        terms = [self._term(part) for part in node.flatten(unnest=False)]
        return f"({sign.join(terms)})"

    def _lone_word(self, node: exp.Expr) -> str | None:
        """The text of a term that is only a word, a quoted text, or a number."""
        if isinstance(node, exp.Literal):
            return str(node.this)
        if not isinstance(node, exp.Column):
            return None
        name = ".".join(part.name for part in node.parts)
        column = self._columns.get(name.lower())
        return None if column is not None and column.kind == "bool" else name

    def _word(self, word: str) -> str:
        column = self._columns.get(word.lower())
        if column is not None and column.kind == "bool":
            return quoted(column.name)
        needle = self._parameter(word.lower())
        places = [
            f"contains(lower({quoted(name)}), {needle})" for name in TEXT_COLUMNS[self._table]
        ]
        if word.isdecimal() and len(word) <= 9:
            number = self._parameter(int(word))
            places += [f"{quoted(name)} = {number}" for name in NUMBER_COLUMNS[self._table]]
        return f"coalesce({' OR '.join(f'coalesce({place}, FALSE)' for place in places)})"

    # Values.

    def _part(self, node: exp.Expr) -> _Part:
        handler = self._handlers.get(type(node))
        if handler is not None:
            return handler(self, node)
        if type(node) in _COMPARISONS:
            return self._comparison(node, _COMPARISONS[type(node)])
        if type(node) in _ARITHMETIC:
            return self._arithmetic(node)
        if isinstance(node, exp.Func):
            return self._call(node)
        if isinstance(node, exp.Connector | exp.Not):
            return _Part(self._term(node), "bool")
        raise self._bad(
            node,
            "This is not possible in a filter",
            "Use comparisons, LIKE, IN, BETWEEN, IS NULL, AND, OR, NOT and the listed functions.",
        )

    def _paren(self, node: exp.Expr) -> _Part:
        self._only(node, "this")
        inner = self._part(node.this)
        return _Part(f"({inner.sql})", inner.kind)

    def _column(self, node: exp.Expr) -> _Part:
        name = ".".join(part.name for part in node.parts) if isinstance(node, exp.Column) else ""
        column = self._columns.get(name.lower())
        if column is None:
            raise self._bad(
                node, f"There is no column {name!r} in {self._table}", self._similar(name)
            )
        kind = KIND_OF_COLUMN.get(column.kind)
        if kind is None:
            helper = "request_header('name')" if column.kind == "headers" else "its content type"
            raise self._bad(node, f"{name} cannot be compared", f"Use {helper} instead.")
        return _Part(quoted(column.name), kind)

    def _literal(self, node: exp.Expr) -> _Part:
        if node.args.get("is_string"):
            return _Part(self._parameter(str(node.this)), "text")
        return _Part(self._parameter(self._number(node, str(node.this))), "integer")

    def _negative(self, node: exp.Expr) -> _Part:
        self._only(node, "this")
        inner = self._part(node.this)
        self._expect(node.this, inner, "integer")
        return _Part(f"(-{inner.sql})", "integer")

    def _number(self, node: exp.Expr, text: str) -> int | float:
        try:
            value: int | float = int(text)
        except ValueError:
            value = float(text)
        if not -_INT64 <= value < _INT64:
            raise self._bad(node, f"{text} is too large a number", "Use less than 9e18.")
        return value

    def _boolean(self, node: exp.Expr) -> _Part:
        return _Part("TRUE" if node.this else "FALSE", "bool")

    def _comparison(self, node: exp.Expr, sign: str) -> _Part:
        self._only(node, "this", "expression")
        left, right = self._matched(node.this, node.expression)
        return _Part(f"({left.sql} {sign} {right.sql})", "bool")

    def _matched(self, left: exp.Expr, right: exp.Expr) -> tuple[_Part, _Part]:
        """Both sides of a comparison, a literal turned into the kind of the other side."""
        for side in (left, right):
            if isinstance(side, exp.Null):
                raise self._bad(side, "Nothing equals null", "Write `is null` or `is not null`.")
        if _is_literal(left) and not _is_literal(right):
            other = self._part(right)
            return self._as(left, other.kind), other
        first = self._part(left)
        return first, self._as(right, first.kind)

    def _as(self, node: exp.Expr, kind: Kind) -> _Part:
        """The node as that kind: literals adapt, everything else must be of it already."""
        if not _is_literal(node):
            part = self._part(node)
            self._expect(node, part, kind)
            return part
        text = str(node.this if isinstance(node, exp.Literal) else node.sql())
        if kind == "text":
            return _Part(self._parameter(text), "text")
        if kind == "time":
            return self._time(node, text)
        if kind == "integer" and isinstance(node, exp.Literal) and node.is_string:
            if not text.strip().lstrip("-").isdecimal():
                raise self._bad(node, f"{text!r} is no number", "Write a number without quotes.")
            return _Part(self._parameter(self._number(node, text)), "integer")
        part = self._part(node)
        self._expect(node, part, kind)
        return part

    def _time(self, node: exp.Expr, text: str) -> _Part:
        try:
            value = parse_time(text, self._now_ns)
        except BadRequest as error:
            raise self._bad(node, f"{text!r} is no time", error.remedy) from error
        return _Part(f"make_timestamp_ns({self._parameter(value)})", "time")

    def _expect(self, node: exp.Expr, part: _Part, kind: Kind) -> None:
        if part.kind != kind:
            raise self._bad(
                node,
                f"This is {_article(part.kind)}, where {_article(kind)} is expected",
                "Compare like with like: text in quotes, numbers without.",
            )

    def _like(self, node: exp.Expr) -> _Part:
        self._only(node, "this", "expression", "negate")
        value = self._part(node.this)
        self._expect(node.this, value, "text")
        pattern = self._as(node.expression, "text")
        sign = "ILIKE" if isinstance(node, exp.ILike) else "LIKE"
        return self._negated(node, f"({value.sql} {sign} {pattern.sql})")

    def _in(self, node: exp.Expr) -> _Part:
        self._only(node, "this", "expressions", "negate")
        if not node.expressions:
            raise self._bad(node, "IN needs a list", "Write in ('a', 'b').")
        value = self._part(node.this)
        items = [self._as(item, value.kind).sql for item in node.expressions]
        return self._negated(node, f"({value.sql} IN ({', '.join(items)}))")

    def _between(self, node: exp.Expr) -> _Part:
        self._only(node, "this", "low", "high", "negate")
        value = self._part(node.this)
        low, high = (self._as(node.args[name], value.kind).sql for name in ("low", "high"))
        return self._negated(node, f"({value.sql} BETWEEN {low} AND {high})")

    def _is(self, node: exp.Expr) -> _Part:
        self._only(node, "this", "expression", "negate")
        if isinstance(node.expression, exp.Null):
            subject = self._nullable(node.this)
            return self._negated(node, f"({subject} IS NULL)")
        if isinstance(node.expression, exp.Boolean):
            value = self._part(node.this)
            self._expect(node.this, value, "bool")
            return self._negated(node, f"({value.sql} IS {self._part(node.expression).sql})")
        raise self._bad(node, "IS takes null, true or false", "Use = for other values.")

    def _nullable(self, node: exp.Expr) -> str:
        """IS NULL can be asked of every column, bodies and headers included."""
        if isinstance(node, exp.Column) and (column := self._columns.get(node.sql().lower())):
            self._heavy = self._heavy or column.heavy
            return quoted(column.name)
        return self._part(node).sql

    def _negated(self, node: exp.Expr, sql: str) -> _Part:
        return _Part(f"(NOT {sql})" if node.args.get("negate") else sql, "bool")

    def _arithmetic(self, node: exp.Expr) -> _Part:
        self._only(node, "this", "expression")
        left, right = self._part(node.this), self._part(node.expression)
        self._expect(node.this, left, "integer")
        self._expect(node.expression, right, "integer")
        return _Part(f"({left.sql} {_ARITHMETIC[type(node)]} {right.sql})", "integer")

    def _call(self, node: exp.Expr) -> _Part:
        name = _function_name(node)
        function = FUNCTIONS.get(name)
        if function is None:
            raise self._bad(
                node,
                f"There is no function {name!r} in filters",
                f"There are {', '.join(FUNCTION_HELP)}.",
            )
        arguments = self._arguments(node, name, function)
        self._heavy = self._heavy or function.heavy
        if function.heavy and self._table != "requests":
            raise self._bad(node, f"{self._table} have no headers", "Ask it of requests.")
        parts = [self._as(item, kind) for item, kind in zip(arguments, function.takes, strict=True)]
        return _Part(f"({function.sql.format(*(part.sql for part in parts))})", function.gives)

    def _arguments(self, node: exp.Expr, name: str, function: Function) -> list[exp.Expr]:
        if isinstance(node, exp.Anonymous):
            arguments = list(node.expressions)
        else:
            self._only(node, "this", "expression")
            arguments = [node.args[key] for key in ("this", "expression") if node.args.get(key)]
        if len(arguments) != len(function.takes):
            form = next((text for text in FUNCTION_HELP if text.startswith(f"{name}(")), name)
            raise self._bad(node, f"{name} takes {len(function.takes)} arguments", f"Write {form}.")
        return arguments

    # Support.

    def _parameter(self, value: Any) -> str:
        name = f"f{len(self._parameters)}"
        self._parameters[name] = value
        return f"${name}"

    def _only(self, node: exp.Expr, *names: str) -> None:
        """Refuse a node with parts that we would not carry over."""
        for key, value in node.args.items():
            if key not in names and value not in (None, False, [], True if key == "safe" else None):
                raise self._bad(node, f"{key} is not possible here", "Leave it out.")

    def _similar(self, name: str) -> str:
        close = difflib.get_close_matches(name.lower(), self._columns, n=3, cutoff=0.5)
        if close:
            return f"Did you mean {', '.join(close)}? Text goes in single quotes."
        return "GET /api/columns lists the columns. Text goes in single quotes."

    def _bad(self, node: exp.Expr, message: str, remedy: str) -> BadQuery:
        return BadQuery(message, remedy=remedy, position=self._position(node))

    def _position(self, node: exp.Expr) -> int:
        """Where the node begins, as far as its parts tell."""
        starts = [
            part.meta["start"] for part in node.walk() if "start" in getattr(part, "meta", {})
        ]
        # Literals carry no position of their own: the first token with their text is it.
        for value in node.find_all(exp.Literal, exp.Null):
            wanted = "null" if isinstance(value, exp.Null) else str(value.this)
            starts += [
                token.start for token in self._tokens if token.text.lower() == wanted.lower()
            ][:1]
        if isinstance(node, exp.Anonymous):
            starts += [token.start for token in self._tokens if token.text == node.this][:1]
        return min(starts, default=0)

    _handlers: ClassVar[dict[type[exp.Expr], Callable[[_Compiler, Any], _Part]]] = {
        exp.Paren: _paren,
        exp.Column: _column,
        exp.Literal: _literal,
        exp.Neg: _negative,
        exp.Boolean: _boolean,
        exp.Like: _like,
        exp.ILike: _like,
        exp.In: _in,
        exp.Between: _between,
        exp.Is: _is,
    }


def _function_name(node: exp.Expr) -> str:
    if isinstance(node, exp.Anonymous):
        return str(node.this).lower()
    known = NAME_OF_NODE.get(type(node))
    if known is not None:
        return known
    return node.sql_name().lower() if isinstance(node, exp.Func) else node.key


def _is_literal(node: exp.Expr) -> bool:
    return isinstance(node, exp.Literal) or (
        isinstance(node, exp.Neg) and isinstance(node.this, exp.Literal)
    )


def _article(kind: Kind) -> str:
    return {
        "bool": "a condition",
        "integer": "a number",
        "text": "text",
        "time": "a time",
        "list": "a list",
    }[kind]
