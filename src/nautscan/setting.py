"""How a setting is described, parsed and written: what `nautscan.config` is made with."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from nautscan.errors import BadRequest
from nautscan.parsing import (
    Lines,
    Paths,
    parse_bool,
    parse_headers,
    parse_keys,
    parse_lines,
    parse_list,
    parse_port,
    parse_workers,
)
from nautscan.units import parse_duration, parse_size

Kind = Literal["text", "number", "size", "duration", "switch", "list", "lines"]
"""How a setting is written."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One row of the reference of settings."""

    name: str
    env: str
    default: str
    doc: str
    secret: bool
    kind: Kind
    group: str


def setting_field(  # noqa: PLR0913 (one argument a fact of the reference)
    env: str,
    default: Any,
    doc: str,
    parse: Callable[[str], Any] = str,
    *,
    shown: str | None = None,
    secret: bool = False,
) -> Any:
    """A field of `Config`. `shown` is the default in words, where it is not a value."""
    meta = {"env": env, "doc": doc, "parse": parse, "shown": shown, "secret": secret}
    if callable(default):
        return field(default_factory=default, metadata=meta)
    return field(default=default, metadata=meta)


def parsed_value(item: dataclasses.Field[Any], text: str, origin: str) -> Any:
    """The value of a setting, written at `origin`. Raises `BadRequest`."""
    try:
        return item.metadata["parse"](text)
    except ValueError as error:
        raise BadRequest(
            f"{origin} is {text!r}, which does not fit",
            remedy=f"{item.metadata['doc']}: {error}",
            detail={"setting": item.name},
        ) from error


def as_text(value: Any) -> str:
    """The value of a setting as its variable takes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Paths):
        return value.as_text()
    if isinstance(value, Lines):
        return "\n".join(value)
    if isinstance(value, tuple):
        return ",".join(value)
    return str(value)


def described(item: dataclasses.Field[Any], group: str) -> Setting:
    """The row of the reference that a field of `Config` gives."""
    meta = item.metadata
    shown = meta["shown"]
    if shown is None:
        shown = "" if item.default in (None, ()) else as_text(item.default)
    kinds: dict[Any, Kind] = {
        parse_size: "size", parse_duration: "duration", parse_bool: "switch",
        parse_list: "list", parse_headers: "list", parse_keys: "list", parse_lines: "lines",
        int: "number", parse_port: "number", parse_workers: "number",
    }  # fmt: skip
    kind = kinds.get(meta["parse"], "text")
    return Setting(item.name, meta["env"], shown, meta["doc"], meta["secret"], kind, group)
