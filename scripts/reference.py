"""Write docs/reference from the code: `make docs`. A test fails when what is there is stale.

Settings come from `nautscan.config`, commands from the click group, tables and protocols from the
engine and, for the columns that the server adds, from `nautscan.schema`, routes from the OpenAPI
document.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import click

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT / "docs" / "reference"
NOTE = "<!-- Written by `make docs` from the code. Change it there. -->"

TABLE_INTRODUCTIONS = {
    "requests": "One row a request with its response, whatever the protocol. One that lasts (a "
    "WebSocket, a stream of events) gets several rows live, with one `flow_id` and `exchange_id`: "
    "they are cumulative, and the last one holds. The server keeps and tells that one only, under "
    "the `id` that the first one got.",
    "flows": "One row a flow. Rows are cumulative; live, a long flow gets several rows with one "
    "`flow_id`, and the last one holds.",
    "packets": "One row a packet kept in the sensor's ring, or of a capture file.",
    "names": "One row each time it was said that an address has a name: by DNS, mDNS or LLMNR to "
    "who asked, by a host of itself, or by a DHCP server. What is known is not said again while it "
    "holds, for a minute at least.",
    "stats": "The counters of every stage, each second, cumulative since the sensor started. "
    "Losses of every kind are among them.",
}

ARROW_NAMES = {"text": "utf8", "i64": "int64", "time": "timestamp[ns, UTC]"}
"""The engine's words for the kinds of the columns that the server adds."""


def main() -> int:
    """Write every page; with names as arguments, only those."""
    wanted = sys.argv[1:] or list(PAGES)
    REFERENCE.mkdir(parents=True, exist_ok=True)
    for name in wanted:
        (REFERENCE / name).write_text(PAGES[name]())
        sys.stdout.write(f"docs/reference/{name}\n")
    return 0


def settings_page() -> str:
    """Every setting with its variable, default and meaning."""
    from nautscan.config import SETTINGS

    rows = [
        (f"`{s.env}`", _code(s.default), s.doc + (". Kept secret" if s.secret else ""))
        for s in SETTINGS
    ]
    return _page(
        "Settings",
        "Every setting is an environment variable; where a command has an option of the same "
        "meaning (see the [command line](cli.md)), the option wins. Sizes are written `500MB` or "
        "`64MiB`, durations `7d`, `90m` or `250ms`, lists with commas.",
        [_table(("variable", "default", "meaning"), rows)],
    )


def tables_page() -> str:
    """Every column of every table, as the engine puts it out, and what the server adds."""
    from nautscan import _engine, schema

    parts = []
    for table in _engine.TABLES:
        columns = [(f"`{c.name}`", c.type, _yes(c.nullable), c.doc) for c in _engine.columns(table)]
        parts.append(f"## {table}\n\n{TABLE_INTRODUCTIONS[table]}\n")
        parts.append(_table(("column", "type", "null", "meaning"), columns))
        if table == "stats":
            counters = [(f"`{stage}`", f"`{name}`", doc) for stage, name, doc in _engine.counters()]
            parts.append("\nThe counters:\n")
            parts.append(_table(("stage", "name", "meaning"), counters))
        stored = [c for c in schema.columns(table) if c.stored]
        if stored:
            rows = [
                (f"`{c.name}`", ARROW_NAMES[c.kind], _yes(c.nullable), f"{c.doc}.") for c in stored
            ]
            parts.append("\nAdded by the server when the row is stored:\n")
            parts.append(_table(("column", "type", "null", "meaning"), rows))
    return _page(
        "Tables",
        "The columns are the same in the API, on the command line, in exports and in the database; "
        "column names are the keys in JSON. All times are those of the packets: UTC, nanoseconds; "
        "in JSON RFC 3339 with nine decimals and `Z`. A value that was not observed is null.",
        parts,
    )


def cli_page() -> str:
    """Every command with its arguments and options."""
    from nautscan.cli.main import cli

    # With the settings of the real one: commands inherit them, the names of --help among them.
    context = click.Context(cli, info_name="nautscan", **cli.context_settings)
    parts = [_paragraphs(cli.help)]
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        if command is None:
            raise LookupError(name)
        if not command.hidden:
            parts.append(_command(command, click.Context(command, info_name=name, parent=context)))
    return _page("Command line", "Options may also be given as [settings](settings.md).", parts)


def protocols_page() -> str:
    """Every protocol of the engine's registry: what is extracted, what not, what may be odd."""
    from nautscan import _engine

    known = _engine.protocols()
    summary = [
        (
            f"[`{p['name']}`](#{p['name']})",
            ", ".join(p["transports"]),
            "rows of `requests`" if p["table"] == "requests" else "summarised on the flow",
            p["title"],
        )
        for p in known
    ]
    parts = [_table(("protocol", "over", "told in", "what it is"), summary)]
    for protocol in known:
        limits = "\n".join(f"- {limit}" for limit in protocol["limits"])
        parts.append(f"\n## {protocol['name']}\n\n{protocol['title']}.\n")
        parts.append(f"**Extracted.** {protocol['extracts']}\n")
        parts.append(f"**Limits.**\n\n{limits}\n")
        if protocol["oddities"]:
            rows = [(f"`{name}`", meaning) for name, meaning in protocol["oddities"]]
            parts.append(_table(("oddity", "meaning"), rows))
    return _page(
        "Protocols",
        "A protocol is found by its bytes, on any port; `nautscan protocols` prints what stands "
        "here. Bytes of no known protocol are counted in `opaque_bytes`.",
        parts,
    )


def openapi_page() -> str:
    """Write the OpenAPI document."""
    from nautscan.api.app import create_app

    return json.dumps(create_app().openapi(), indent=1) + "\n"


PAGES: dict[str, Callable[[], str]] = {
    "settings.md": settings_page,
    "tables.md": tables_page,
    "cli.md": cli_page,
    "protocols.md": protocols_page,
    "openapi.json": openapi_page,
}


def _command(command: click.Command, context: click.Context) -> str:
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    rows = []
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if record is not None:
            rows.append((f"`{record[0]}`", " ".join(record[1].split())))
    options = _table(("option", "meaning"), rows)
    head = f"## {context.command_path}\n\n```\n{usage}\n```\n"
    return "\n".join([head, _paragraphs(command.help), options])


def _paragraphs(text: str | None) -> str:
    return "\n".join(line.strip() for line in (text or "").strip().splitlines()) + "\n"


def _page(title: str, introduction: str, parts: Iterable[str]) -> str:
    return "\n".join([NOTE, "", f"# {title}", "", introduction, "", *parts]).rstrip() + "\n"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [_row(head), "|" + "---|" * len(head), *(_row(row) for row in rows)]
    return "\n".join(lines) + "\n"


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def _code(text: str) -> str:
    return f"`{text}`" if text else ""


def _yes(value: bool) -> str:  # noqa: FBT001 (a cell of a table)
    return "yes" if value else "no"


if __name__ == "__main__":
    # Defaults shown must not depend on who runs this.
    for variable in [name for name in os.environ if name.startswith("NAUTSCAN_")]:
        del os.environ[variable]
    sys.exit(main())
