"""``nautscan read``: capture files as a summary, rows, answers to SQL, or files."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING

import click

from nautscan.cli.job import Job, reads_captures
from nautscan.export.formats import FORMATS, format_of
from nautscan.offline.passes import FILE_TABLES, summary_of, tables_in

if TYPE_CHECKING:
    from nautscan.export.text import Paint
    from nautscan.store.scratch import Answer

LINES_AT_ONCE = 1024


@click.command(short_help="Read capture files: summary, rows, SQL, exports.")
@reads_captures
@click.option("-t", "--table", type=click.Choice(FILE_TABLES), help="Print the rows of this table.")
@click.option("--where", metavar="FILTER", help="Only rows that match, e.g. 'status >= 500'.")
@click.option("--sql", "query", metavar="SELECT", help="Run SQL over the tables.")
@click.option("--format", "form", type=click.Choice(FORMATS), help="Write tables in this format.")
@click.option(
    "-o",
    "--output",
    metavar="PATH",
    help="Where to: a file, or a directory or a name with {table} for several tables.",
)
def command(
    job: Job, table: str | None, query: str | None, form: str | None, output: str | None
) -> int:
    """Read capture files: pcap and pcapng, also .gz and .zst; `-` is standard input.

    Without options a summary is printed. Exit code 3: a file is damaged or cut, and what stands
    before the damage was read.
    """
    to_files = form is not None or output is not None
    if query is not None:
        if table is not None or job.where is not None:
            raise click.UsageError("--sql names tables and has a WHERE itself.")
        return answer(job, query, form, output)
    if to_files:
        from nautscan.cli.export import DEFAULT_TABLES, write_tables

        return write_tables(job, (table,) if table else DEFAULT_TABLES, form, output)
    if table is not None:
        return print_rows(job, table)
    if job.where is not None:
        raise click.UsageError("--where chooses rows; name their table with --table.")
    return print_totals(job) if job.as_json else print_summary(job)


def print_totals(job: Job) -> int:
    """The summary object."""
    reader = job.open(())
    job.drain(reader, lambda _table, _batch: None)
    click.echo(json.dumps(summary_of(reader), ensure_ascii=False))
    return job.finish(reader)


def print_rows(job: Job, table: str) -> int:
    """Rows of one table, each as soon as it is finished."""
    job = job.row_by_row()
    # The engine reads already while the database is imported that writes the rows.
    reader = job.open((table,))
    if job.as_json:
        from nautscan.export.selection import select
        from nautscan.export.sinks import open_sink

        sink = open_sink(select(table, job.options, job.condition(table), job.added(table)), "json")
        job.drain(reader, lambda _, batch: sink.add(batch))
        sink.end()
        sink.finish()
    else:
        from nautscan.export.text import RowPrinter

        printer = RowPrinter(table, job.condition(table), _painter(), job.added(table))
        job.drain(reader, lambda _, batch: _print(printer.lines(batch)))
    return job.finish(reader)


def print_summary(job: Job) -> int:
    """The summary for people."""
    from nautscan.export import summary

    with job.load(tuple(summary.COLUMNS), summary.COLUMNS) as (database, reader):
        _print(summary.lines(summary_of(reader), database))
    return job.finish(reader)


def answer(job: Job, query: str, form: str | None, output: str | None) -> int:
    """The rows that a query gives."""
    with job.load(sorted(tables_in(query))) as (database, reader):
        if output is not None:
            database.copy_to(query, output, format_of(form, output))
        elif form in {"csv", "parquet"}:
            raise click.UsageError(f"--format {form} with SQL needs -o FILE.")
        else:
            result = database.sql(query)
            _print(result.json_lines() if job.as_json or form else _aligned(result))
    return job.finish(reader)


def _aligned(result: Answer) -> Iterator[str]:
    from nautscan.export.text import Aligned, printable

    aligned = Aligned(result.columns)
    rows = ([printable(value) for value in row] for row in result.flat_rows())
    while some := list(islice(rows, LINES_AT_ONCE)):
        yield from aligned.lines(some)


def _print(lines: Iterable[str]) -> None:
    """Print and flush: what is finished is seen, also through a pipe."""
    from nautscan.export.output import standard_output

    encoding = sys.stdout.encoding or "utf-8"
    pending = iter(lines)
    with standard_output() as stream:
        while some := list(islice(pending, LINES_AT_ONCE)):
            text = "".join(f"{line}\n" for line in some)
            stream.write(text.encode(encoding, "backslashreplace"))
            stream.flush()


def _painter() -> Paint:
    from nautscan.export.text import plain

    return (lambda text, colour: click.style(text, fg=colour)) if sys.stdout.isatty() else plain
