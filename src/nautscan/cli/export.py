"""``nautscan export``: the tables of capture files as files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nautscan.cli.common import Exit
from nautscan.cli.job import Job, patience, reads_captures
from nautscan.export.formats import FORMATS, Format, format_of
from nautscan.export.text import counted
from nautscan.offline.passes import FILE_TABLES, STANDARD_INPUT

if TYPE_CHECKING:
    from nautscan.export.sinks import Sink

DEFAULT_TABLES = ("requests", "flows")
PLACE = "{table}"
PCAPNG = "pcapng"


@click.command(short_help="Write tables as Parquet, CSV or JSON, or packets as pcapng.")
@reads_captures
@click.option(
    "-o",
    "--output",
    required=True,
    metavar="PATH",
    help="Where to: a file, or a directory or a name with {table} for several tables.",
)
@click.option(
    "-t",
    "--table",
    "tables",
    multiple=True,
    type=click.Choice(FILE_TABLES),
    help="Which table; may be given several times. Otherwise requests and flows.",
)
@click.option(
    "--format", "form", type=click.Choice((*FORMATS, PCAPNG)), help="Otherwise as PATH ends."
)
@click.option("--where", metavar="FILTER", help="Only rows that match, e.g. 'status >= 500'.")
def command(job: Job, output: str, tables: tuple[str, ...], form: str | None) -> int:
    """Write the tables of capture files as Parquet, CSV or JSON, batch by batch.

    A file appears under its name only when it is whole. As pcapng the packets themselves are
    written, merged and in order of time, with interfaces, names, decryption secrets and counters.
    """
    if form == PCAPNG or (form is None and output.endswith(f".{PCAPNG}")):
        if tables or job.where is not None or job.names:
            raise click.UsageError("pcapng holds packets: choose them with --filter.")
        return write_packets(job, Path(output))
    return write_tables(job, tables or DEFAULT_TABLES, form, output)


def write_tables(job: Job, tables: Sequence[str], form: str | None, output: str | None) -> int:
    """Write tables side by side in one pass."""
    targets = _targets(tables, form, output)
    # The engine reads already while the modules are imported that write the rows.
    reader = job.open(tables)
    from nautscan.export.selection import select
    from nautscan.export.sinks import open_sink

    sinks: dict[str, Sink] = {}
    try:
        for table, (kind, target) in targets.items():
            rows = select(table, job.options, job.condition(table), job.added(table))
            sinks[table] = open_sink(rows, kind, target)
        job.drain(reader, lambda table, batch: sinks[table].add(batch))
        for sink in sinks.values():
            sink.end()
        for sink in sinks.values():
            sink.finish()
    except BaseException:
        for sink in sinks.values():
            sink.abandon()
        raise
    for table, (_, target) in targets.items():
        if target is not None:
            click.echo(f"{target}: {counted(sinks[table].rows, 'row', 'rows')}", err=True)
    return job.finish(reader)


def write_packets(job: Job, output: Path) -> int:
    """Write the packets of all files as one pcapng file."""
    from nautscan.offline.copying import copy_packets

    with patience(wanted=STANDARD_INPUT in job.files):
        totals = copy_packets(job.files, output, job.options.filter)
    click.echo(f"{output}: {counted(totals['packets'], 'packet', 'packets')}", err=True)
    lost = totals["not_expressible"]
    if lost:
        told = counted(lost, "packet", "packets")
        job.warn([f"{told} from before 1970 cannot be written as pcapng."])
    job.warn(totals["warnings"])
    return Exit.DAMAGED if totals["damaged"] else Exit.OK


def _targets(
    tables: Sequence[str], form: str | None, output: str | None
) -> dict[str, tuple[Format, Path | None]]:
    """Format and file of each table; no file means standard output."""
    if output is None:
        if len(tables) > 1:
            raise click.UsageError("Name one table with --table, or a place with -o.")
        return {tables[0]: (format_of(form, ""), None)}
    if Path(output).is_dir() or output.endswith("/"):
        kind = format_of(form or FORMATS[0], output)
        Path(output).mkdir(parents=True, exist_ok=True)
        return {table: (kind, Path(output) / f"{table}.{kind}") for table in tables}
    if len(tables) > 1 and PLACE not in output:
        raise click.UsageError(
            "Several tables need a directory or {table} in the name given to -o; or name one "
            "table with --table."
        )
    kind = format_of(form, output)
    return {table: (kind, Path(output.replace(PLACE, table))) for table in tables}
