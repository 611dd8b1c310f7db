"""The settings of this run: what is set and by whom, and changing some of them while it runs.

What was given by a flag or a variable is pinned: whoever deployed it has said so, and a change here
that the next start would undo is refused. Changes are kept in a file beside the database and hold
over restarts, until they are taken back or the setting is pinned.
"""

from __future__ import annotations

import json
import logging
import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from nautscan.config import SETTINGS, Config
from nautscan.errors import BadRequest, Conflict, NautScanError, StoreUnavailable
from nautscan.setting import Setting
from nautscan.store.hiding import Rules, check_patterns

log = logging.getLogger("nautscan.settings")

MAX_SAVED_BYTES: Final = 65_536


class Bounds(NamedTuple):
    """What a setting may be changed to, ends included."""

    least: float
    most: float


CHANGEABLE: Final[dict[str, Bounds | None]] = {
    "retention_age": Bounds(60, 10 * 366 * 86_400),
    "retention_bytes": Bounds(10 * 1000**2, 100 * 1000**4),
    "min_free_bytes": Bounds(0, 100 * 1000**4),
    "query_timeout": Bounds(1, 600),
    "live_rows": Bounds(100, 1_000_000),
    "live_subscribers": Bounds(1, 1024),
    "redact_headers": None,
    "redact_keys": None,
    "redact_patterns": None,
    "redact_bodies": None,
}
"""Settings that take effect at once, and how far they go; None for those that are no numbers."""

_ELSEWHERE: Final = {
    "interfaces": "capture",
    "filter": "capture",
    "promiscuous": "capture",
    "snaplen": "capture",
    "buffer_bytes": "capture",
}
"""Settings that a place of the page changes for the capture under way."""


class Settings:
    """What is set. Changes go through `change`, which hands the new settings to `apply`."""

    def __init__(self, config: Config, apply: Callable[[Config], None]) -> None:
        """Takes up what was saved; `apply` is told of it if it changes anything."""
        self._given = config
        self._apply = apply
        self._saved = read_saved(config)
        self.config = with_saved(config, self._saved)

    def all(self) -> list[dict[str, Any]]:
        """Every setting with its value, where it came from, and how to change it."""
        return [self._described(setting) for setting in SETTINGS]

    def change(self, wanted: Mapping[str, str | None]) -> list[str]:
        """Set some, all or none of them; None goes back to the default. What has changed.

        Raises `BadRequest` for what does not fit, `Conflict` for what is pinned,
        `StoreUnavailable` where it cannot be kept.
        """
        saved = dict(self._saved)
        for name, text in wanted.items():
            self._check_changeable(name)
            if text is None:
                saved.pop(name, None)
            else:
                saved[name] = str(_checked(self._given, name, text))
        before, after = self.config, with_saved(self._given, saved)
        _write(self._given.saved_settings_path, saved)
        self._saved, self.config = saved, after
        self._apply(after)
        changed = [name for name in wanted if getattr(before, name) != getattr(after, name)]
        for name in changed:
            log.info("%s is %s now", name, after.text(name))
        return changed

    def _check_changeable(self, name: str) -> None:
        setting = next((setting for setting in SETTINGS if setting.name == name), None)
        if setting is None:
            raise BadRequest(
                f"There is no setting {name!r}", remedy="GET /api/settings lists them."
            )
        if name not in CHANGEABLE:
            raise Conflict(
                f"{name} cannot be changed while NautScan runs",
                remedy=f"Set {setting.env} and start it again.",
                detail={"setting": name},
            )
        origin = self._given.origin(name)
        if origin != "default":
            where = "a flag" if origin == "flag" else f"the variable {setting.env}"
            raise Conflict(
                f"{name} is set by {where}, which would undo a change at the next start",
                remedy="Change it there, or take it away there to set it here.",
                detail={"setting": name},
            )

    def _described(self, setting: Setting) -> dict[str, Any]:
        name = setting.name
        given = self._given.origin(name)
        value = self.config.text(name)
        bounds = CHANGEABLE.get(name)
        return {
            "name": name,
            "env": setting.env,
            "group": setting.group,
            "kind": setting.kind,
            "doc": setting.doc,
            "value": None if setting.secret else value,
            "is_set": value is not None,
            "default": setting.default,
            "origin": "saved" if name in self._saved and given == "default" else given,
            "change": self._way(name, given != "default"),
            "least": bounds.least if bounds else None,
            "most": bounds.most if bounds else None,
        }

    @staticmethod
    def _way(name: str, pinned: bool) -> str:  # noqa: FBT001 (a private helper)
        if name in CHANGEABLE:
            return "pinned" if pinned else "now"
        return _ELSEWHERE.get(name, "restart")


def rules_of(config: Config) -> Rules:
    """What these settings hide in rows."""
    return Rules(
        config.redact_headers, config.redact_keys, config.redact_patterns, config.redact_bodies
    )


def with_saved(config: Config, saved: Mapping[str, str]) -> Config:
    """The settings with what was saved, where nobody gave another value at the start."""
    values = {
        name: config.parsed(name, text)
        for name, text in saved.items()
        if config.origin(name) == "default"
    }
    return config.replace(**values) if values else config


def read_saved(config: Config) -> dict[str, str]:
    """What was changed in an earlier run. What cannot be read or does not fit is left out."""
    path = config.saved_settings_path
    try:
        with path.open("rb") as file:
            found = json.loads(file.read(MAX_SAVED_BYTES))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        log.warning("the saved settings in %s cannot be read: %s", path, error)
        return {}
    saved: dict[str, str] = {}
    for name, text in found.items() if isinstance(found, dict) else ():
        try:
            saved[name] = _checked(config, name, text)
        except NautScanError as error:
            log.warning("saved setting %s is left out: %s", name, error.message)
    return saved


def _checked(config: Config, name: str, text: Any) -> str:
    """The text, if it fits the setting. Raises `BadRequest`."""
    if name not in CHANGEABLE or not isinstance(text, str):
        raise BadRequest(
            f"{name} cannot be kept", remedy=f"It is one of: {', '.join(CHANGEABLE)}, as text."
        )
    value = config.parsed(name, text)
    if name == "redact_patterns":
        check_patterns(value, name)
    bounds = CHANGEABLE[name]
    if bounds is None:
        return text
    if not bounds.least <= value <= bounds.most:
        low, high = (config.replace(**{name: type(value)(bound)}).text(name) for bound in bounds)
        raise BadRequest(
            f"{name} is {text}, which is out of bounds",
            remedy=f"Choose from {low} to {high}.",
            detail={"setting": name},
        )
    return text


def _write(path: Path, saved: Mapping[str, str]) -> None:
    """Whole or not at all, readable by this user only."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=path.name, dir=path.parent)
        try:
            with os.fdopen(descriptor, "w") as file:
                json.dump(dict(saved), file, indent=1, sort_keys=True)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise StoreUnavailable(
            f"The change cannot be kept in {path}: {error.strerror or error}",
            remedy="Give a data folder that this user can write to, or set the variable instead.",
        ) from error
