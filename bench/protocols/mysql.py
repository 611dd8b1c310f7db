"""MySQL's protocol: MariaDB and mariadb-slap."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bench.lab import SERVER_ADDRESS, Lab, run
from bench.protocols.servers import ask, folder_of, listening
from bench.protocols.traffic import Expected, Made, Need

PORT = 3306
USER = "mysql"
CLIENTS = 8
QUERIES = 60_000
"""Of each of the two statements."""
SELECT = "SELECT id, note FROM shop.orders WHERE id < 4"
UPDATE = "UPDATE shop.orders SET note = 'sent' WHERE id = 2"


@contextmanager
def session(lab: Lab) -> Iterator[Callable[[], Expected]]:
    """Make a database with a small table, and serve it."""
    home = folder_of(lab, "mariadb", USER)
    install = ["mariadb-install-db", "--no-defaults", f"--user={USER}", f"--datadir={home}/data"]
    run([*install, "--skip-test-db", "--auth-root-authentication-method=normal"])
    start = home / "start.sql"
    rows = ", ".join(f"({number}, 'note {number}')" for number in range(1, 9))
    start.write_text(
        "CREATE DATABASE shop;\n"
        "CREATE TABLE shop.orders (id int PRIMARY KEY, note text);\n"
        f"INSERT INTO shop.orders VALUES {rows};\n"
        "GRANT ALL ON *.* TO bench@'%' IDENTIFIED BY 'bench';\n"
    )
    command = ["mariadbd", "--no-defaults", f"--user={USER}", f"--datadir={home}/data"]
    command += [f"--bind-address={SERVER_ADDRESS}", f"--port={PORT}", f"--socket={home}/socket"]
    command += [f"--pid-file={home}/pid", f"--init-file={start}", "--skip-name-resolve"]
    with listening(lab, [*command, "--innodb-flush-log-at-trx-commit=0"], PORT):
        yield lambda: _load(lab, f"{home}/socket")


def _load(lab: Lab, socket: str) -> Expected:
    before = _counts(socket)
    asks = ["mariadb-slap", "--no-defaults", "-h", SERVER_ADDRESS, "-P", str(PORT), "-ubench"]
    asks += ["-pbench", f"--concurrency={CLIENTS}", f"--number-of-queries={QUERIES}"]
    asks += ["--create-schema=shop", "--no-drop", "--skip-ssl"]
    for statement in (SELECT, UPDATE):
        ask(lab, [*asks, f"--query={statement}"])
    after = _counts(socket)
    return {
        f"method = '{name}' and target like '{name} %shop.orders%'": after[name] - before[name]
        for name in ("SELECT", "UPDATE")
    }


def _counts(socket: str) -> dict[str, int]:
    """How often the server was asked so far, by its own account."""
    ask = ["mariadb", "--no-defaults", "-uroot", f"--socket={socket}", "-BN", "-e"]
    said = run([*ask, "SHOW GLOBAL STATUS WHERE Variable_name IN ('Com_select', 'Com_update')"])
    return {
        name.removeprefix("Com_").upper(): int(n) for name, n in map(str.split, said.splitlines())
    }


TRAFFIC = Made(
    name="mysql",
    load="MariaDB, mariadb-slap: SELECT of 3 rows, UPDATE, 8 connections",
    needs=(Need("mariadbd", "mariadb-server"), Need("mariadb-slap", "mariadb-client")),
    session=session,
    rows="requests where protocol = 'mysql'",
    versions=(("mariadbd", "--version"), ("mariadb-slap", "--version")),
    shown="mysql",
    fields=("frame.time_epoch", "tcp.stream", "mysql.query", "mysql.response_code"),
)
