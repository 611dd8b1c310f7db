"""``nautscan protocols``: what is read of what is said, and what is not."""

from __future__ import annotations

import json
import textwrap
from typing import Any

import click

WIDTH = 76


@click.command()
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line; errors too.")
def command(names: tuple[str, ...], *, as_json: bool) -> None:
    """List the protocols that are read, whatever their port.

    With NAMEs, say what is extracted of these, what is not, and which oddities there are.
    """
    from nautscan.offline import protocols

    chosen = protocols.known(names)
    if as_json:
        for facts in chosen:
            click.echo(json.dumps(facts, ensure_ascii=False))
        return
    for line in _described(chosen) if names else _table(chosen):
        click.echo(line)


def _table(known: list[dict[str, Any]]) -> list[str]:
    rows = [("NAME", "OVER", "IN", "WHAT IT IS")]
    rows += [
        (facts["name"], " ".join(facts["transports"]), facts["table"], facts["title"])
        for facts in known
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    return [
        *lines,
        "",
        "IN is the table that tells of it: a row a request, or a summary on the flow.",
        "nautscan protocols NAME tells what is extracted, and the limits.",
    ]


def _described(known: list[dict[str, Any]]) -> list[str]:
    lines = []
    for facts in known:
        lines += [f"{facts['name']}: {facts['title']}, over {' and '.join(facts['transports'])}"]
        lines += _wrapped(facts["extracts"], "  ")
        lines += ["  Limits:"]
        lines += [line for limit in facts["limits"] for line in _wrapped(limit, "  - ")]
        if facts["oddities"]:
            lines += ["  Oddities:"]
        for name, meaning in facts["oddities"].items():
            lines += _wrapped(f"{name}: {meaning}", "  - ")
        lines += [""]
    return lines[:-1]


def _wrapped(text: str, head: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=head, subsequent_indent=" " * len(head))
