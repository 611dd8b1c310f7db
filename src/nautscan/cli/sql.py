"""``nautscan sql``: SQL over capture files."""

from __future__ import annotations

import click

from nautscan.cli.job import Job, reads_captures
from nautscan.cli.read import answer

FORMATS = ("csv", "json", "parquet")


@click.command(short_help="Run SQL over capture files.")
@click.argument("query", metavar="SELECT")
@reads_captures
@click.option("--format", "form", type=click.Choice(FORMATS), help="Format of the file.")
@click.option("-o", "--output", metavar="FILE", help="Write the answer to this file.")
def command(job: Job, query: str, form: str | None, output: str | None) -> int:
    """Run one SELECT over the tables requests, flows, packets and names of capture files.

    The SQL is DuckDB's. `DESCRIBE requests` lists the columns.
    """
    return answer(job, query, form, output)
