"""``nautscan doctor``: what is missing for capturing here, and what to do about it."""

from __future__ import annotations

import json
import os
import sys
import textwrap
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from nautscan.cli.common import Exit

if TYPE_CHECKING:
    from nautscan.doctor.model import Check

_WIDTH: Final = 100
_MARKS: Final = {"ok": "ok", "warning": "note", "failed": "FAILED", "unknown": "?"}
_COLOURS: Final = {"ok": "green", "warning": "yellow", "failed": "red", "unknown": "blue"}
_MARK_WIDTH: Final = max(map(len, _MARKS.values()))


@click.command()
@click.option(
    "-i",
    "--interface",
    "interfaces",
    multiple=True,
    metavar="NAME",
    help="Look at this interface; may be given several times.  "
    "[default: those that would be captured]",
)
@click.option(
    "--data-dir",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the database.  [default: ~/.local/share/nautscan, as root /var/lib/nautscan]",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object; errors too.")
def command(interfaces: tuple[str, ...], data_dir: Path | None, *, as_json: bool) -> int:
    """Check what capturing needs here, and say what to do.

    Takes less than three seconds and no rights, and changes nothing; as root it sees more. Exit
    codes: 0 all is well or only notes, 1 something failed.
    """
    from nautscan.cli._options import split_names
    from nautscan.config import Config
    from nautscan.doctor.command import examine_here
    from nautscan.doctor.model import State, overall
    from nautscan.doctor.runner import left_alone

    config = Config.load(interfaces=split_names(interfaces), data_dir=data_dir)
    checks, facts = examine_here(config)
    if as_json:
        from nautscan.doctor.model import report

        click.echo(json.dumps(report(checks, **facts), ensure_ascii=False))
    else:
        for line in _lines(checks):
            click.echo(line)
    code = Exit.FAILED if overall(checks) is State.FAILED else Exit.OK
    if left_alone():
        sys.stdout.flush()
        os._exit(code)
    return code


def _lines(checks: list[Check]) -> Iterator[str]:
    from nautscan.doctor.model import counts

    width = max(len(check.title) for check in checks)
    for check in checks:
        yield from _told(check, width)
    found = counts(checks)
    words = {"failed": "failed", "warning": "to note", "unknown": "not known", "ok": "ok"}
    parts = [_coloured(f"{found[s]} {text}", s) for s, text in words.items() if found[s]]
    yield ""
    yield ", ".join(parts) + "."


def _told(check: Check, width: int) -> Iterator[str]:
    state = check.state.value
    mark = _coloured(_MARKS[state].ljust(_MARK_WIDTH), state)
    indent = " " * (_MARK_WIDTH + 2 + width + 2)
    body = _wrapped(check.found, _WIDTH - len(indent))
    yield f"{mark}  {check.title.ljust(width)}  {body[0] if body else ''}"
    yield from (indent + line for line in body[1:])
    if state == "ok" and not check.remedy:
        return
    if state != "ok":
        why = _wrapped(check.why, _WIDTH - len(indent))
        yield from (indent + click.style(line, dim=True) for line in why)
    for to_paste, lines in groupby(check.remedy.splitlines(), lambda line: line[:4].isspace()):
        if to_paste:
            # A command is never broken: it is there to be pasted.
            yield from (indent + click.style(line, bold=True) for line in lines)
        else:
            words = " ".join(line.strip() for line in lines)
            yield from (indent + part for part in _wrapped(words, _WIDTH - len(indent)))


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, max(width, 40), break_long_words=False, break_on_hyphens=False)


def _coloured(text: str, state: str) -> str:
    """Click takes colours out again where the output is no terminal."""
    return click.style(text, fg=_COLOURS[state])
