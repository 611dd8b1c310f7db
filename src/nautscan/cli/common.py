"""What the subcommands share: exit codes, and how a failure is told.

Kept free of heavy imports: it is on the start path of every command.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

import click


class Exit(IntEnum):
    """Exit codes of ``nautscan``; scripts rely on them."""

    OK = 0
    FAILED = 1
    """Something failed; the message says what, why and what to do."""
    USAGE = 2
    """The command line could not be understood."""
    DAMAGED = 3
    """A capture is damaged or cut: everything up to the damage was read and printed."""
    INTERRUPTED = 130
    """Ctrl-C."""
    BROKEN_PIPE = 141
    """The reader of standard output went away (``| head``), as when killed by SIGPIPE."""


@dataclass(frozen=True)
class Failure:
    """An error as a person, or a program reading ``--json``, gets to see it."""

    code: str
    message: str
    remedy: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)
    exit_code: int = Exit.FAILED

    def as_text(self) -> str:
        """Message, then what to do about it."""
        text = f"nautscan: {self.message}"
        return f"{text}\n  {self.remedy}" if self.remedy else text

    def as_json(self) -> str:
        """One line in the error shape that the HTTP API has too."""
        error: dict[str, Any] = {
            "code": self.code,
            "message": self.message,
            "remedy": self.remedy,
            "detail": dict(self.detail),
        }
        return json.dumps({"error": error}, ensure_ascii=False, default=str)


def failure_of(error: BaseException) -> Failure | None:
    """How to tell ``error``, or ``None`` if it is not one that a person can act on (a bug)."""
    if isinstance(error, click.ClickException):
        return _usage_failure(error)
    if isinstance(error, _known_errors()):
        known: Any = error
        return Failure(
            known.code, known.message, known.remedy or "", getattr(known, "detail", None) or {}
        )
    return None


def _usage_failure(error: click.ClickException) -> Failure:
    command = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else ""
    remedy = f"Try: {command} --help" if command else ""
    code = "usage" if isinstance(error, click.UsageError) else "failed"
    return Failure(code, error.format_message(), remedy, exit_code=error.exit_code)


def _known_errors() -> tuple[type[BaseException], ...]:
    """Error classes with code, message and remedy. The engine's is known only once loaded."""
    from nautscan.errors import NautScanError

    engine = sys.modules.get("nautscan._engine")
    return (NautScanError,) if engine is None else (NautScanError, engine.EngineError)


def wants_json(args: Sequence[str]) -> bool:
    """Whether ``--json`` is among the options, also when they cannot be parsed."""
    options = args[: args.index("--")] if "--" in args else args
    return "--json" in options


def tell(failure: Failure, *, as_json: bool) -> None:
    """Print a failure on standard error."""
    click.echo(failure.as_json() if as_json else failure.as_text(), err=True)


def silence_stdout() -> None:
    """Make the interpreter's last flush harmless after the reader of stdout has gone."""
    devnull = os.open(os.devnull, os.O_WRONLY)
    os.dup2(devnull, sys.stdout.fileno())
    os.close(devnull)
