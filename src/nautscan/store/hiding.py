"""What a person wants hidden in rows beside what the engine hides: names, patterns, bodies.

It is done on the columns of a batch before they are stored or shown, by the database in memory;
rows that are stored already stay as they are. Without rules nothing is done. Patterns are RE2's,
whose time is linear in the text.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import duckdb
from arro3.core import Array, ChunkedArray, Table

from nautscan.errors import BadRequest
from nautscan.store.json_sql import text

HIDDEN: Final = "[redacted]"
"""What stands in place of a secret; the same as the engine's."""

_DEPTH: Final = 12
"""Objects and lists within each other that are told apart under a hidden name; deeper ones end
where the text does. RE2 counts no brackets, so that each level makes the expression longer."""

_TEXT_TYPES: Final = (
    "text/|json|xml|javascript|x-www-form-urlencoded|multipart/|graphql|csv|yaml|html"
)
"""Media types whose content is text: what is none in UTF-8 is hidden whole, not let through."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What is hidden. Case does not matter in names."""

    headers: tuple[str, ...] = ()
    """Header fields whose values are hidden."""
    keys: tuple[str, ...] = ()
    """Names whose values are hidden in queries, forms and JSON."""
    patterns: tuple[str, ...] = ()
    """Regular expressions (RE2): what they match is hidden, wherever text stands."""
    bodies: bool = False
    """Whether bodies are left out altogether."""

    def __bool__(self) -> bool:
        return bool(self.headers or self.keys or self.patterns or self.bodies)


@dataclass(frozen=True, slots=True)
class _Written:
    """How JSON is written in a text: regular expressions that tell its characters apart."""

    quote: str
    backslash: str
    other: str
    """A character that is neither, and no line end where lines are apart."""
    blank: str
    flags: str
    """What `.` and `$` mean: up to the end of a line, or of all."""

    def without(self, sql: str, names: str) -> str:
        """The text with the values of all members hidden whose name one of the alternatives is."""
        by = rf"\1{self.quote}{HIDDEN}{self.quote}"
        return _replaced(sql, self.flags + self._member(names), by, "gi")

    def _member(self, names: str) -> str:
        """A member of an object, with all that is nested in it; the text may be cut within it."""
        quote, backslash, other = self.quote, self.backslash, self.other
        escaped = f"{backslash}(?:{backslash}|{quote}|{other}|$)"
        string = f"{quote}(?:{other}|{escaped})*(?:{quote}|$)"
        rest = r"[\[{].*"
        nested = rest
        for _ in range(_DEPTH):
            nested = rf"[\[{{](?:{self._between()}|{string}|{nested})*(?:[\]}}]|$)"
        scalar = rf"{string}|-?[0-9][0-9.eE+-]*|true|false|null"
        blanks = f"(?:{self.blank})*"
        # What is not JSON after all goes as a whole.
        value = f"(?:{scalar}|{nested}|{rest})"
        return f"({quote}(?:{names}){quote}{blanks}:{blanks}){value}"

    def _between(self) -> str:
        """What stands in objects and lists besides texts and further ones."""
        return rf'[^\[\]{{}}"\\\n]|{self.blank}'


_JSON: Final = _Written('"', r"\\", r'[^"\\]', r"\s", "(?s)")
_LINES: Final = _Written('"', r"\\", r'[^"\\\n]', r"[ \t]", "(?m)")
"""A value a line."""
_SHOWN_TEXT: Final = _Written('"', r"\\\\", r'[^"\\\n]|\\[^"\\\n]', r" |\\[nrt]", "(?m)")
"""As the engine shows a text: a backslash twice, control characters behind one."""
_SHOWN_OCTETS: Final = replace(_SHOWN_TEXT, quote=r'\\"')
"""As it shows octets: likewise, with a backslash before quotation marks too."""

NOTHING: Final = Rules()

# Messages of gRPC and WebSockets, events, and what a FastCGI application writes to its log stand in
# the detail as text; null takes a member away (RFC 7396).
_HAS_MESSAGES: Final = (
    """regexp_matches(detail, '"(re(quest|sponse)_protobuf|latest_(messages|events)|stderr)"')"""
)
_DETAIL_WITHOUT_BODIES: Final = f"""CASE WHEN {_HAS_MESSAGES}
    THEN json_merge_patch(detail, '{{"request_protobuf": null, "response_protobuf": null,
        "latest_messages": null, "latest_events": null, "stderr": null}}')::VARCHAR
    ELSE detail END"""


def check_patterns(patterns: Sequence[str], setting: str) -> None:
    """Raise `BadRequest` for a pattern that is none, or that matches where nothing stands."""
    with duckdb.connect(":memory:") as database:
        for pattern in patterns:
            try:
                found = database.execute("SELECT regexp_matches('', $1)", [pattern]).fetchone()
            except duckdb.Error as error:
                reason = str(error).split("Error: ", 1)[-1].splitlines()[0]
                raise BadRequest(
                    f"The pattern {pattern!r} cannot be used: {reason}",
                    remedy="Write it as RE2 does: https://github.com/google/re2/wiki/Syntax.",
                    detail={"setting": setting, "pattern": pattern},
                ) from error
            if found is not None and found[0]:
                raise BadRequest(
                    f"The pattern {pattern!r} matches where nothing stands",
                    remedy="Write what must be there, e.g. [0-9]+ in place of [0-9]*.",
                    detail={"setting": setting, "pattern": pattern},
                )


def hide(connection: duckdb.DuckDBPyConnection, rows: Table, rules: Rules) -> Table:
    """Rows of `requests` with everything hidden that the rules name."""
    columns = _columns(rules)
    if not columns:
        return rows
    order = ChunkedArray([Array.from_buffer(array("q", range(rows.num_rows)))])
    connection.register("incoming_secrets", rows.append_column("row_order", order))
    chosen = ", ".join(f"{sql} AS {name}" for name, sql in columns.items())
    relation = connection.sql(f"SELECT {chosen} FROM incoming_secrets ORDER BY row_order")
    if relation is None:
        raise RuntimeError("a SELECT gave no relation")
    found = Table.from_arrow(relation).combine_chunks()
    connection.unregister("incoming_secrets")
    for name in columns:
        at = rows.column_names.index(name)
        rows = rows.set_column(
            at, rows.schema.field(at), found.column(name).cast(rows.schema.field(at).type)
        )
    return rows


def _columns(rules: Rules) -> dict[str, str]:
    """The columns that change, and what they become."""
    found: dict[str, str] = {}
    if rules.keys or rules.patterns:
        found["target"] = _patterned(_in_query("target", rules.keys), rules.patterns)
    if rules.headers or rules.patterns:
        for name in ("request_headers", "response_headers"):
            found[name] = _headers(name, rules)
    if rules.bodies:
        found["request_body"] = found["response_body"] = "NULL::BLOB"
    elif rules.keys or rules.patterns:
        found["request_body"] = _body("request_body", "request_content_type", rules)
        found["response_body"] = _body("response_body", "content_type", rules)
    if rules.keys and not rules.bodies:
        for side, body in (("request", "request_body"), ("response", "response_body")):
            found[body] = _unless_decoded(side, found[body])
    detail = _detail(rules)
    if detail != "detail":
        found["detail"] = detail
    return found


def _detail(rules: Rules) -> str:
    """What becomes of the detail."""
    sql = "detail"
    if rules.bodies:
        sql = _DETAIL_WITHOUT_BODIES
    elif rules.keys:
        sql = _in_messages(rules.keys)
    if rules.headers:
        sql = _in_trailers(sql, rules.headers)
    if rules.patterns:
        changed = _patterned(sql, rules.patterns)
        # What a pattern may take away in JSON can be more than a value of it.
        sql = f"CASE WHEN json_valid({changed}) THEN {changed} END"
    return sql


def _replaced(sql: str, pattern: str, by: str, options: str = "g") -> str:
    return f"regexp_replace({sql}, {text(pattern)}, {text(by)}, '{options}')"


def _patterned(sql: str, patterns: Sequence[str]) -> str:
    for pattern in patterns:
        sql = _replaced(sql, pattern, HIDDEN)
    return sql


def _any_of(names: Sequence[str]) -> str:
    return "|".join(re.escape(name) for name in names)


def _in_query(sql: str, keys: Sequence[str]) -> str:
    if not keys:
        return sql
    return _replaced(sql, rf"([?&;](?:{_any_of(keys)})=)[^&;#]*", rf"\1{HIDDEN}", "gi")


def _in_body(sql: str, keys: Sequence[str]) -> str:
    """Values under these names in forms of both kinds, and in JSON."""
    if not keys:
        return sql
    names = _any_of(keys)
    sql = _replaced(sql, rf"((?:^|&)(?:{names})=)[^&]*", rf"\1{HIDDEN}", "gi")
    part = rf'(;\s*name="(?:{names})"[^\r\n]*\r?\n(?:[^\r\n]+\r?\n)*\r?\n)[^\r\n]*'
    sql = _replaced(sql, part, rf"\1{HIDDEN}", "gi")
    return _JSON.without(sql, names)


def _in_messages(keys: Sequence[str]) -> str:
    """Values under these names in messages, which stand in the detail as text.

    Those of gRPC that a schema decoded, those of WebSockets, and events. A name is one however a
    schema spells it: `card_number` is `cardNumber` in JSON.
    """
    spelled = "|".join(re.sub(r"\\?_", "_?", re.escape(key)) for key in keys)
    names = _any_of(keys)
    hidden: dict[str, str] = {}
    for side in ("request", "response"):
        shown = _member_of_detail(f"{side}_protobuf")
        changed = _LINES.without(shown, spelled)
        hidden[f"{side}_protobuf"] = (
            f"CASE WHEN {_is_decoded(side)} THEN {changed} ELSE {shown} END"
        )
    for name in ("latest_messages", "latest_events"):
        texts = _SHOWN_TEXT.without(_member_of_detail(name), names)
        hidden[name] = _SHOWN_OCTETS.without(texts, names)
    members = ", ".join(f"'{name}', {sql}" for name, sql in hidden.items())
    changed = f"json_merge_patch(detail, json_object({members}))::VARCHAR"
    return f"CASE WHEN {_HAS_MESSAGES} THEN {changed} ELSE detail END"


def _member_of_detail(name: str) -> str:
    return f"json_extract_string(detail, '$.{name}')"


def _is_decoded(side: str) -> str:
    return f"contains(detail, '\"{side}_message_type\"')"


def _unless_decoded(side: str, sql: str) -> str:
    """The content holds what its decoded form hides."""
    body = f"{side}_body"
    hidden = f"CASE WHEN {body} IS NOT NULL THEN encode({text(HIDDEN)}) END"
    return f"CASE WHEN coalesce({_is_decoded(side)}, FALSE) THEN {hidden} ELSE {sql} END"


def _in_trailers(sql: str, headers: Sequence[str]) -> str:
    """Values of these fields in trailers, which stand in JSON as lines of `name: value`."""
    line = rf'("|\\n)({_any_of(headers)}):(?:[^"\\]|\\[^n])*'
    return _replaced(sql, line, rf"\1\2: {HIDDEN}", "gi")


def _headers(name: str, rules: Rules) -> str:
    value = _patterned("field.value", rules.patterns)
    if rules.headers:
        names = ", ".join(text(header.lower()) for header in rules.headers)
        value = f"CASE WHEN lower(field.name) IN ({names}) THEN {text(HIDDEN)} ELSE {value} END"
    return f"list_transform({name}, lambda field: {{'name': field.name, 'value': {value}}})"


def _body(name: str, media_type: str, rules: Rules) -> str:
    """The content where it is text, searched; what should be text and is none is hidden whole.

    A body that was cut may end within a character: that much less of it is looked at, and kept.
    """
    tails = ", ".join(f"TRY(decode({name}[:-{cut}]))" for cut in (2, 3, 4))
    readable = (
        f"coalesce(TRY(decode({name})), CASE WHEN {name}_truncated THEN coalesce({tails}) END)"
    )
    changed = _patterned(_in_body(readable, rules.keys), rules.patterns)
    is_text = f"coalesce(regexp_matches({media_type}, {text(_TEXT_TYPES)}, 'i'), TRUE)"
    return (
        f"CASE WHEN {name} IS NULL THEN NULL WHEN {readable} IS NOT NULL THEN encode({changed}) "
        f"WHEN {is_text} THEN encode({text(HIDDEN)}) ELSE {name} END"
    )
