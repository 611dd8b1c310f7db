"""PostgreSQL: pgbench's transactions, as simple, extended and prepared queries."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.lab import SERVER_ADDRESS, Lab, LabError, run
from bench.protocols.servers import as_user, ask, folder_of, listening
from bench.protocols.traffic import Expected, Made, Need

PORT = 5432
USER = "postgres"
CLIENTS = 8
TRANSACTIONS = 1_500
"""Of each client in each mode, each of seven statements."""
MODES = ("simple", "extended", "prepared")
SERVER = Need("/usr/lib/postgresql/*/bin/postgres", "postgresql")


@contextmanager
def session(lab: Lab) -> Iterator[Callable[[], Expected]]:
    """Make a cluster with pgbench's tables, and serve it."""
    programs = Path(SERVER.found).parent
    home = folder_of(lab, "postgres", USER)
    data = str(home / "data")
    initdb = [str(programs / "initdb"), "-D", data, "--no-sync", "--auth=trust", "--locale=C"]
    initdb.append("--encoding=UTF8")
    run(as_user(USER, ["env", "-C", str(home), *initdb]))
    with (home / "data" / "pg_hba.conf").open("a") as rules:
        rules.write("host all all 10.91.0.0/24 trust\n")
    command = [str(programs / "postgres"), "-D", data, "-p", str(PORT)]
    command += ["-c", f"listen_addresses={SERVER_ADDRESS}", "-c", "fsync=off"]
    command += ["-c", f"unix_socket_directories={home}", "-c", "synchronous_commit=off"]
    with listening(lab, as_user(USER, ["env", "-C", str(home), *command]), PORT):
        run(["pgbench", "-h", str(home), "-p", str(PORT), "-U", USER, "-i", "-q", USER])
        yield lambda: _load(lab)


def _load(lab: Lab) -> Expected:
    transactions = 0
    for mode in MODES:
        asks = ["pgbench", "-h", SERVER_ADDRESS, "-p", str(PORT), "-U", USER, "-n", "-M", mode]
        said = ask(lab, [*asks, "-c", str(CLIENTS), "-t", str(TRANSACTIONS), USER])
        done = re.search(r"actually processed: (\d+)", said)
        if done is None:
            raise LabError(f"pgbench: {said}")
        transactions += int(done[1])
    return {
        "method = 'BEGIN'": transactions,
        "method = 'UPDATE'": 3 * transactions,
        "method = 'SELECT' and target like 'SELECT abalance%'": transactions,
        "method = 'INSERT'": transactions,
        "method = 'END'": transactions,
    }


TRAFFIC = Made(
    name="postgresql",
    load="pgbench (TPC-B): simple, extended and prepared, 8 connections",
    needs=(SERVER, Need("pgbench", "postgresql-contrib")),
    session=session,
    rows="requests where protocol = 'postgresql' and error is null",
    versions=((SERVER.path or SERVER.program, "--version"), ("pgbench", "--version")),
    shown="pgsql",
    fields=("frame.time_epoch", "tcp.stream", "pgsql.type", "pgsql.query"),
)
