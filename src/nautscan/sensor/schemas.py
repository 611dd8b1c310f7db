"""Schemas of Protocol Buffers that a person gives, as the engine takes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nautscan import _engine
from nautscan.errors import NautScanError


@dataclass(frozen=True, slots=True)
class Described:
    """What schemas describe."""

    methods: int
    services: tuple[str, ...]


def load(paths: Sequence[str]) -> _engine.Schemas | None:
    """The schemas in these files and folders; None for none. Raises `NautScanError`."""
    if not paths:
        return None
    try:
        return _engine.Schemas(list(paths))
    except _engine.EngineError as error:
        raise NautScanError.from_dict(
            {"code": error.code, "message": error.message, "remedy": error.remedy}
        ) from error


def described(paths: Sequence[str]) -> Described:
    """What they describe. Raises `NautScanError`."""
    found = load(paths)
    return Described(0, ()) if found is None else Described(len(found), tuple(found.services()))
