"""``nautscan interfaces``: what could be captured on, and what would be."""

from __future__ import annotations

import json
from typing import Any

import click


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line; errors too.")
def command(*, as_json: bool) -> None:
    """List the network interfaces and whether they can be captured.

    Those marked with * are captured on unless --interface or NETWORK_INTERFACES names others.
    """
    from nautscan.sensor import enginefacts

    chosen, why = enginefacts.default_interfaces()
    found = enginefacts.interfaces(chosen)
    if as_json:
        for facts in found:
            facts["default"] = facts.pop("selected")
            click.echo(json.dumps(facts, ensure_ascii=False))
        return
    shared = enginefacts.shared_reason(found)
    for line in _table(found, notes=shared is None):
        click.echo(line)
    if shared is not None:
        click.echo(f"\nNone can be captured: {shared}")
    click.echo(f"\n* captured unless others are named: {why}")


def _table(found: list[dict[str, Any]], *, notes: bool) -> list[str]:
    heads = ["", "NAME", "KIND", "STATE", "LINK TYPE", "MAC", "ADDRESSES", "NOTE"]
    rows = [heads, *map(_row, found)]
    rows = rows if notes else [row[:-1] for row in rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def _row(facts: dict[str, Any]) -> list[str]:
    state = {True: "up", False: "down", None: "-"}[facts["up"]]
    note = facts.get("description") or "" if facts["capturable"] else facts["reason"] or ""
    name = facts["name"]
    if facts["friendly_name"] is not None:
        name = f"{facts['friendly_name']} = {name}"
    return [
        "*" if facts["selected"] else "",
        name,
        facts["kind"] or "",
        state,
        facts["link_type"] or "-",
        facts["mac"] or "-",
        " ".join(facts["addresses"]) or "-",
        note,
    ]
