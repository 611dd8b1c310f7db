"""Groups and edges in words: a label for people, and the filter that finds exactly their rows."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from nautscan.store.dimensions import DIMENSIONS, ID_PATTERN, NOT_OUTSIDE, PATH, Dimension, Key
from nautscan.store.interface import Group, Row

MAX_FILTER: Final = 4000
"""A filter longer than the API takes finds nothing: then there is none."""

_NUMBERS: Final = frozenset({"status"})


def literal(text: str) -> str:
    """A text as a filter writes it."""
    return "'" + text.replace("'", "''") + "'"


def label_of(table: str, by: str, group: Group) -> str:
    """How a person would call a group."""
    values = [value for value, _ in group.keys]
    if by == "endpoint":
        server, method, path = values
        return _endpoint(str(server), method or "?", path or "")
    if by == "container":
        return group.facts["server_service"] or str(values[0])
    return next((value for value in values if value is not None), _nothing(table, by))


def _endpoint(server: str, method: str, path: str) -> str:
    """`GET orders/items`; `GET cache session:*`; `db SELECT * FROM t`, which begins with both."""
    where = f"{server}{path}" if path.startswith("/") else f"{server} {path}".rstrip()
    return where if path.upper().startswith(f"{method} ".upper()) else f"{method} {where}"


def _nothing(table: str, by: str) -> str:
    column = DIMENSIONS[table][by].keys[0].columns[0]
    return f"no {column.replace('_', ' ')}"


def filter_of(table: str, by: str, group: Group) -> str | None:
    """The filter that finds the rows of a group; None where it would be too long."""
    dimension = DIMENSIONS[table][by]
    terms: list[str] = []
    for key, (value, which) in zip(dimension.keys, group.keys, strict=True):
        terms += _terms(key, value, which)
    text = " and ".join([*terms, *_narrowed(dimension, by)])
    return text if len(text) <= MAX_FILTER else None


def _terms(key: Key, value: str | None, which: int | None) -> list[str]:
    if value is None or which is None:
        return [f"{_column(column)} is null" for column in key.columns]
    column = key.columns[which]
    absent = [f"{before} is null" for before in key.columns[:which]]
    if column == PATH:
        return [*absent, path_filter(value)]
    return [*absent, f"{column} = {value if column in _NUMBERS else literal(value)}"]


def _column(column: str) -> str:
    return "target" if column == PATH else column


def _narrowed(dimension: Dimension, by: str) -> list[str]:
    """What the dimension leaves out, as far as its keys do not say it."""
    return ["server_container_id is null"] if by == "outside" else []


def path_filter(path: str) -> str:
    """A condition on `target` that is true of this path, with any query behind it."""
    if "{id}" not in path:
        return f"(target = {literal(path)} or starts_with(target, {literal(path + '?')}))"
    pattern = ID_PATTERN.join(re.escape(part) for part in path.split("{id}"))
    return f"regexp_matches(target, {literal(f'^{pattern}([?]|$)')})"


def edge_filter(edge: Row, nodes: dict[str, Row]) -> tuple[str, str]:
    """The table that an edge's rows are in, and the filter that finds them there."""
    sides = [*_side(edge, "client", nodes), *_side(edge, "server", nodes)]
    if edge["requests"]:
        return "requests", " and ".join([*sides, f"protocol = {literal(edge['protocol'])}"])
    protocol = literal(edge["protocol"])
    either = f"(protocol = {protocol} or (protocol is null and transport = {protocol}))"
    return "flows", " and ".join([*sides, either])


def _side(edge: Row, side: str, nodes: dict[str, Row]) -> list[str]:
    key = str(edge[side])
    kind, _, value = key.partition(":")
    match kind:
        case "service":
            _, _, service = value.partition("/")
            known = nodes[key]["project"]
            in_project = f"= {literal(known)}" if known else "is null"
            return [f"{side}_service = {literal(service)}", f"{side}_project {in_project}"]
        case "container":
            return [f"{side}_container_id = {literal(value)}", f"{side}_service is null"]
        case "host":
            return [f"{side} = {literal(value)}", f"{side}_container_id is null"]
        case _:
            return [f"{side}_ip = {literal(value)}", f"{side} is null"]


def scope_of(addresses: Iterable[str]) -> str | None:
    """Tell internet where one of the addresses is none of private use, else local; None for none.

    The same addresses are meant as by the dimension `outside`.
    """
    known = list(addresses)
    if not known:
        return None
    return "local" if all(re.search(NOT_OUTSIDE, text) for text in known) else "internet"


def described(table: str, by: str, group: Group) -> dict[str, Any]:
    """A group for an answer, without its numbers."""
    return {
        "label": label_of(table, by, group),
        "keys": [value for value, _ in group.keys],
        "project": group.facts.get("server_project"),
        "filter": filter_of(table, by, group),
    }
