"""From the caller's text to a syntax tree: free text, tokens, units, implied AND, parse."""

from __future__ import annotations

import re
from typing import Final

import sqlglot.errors
from sqlglot import exp
from sqlglot.dialects.dialect import Dialect
from sqlglot.tokenizer_core import Token, TokenType

from nautscan import schema
from nautscan.errors import BadQuery
from nautscan.store.filter.vocabulary import FUNCTIONS, UNITS

MAX_CHARACTERS: Final = 4096
MAX_TOKENS: Final = 400
MAX_DEPTH: Final = 40
"""Parentheses and NOTs inside one another; the parser descends by recursion."""

_DUCKDB: Final = Dialect.get_or_raise("duckdb")
_HELP: Final = (
    "Write a condition such as status >= 500 and server = 'orders', or plain words; "
    "put text with signs in quotes."
)

# What makes a filter an expression: a comparison, a call, grouping, or a connective.
_EXPRESSION: Final = re.compile(
    r"[=<>()~]|!=|(?<!\S)(?:and|or|not|like|ilike|in|is|between)(?!\S)", re.IGNORECASE
)
_WORD: Final = re.compile(r"'((?:[^']|'')*)'|\"([^\"]*)\"|(\S+)")

_OPERAND_ENDS: Final = frozenset(
    {
        TokenType.VAR, TokenType.IDENTIFIER, TokenType.STRING, TokenType.NUMBER,
        TokenType.R_PAREN, TokenType.NULL, TokenType.TRUE, TokenType.FALSE,
    }
)  # fmt: skip
_OPERAND_STARTS: Final = frozenset(
    {TokenType.VAR, TokenType.IDENTIFIER, TokenType.STRING, TokenType.NUMBER, TokenType.L_PAREN}
)
_AFTER_NOT: Final = frozenset({TokenType.LIKE, TokenType.ILIKE, TokenType.IN, TokenType.BETWEEN})


def free_words(text: str) -> list[str] | None:
    """The words of a filter that is only free text; None if it is an expression."""
    stripped = re.sub(r"'(?:[^']|'')*'|\"[^\"]*\"", "q", text)
    if _EXPRESSION.search(stripped):
        return None
    words = []
    for match in _WORD.finditer(text):
        quoted = match[1].replace("''", "'") if match[1] is not None else match[2]
        word = quoted if quoted is not None else match[3]
        if word:
            words.append(word)
    return words


def parse(text: str) -> tuple[exp.Expr, list[Token]]:
    """The tree of an expression and its tokens (for positions). Raises `BadQuery`."""
    tokens = _with_and(_with_units(_tokens(text)), text)
    try:
        trees = _DUCKDB.parser().parse_into(exp.Condition, tokens, text)
    except sqlglot.errors.ParseError as error:
        raise _unparsable(error, text) from error
    except (RecursionError, sqlglot.errors.SqlglotError) as error:
        raise BadQuery("The filter cannot be read", remedy=_HELP, position=0) from error
    if len(trees) != 1 or trees[0] is None:
        raise BadQuery("One condition is expected", remedy=_HELP, position=0)
    tree = trees[0]
    if not isinstance(tree, exp.Expr):
        raise BadQuery("A condition is expected", remedy=_HELP, position=0)
    return tree, tokens


def _tokens(text: str) -> list[Token]:
    try:
        tokens = _DUCKDB.tokenize(text)
    except sqlglot.errors.SqlglotError as error:
        raise BadQuery(
            "A quote is not closed, or a sign is unknown",
            remedy="Close every quote; double a quote inside text: 'it''s'.",
            position=_last_quote(text),
        ) from error
    _check(tokens)
    return list(tokens)


def _check(tokens: list[Token]) -> None:
    if len(tokens) > MAX_TOKENS:
        raise BadQuery(
            f"The filter has {len(tokens)} parts, {MAX_TOKENS} are possible",
            remedy="Shorten it; `in (…)` is shorter than many `or`.",
            position=tokens[MAX_TOKENS].start,
        )
    depth = 0
    for token in tokens:
        if token.comments:
            raise BadQuery("A filter has no comments", remedy="Take it out.", position=token.start)
        if token.token_type == TokenType.SEMICOLON:
            raise BadQuery(
                "A filter is one condition, without ;", remedy=_HELP, position=token.start
            )
        if token.token_type in {TokenType.L_PAREN, TokenType.NOT, TokenType.DASH}:
            depth += 1
        elif token.token_type == TokenType.R_PAREN:
            depth -= 1
        elif token.token_type in {TokenType.AND, TokenType.OR, TokenType.COMMA}:
            continue
        if depth > MAX_DEPTH:
            raise BadQuery(
                "The filter is nested too deeply", remedy="Simplify it.", position=token.start
            )


def _with_units(tokens: list[Token]) -> list[Token]:
    """Join a number with the unit that touches it: 100ms becomes 100000000."""
    joined: list[Token] = []
    for token in tokens:
        before = joined[-1] if joined else None
        touches = (
            before is not None
            and before.token_type == TokenType.NUMBER
            and token.token_type == TokenType.VAR
            and token.start == before.end + 1
        )
        if not touches or before is None:
            joined.append(token)
            continue
        factor = UNITS.get(token.text.lower())
        if factor is None:
            raise BadQuery(
                f"{token.text!r} is no unit",
                remedy=f"Units are {', '.join(UNITS)}.",
                position=token.start,
            )
        joined[-1] = _made(TokenType.NUMBER, _scaled(before, factor), before.start, token.end)
    return joined


def _scaled(number: Token, factor: int) -> str:
    whole, _, decimals = number.text.replace("_", "").partition(".")
    if not (whole + decimals).isdigit():
        raise BadQuery("A unit follows a plain number", remedy="Write 1.5s.", position=number.start)
    return str(int((whole or "0") + decimals) * factor // 10 ** len(decimals))


def _with_and(tokens: list[Token], text: str) -> list[Token]:
    """Put AND between terms that stand side by side."""
    result: list[Token] = []
    for index, token in enumerate(tokens):
        if index and _begins_term(tokens, index, text):
            result.append(_made(TokenType.AND, "AND", token.start, token.start))
        result.append(token)
    return result


def _begins_term(tokens: list[Token], index: int, text: str) -> bool:
    before, token = tokens[index - 1], tokens[index]
    if before.token_type not in _OPERAND_ENDS and not _is_name(before):
        return False
    if token.token_type == TokenType.L_PAREN:
        # `lower (x)` is a call; `word (a or b)` is two terms.
        called = before.text.lower() in FUNCTIONS or text[before.end + 1 : token.start] == ""
        return not (_is_name(before) and called)
    if token.token_type == TokenType.NOT:
        following = tokens[index + 1].token_type if index + 1 < len(tokens) else None
        return following not in _AFTER_NOT and before.text.lower() != "is"
    return token.token_type in _OPERAND_STARTS or _is_name(token)


_COLUMN_NAMES: Final = frozenset(
    column.name for columns in schema.COLUMNS.values() for column in columns
)


def _is_name(token: Token) -> bool:
    """A word, or one that SQL keeps for itself but that is a column of ours: time, error."""
    if token.token_type in {TokenType.VAR, TokenType.IDENTIFIER}:
        return True
    return token.token_type != TokenType.STRING and token.text.lower() in _COLUMN_NAMES


def _made(kind: TokenType, text: str, start: int, end: int) -> Token:
    return Token(kind, text, 1, start + 1, start, end)


def _unparsable(error: sqlglot.errors.ParseError, text: str) -> BadQuery:
    first = error.errors[0] if error.errors else {}
    position = _offset(text, int(first.get("line") or 1), int(first.get("col") or 1))
    highlight = str(first.get("highlight") or "").strip()
    near = f" at {highlight!r}" if highlight else ""
    return BadQuery(
        f"The condition is not complete or not SQL{near}", remedy=_HELP, position=position
    )


def _offset(text: str, line: int, column: int) -> int:
    lines = text.split("\n")
    before = sum(len(part) + 1 for part in lines[: line - 1])
    return max(0, min(before + column - 1, len(text)))


def _last_quote(text: str) -> int:
    return max(text.rfind("'"), text.rfind('"'), 0)
