"""Real Redis, Memcached, PostgreSQL, MariaDB and clients: what clients say they did, rows say."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import textwrap
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.integration.sensor_lab import (
    SERVER,
    WAIT_S,
    Lab,
    SensorProcess,
    log_of,
    open_folder,
    sensor,
    serving,
    started,
)

pytestmark = [pytest.mark.root, pytest.mark.asyncio(loop_scope="module")]

REDIS, MEMCACHED, POSTGRES, MARIADB = 16379, 21211, 15432, 13306
"""Nobody's ports: protocols are known by their bytes."""
SECRET = "hunter2-4711"
"""In keys, values, statements and passwords, and to be in no row."""

OWN = {"HELLO", "AUTH", "CLIENT SETINFO", "CLIENT MAINT_NOTIFICATIONS", "quit"}
"""What clients do by themselves."""

REDIS_CLIENT = """
    import redis, json, sys

    def main(protocol):
        r = redis.Redis("10.99.0.2", 16379, protocol=protocol, password="hunter2-4711")
        log = []
        def did(method, key, error=None):
            log.append([method, key, error])
        r.set("session:hunter2-4711", "hunter2-4711"); did("SET", "session:*")
        r.get("session:hunter2-4711"); did("GET", "session:*")
        r.get("none"); did("GET", "none")
        pipe = r.pipeline(transaction=False)
        for n in range(3):
            pipe.incr(f"count:{n}")
            did("INCRBY", "count:*")  # what redis-py makes of it
        pipe.execute()
        pipe = r.pipeline(transaction=True)
        pipe.set("a", 1); pipe.lpush("a", 2)
        try:
            pipe.execute()
        except redis.ResponseError:
            pass
        did("MULTI", None); did("SET", "a"); did("LPUSH", "a"); did("EXEC", None, "WRONGTYPE")
        try:
            r.lpush("a", "x")
        except redis.ResponseError:
            did("LPUSH", "a", "WRONGTYPE")
        r.eval("return redis.call('get', KEYS[1])", 1, "a"); did("EVAL", "a")
        try:
            r.evalsha("0" * 40, 0)
        except redis.exceptions.NoScriptError:
            did("EVALSHA", None, "NOSCRIPT")
        listener = r.pubsub()
        listener.subscribe("news"); did("SUBSCRIBE", "news")
        while listener.get_message(timeout=5)["type"] != "subscribe":
            pass
        r.publish("news", "hunter2-4711"); did("PUBLISH", "news")
        message = listener.get_message(timeout=5); did(message["type"].upper(), "news")
        listener.unsubscribe(); did("UNSUBSCRIBE", None)
        while listener.get_message(timeout=5)["type"] != "unsubscribe":
            pass
        print(json.dumps(log))

    main(int(sys.argv[1]))
"""

MEMCACHED_CLIENT = """
    import json
    from pymemcache.client.base import Client
    from pymemcache.exceptions import MemcacheClientError

    c = Client(("10.99.0.2", 21211), default_noreply=False)
    log = []
    def did(method, key, reply, error=None):
        log.append([method, key, reply, error])
    c.set("session:hunter2-4711", "hunter2-4711"); did("set", "session:*", "STORED")
    c.get("session:hunter2-4711"); did("get", "session:*", "VALUE")
    c.get("none"); did("get", "none", "END")
    c.get_many(["none", "session:hunter2-4711"]); did("get", "none", "VALUE")
    c.add("session:hunter2-4711", "x"); did("add", "session:*", "NOT_STORED")
    c.set("n", "1"); did("set", "n", "STORED")
    c.incr("n", 5); did("incr", "n", "number")
    try:
        c.incr("session:hunter2-4711", 1)
    except MemcacheClientError:
        did("incr", "session:*", "CLIENT_ERROR", "CLIENT_ERROR")
    c.set("big", "x" * 300_000, noreply=True); did("set", "big", "none wanted")
    c.gets("n"); did("gets", "n", "VALUE")
    c.touch("n", 10); did("touch", "n", "TOUCHED")
    c.delete("n"); did("delete", "n", "DELETED")
    c.delete("n"); did("delete", "n", "NOT_FOUND")
    c.raw_command("ms m 2 T0\\r\\nhi"); did("ms", "m", "HD")
    c.raw_command("mg m v", "hi\\r\\n"); did("mg", "m", "VA")
    c.raw_command("mg none v"); did("mg", "none", "EN")
    c.stats(); did("stats", None, "STAT")
    c.close()
    print(json.dumps(log))
"""

MEMCACHED_DATAGRAMS = """
    import json, socket, struct

    def ask(number, command):
        s.send(struct.pack(">4H", number, 0, 1, 0) + command.encode())
        came = {}
        while not came or len(came) < of:
            datagram = s.recv(65536)
            own, at, of, _ = struct.unpack(">4H", datagram[:8])
            assert own == number
            came[at] = datagram[8:]
        return b"".join(came[at] for at in range(of)), of

    with socket.create_connection(("10.99.0.2", 21211), timeout=10) as c:
        c.sendall(b"set huge 0 0 50000\\r\\n" + b"x" * 50_000 + b"\\r\\n")
        assert c.recv(100) == b"STORED\\r\\n"
    log = [["set", "huge", "STORED", "tcp", 8]]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(10)
        s.connect(("10.99.0.2", 21211))
        asks = [("set", "session:hunter2-4711", " 0 0 12\\r\\nhunter2-4711", "STORED"),
                ("get", "session:hunter2-4711", "", "VALUE"), ("get", "none", "", "END"),
                ("delete", "session:hunter2-4711", "", "DELETED"), ("get", "huge", "", "VALUE")]
        for number, (command, key, more, reply) in enumerate(asks):
            answer, datagrams = ask(number, f"{command} {key}{more}\\r\\n")
            assert answer.startswith(reply.encode())
            shown = "session:*" if key.startswith("session") else key
            log.append([command, shown, reply, "udp", len(answer)])
    assert datagrams > 30
    print(json.dumps(log))
"""

POSTGRES_CLIENT = """
    import json, psycopg

    log = []
    def did(method, target, rows=None, error=None):
        log.append([method, target, rows, error])
    connection = psycopg.connect(
        "host=10.99.0.2 port=15432 user=postgres password=hunter2-4711 dbname=postgres"
        " sslmode=prefer gssencmode=disable", autocommit=True
    )
    did("SSLREQUEST", None); did("STARTUP", "postgres")
    c = connection.cursor()
    c.execute("CREATE TABLE t (id int PRIMARY KEY, note text)")
    did("CREATE", "CREATE TABLE t (id int PRIMARY KEY, note text)")
    c.execute("INSERT INTO t VALUES (1, 'hunter2-4711'), (2, 'x')")
    did("INSERT", "INSERT INTO t VALUES (?)")
    c.execute("SELECT * FROM t WHERE note <> 'hunter2-4711' AND id < 100 -- hunter2-4711")
    did("SELECT", "SELECT * FROM t WHERE note <> ? AND id < ?", len(c.fetchall()))
    c.execute("SELECT * FROM t WHERE note = %s", ["hunter2-4711"])
    did("SELECT", "SELECT * FROM t WHERE note = ?", len(c.fetchall()))
    for n in range(2):
        if not n:
            did("PREPARE", "SELECT id FROM t WHERE id >= ?")
        c.execute("SELECT id FROM t WHERE id >= %s", [n], prepare=True)
        did("SELECT", "SELECT id FROM t WHERE id >= ?", len(c.fetchall()))
    for statement, form, code in [
        ("INSERT INTO t VALUES (1, 'hunter2-4711')", "INSERT INTO t VALUES (?)",
         "unique_violation"),
        ("SELECT * FROM missing", "SELECT * FROM missing", "undefined_table"),
        ("SELEKT 1", "SELEKT ?", "syntax_error"),
    ]:
        try:
            c.execute(statement)
        except psycopg.Error as error:
            did(form.split()[0], form, None, code)
    with c.copy("COPY t FROM STDIN") as copy:
        for n in range(10, 20):
            copy.write_row((n, "hunter2-4711"))
    did("COPY", "COPY t FROM STDIN")
    with c.copy("COPY t TO STDOUT") as copy:
        assert len(list(copy.rows())) == 12
    did("COPY", "COPY t TO STDOUT")
    with connection.pipeline():
        for n in range(30, 33):
            c.execute("INSERT INTO t VALUES (%s, %s)", [n, "hunter2-4711"])
            did("INSERT", "INSERT INTO t VALUES (?)")
    connection.close()
    print(json.dumps(log))
"""

ENCRYPTED_POSTGRES_CLIENT = """
    import json, psycopg

    log = []
    for version in ("TLSv1.2", "TLSv1.3"):
        with psycopg.connect(
            "host=10.99.0.2 port=15432 user=postgres password=hunter2-4711 dbname=postgres"
            f" sslmode=require gssencmode=disable ssl_max_protocol_version={version}"
        ) as connection:
            client, used, cipher = connection.execute(
                "SELECT inet_client_port(), version, cipher FROM pg_stat_ssl"
                " WHERE pid = pg_backend_pid()"
            ).fetchone()
            assert connection.execute("SELECT 'hunter2-4711'").fetchone() == ("hunter2-4711",)
        log.append([client, used, cipher])
    print(json.dumps(log))
"""

MARIADB_CLIENT = """
    import json, sys, tempfile, mysql.connector, pymysql

    HOW = dict(host="10.99.0.2", port=13306, user="tester", password="hunter2-4711",
               database="shop")
    log = []
    def did(method, target, rows=None, error=None):
        log.append([method, target, rows, error])

    connection = pymysql.connect(**HOW, autocommit=True, local_infile=True)
    did("CONNECT", "shop"); did("SET", "SET NAMES utf8mb4")  # what PyMySQL does by itself
    c = connection.cursor()
    c.execute("DROP TABLE IF EXISTS t"); did("DROP", "DROP TABLE IF EXISTS t")
    c.execute("DROP PROCEDURE IF EXISTS p"); did("DROP", "DROP PROCEDURE IF EXISTS p")
    c.execute("CREATE TABLE t (id int PRIMARY KEY, note text)")
    did("CREATE", "CREATE TABLE t (id int PRIMARY KEY, note text)")
    c.execute("INSERT INTO `t` VALUES (1, 'hunter2-4711'), (2, \\"x\\")")
    did("INSERT", "INSERT INTO `t` VALUES (?)")
    c.execute("SELECT * FROM t WHERE note <> 'it\\\\'s hunter2-4711' AND id < 100 # hunter2-4711")
    did("SELECT", "SELECT * FROM t WHERE note <> ? AND id < ?", len(c.fetchall()))
    c.execute("SELECT note FROM t WHERE note = %s", ["hunter2-4711"])
    did("SELECT", "SELECT note FROM t WHERE note = ?", len(c.fetchall()))
    for statement, form, code in [
        ("INSERT INTO t VALUES (1, 'hunter2-4711')", "INSERT INTO t VALUES (?)", "ER_DUP_ENTRY"),
        ("SELECT * FROM missing", "SELECT * FROM missing", "ER_NO_SUCH_TABLE"),
        ("SELEKT 1", "SELEKT ?", "ER_PARSE_ERROR"),
    ]:
        try:
            c.execute(statement)
        except pymysql.Error:
            did(form.split()[0], form, None, code)
    with tempfile.NamedTemporaryFile("w", prefix="hunter2-4711") as file:
        file.write("10\\thunter2-4711\\n11\\thunter2-4711\\n"); file.flush()
        c.execute(f"LOAD DATA LOCAL INFILE '{file.name}' INTO TABLE t")
    did("LOAD", "LOAD DATA LOCAL INFILE ? INTO TABLE t")
    c.execute("CREATE PROCEDURE p() BEGIN SELECT 1; SELECT id FROM t; END")
    did("CREATE", "CREATE PROCEDURE p() BEGIN SELECT ?; SELECT id FROM t; END")
    c.callproc("p"); rows = len(c.fetchall())
    while c.nextset():
        rows += len(c.fetchall())
    did("CALL", "CALL `p`()", rows)
    connection.ping(); did("PING", None)
    connection.select_db("mysql"); did("INIT_DB", "mysql")
    connection.close(); did("QUIT", None)

    compress = sys.argv[1] == "compressed"
    other = mysql.connector.connect(**HOW, compress=compress, use_pure=True, ssl_disabled=True)
    did("CONNECT", "shop")
    # What Connector/Python does by itself, as the pings before a cursor and the resets below.
    did("SET", "SET NAMES ? COLLATE ?"); did("SET", "SET @@session.autocommit = OFF")
    c = other.cursor(prepared=True); did("PING", None)
    c.execute("SELECT id, note FROM t WHERE id >= %s AND note <> 'hunter2-4711 no'", [2])
    form = "SELECT id, note FROM t WHERE id >= ? AND note <> ?"
    did("PREPARE", form); did("STMT_RESET", form); did("SELECT", form, len(c.fetchall()))
    c.execute("SELECT id, note FROM t WHERE id >= %s AND note <> 'hunter2-4711 no'", [0])
    did("STMT_RESET", form); did("SELECT", form, len(c.fetchall()))
    c.close()
    c = other.cursor(); did("PING", None)
    c.execute("SELECT REPEAT('hunter2-4711', 20000)"); c.fetchall()
    did("SELECT", "SELECT REPEAT(?)", 1)
    other.close(); did("QUIT", None)
    print(json.dumps(log))
"""


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with open_folder() as folder:
        yield folder


@pytest.fixture(scope="module")
def lab(folder: Path) -> Iterator[Lab]:
    with serving(
        (_redis, _memcached, _postgres, _mariadb), (REDIS, MEMCACHED, POSTGRES, MARIADB), folder
    ) as lab:
        yield lab


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(
    lab: Lab, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[SensorProcess]:
    folder = tmp_path_factory.mktemp("sensor")
    async with sensor(folder, "-i", "lab0", prefix=lab.command(lab.near)) as running:
        yield running


def _redis(lab: Lab, folder: Path) -> subprocess.Popen[bytes]:
    command = lab.command(
        lab.far, "redis-server", "--port", str(REDIS), "--bind", SERVER, "--save", "",
        "--requirepass", SECRET, "--dir", str(folder),
    )  # fmt: skip
    return started(command, folder / "redis.log")


def _memcached(lab: Lab, folder: Path) -> subprocess.Popen[bytes]:
    where = ("-l", SERVER, "-p", str(MEMCACHED), "-U", str(MEMCACHED))
    command = ("memcached", "-u", "nobody", *where)
    return started(lab.command(lab.far, *command), folder / "memcached.log")


PREPARE_POSTGRES = """
    set -e
    programs=$1 home=$2 port=$3 address=$4
    # tcpdump, told as root to write to it, leaves a /dev/null that is only its own.
    mknod -m 666 "$home.null" c 1 3
    mount --bind "$home.null" /dev/null
    cd "$home"
    run() { setpriv --reuid=postgres --regid=postgres --clear-groups "$@"; }
    run "$programs/initdb" -D data --no-sync --auth=scram-sha-256 --pwfile="$home.password" \\
      --locale=C --encoding=UTF8
    echo "host all all 10.99.0.0/24 scram-sha-256" >>data/pg_hba.conf
    run openssl req -x509 -newkey rsa:2048 -nodes -subj "/CN=postgres.lab" -days 2 \\
      -keyout data/server.key -out data/server.crt
    exec setpriv --reuid=postgres --regid=postgres --clear-groups "$programs/postgres" -D data \\
      -p "$port" -c listen_addresses="$address" -c unix_socket_directories="$home" -c fsync=off
"""
"""As root, in namespaces of its own for network and mounts: the server refuses to be root."""


def _postgres(lab: Lab, folder: Path) -> subprocess.Popen[bytes]:
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1]
    home, password = folder / "postgres", folder / "postgres.password"
    home.mkdir()
    password.write_text(SECRET)
    password.chmod(0o644)
    shutil.chown(home, "postgres")
    script = textwrap.dedent(PREPARE_POSTGRES)
    arguments = (str(programs), str(home), str(POSTGRES), SERVER)
    command = lab.command(lab.far, "bash", "-c", script, "postgres", *arguments)
    return started(command, folder / "postgres.log")


PREPARE_MARIADB = """
    set -e
    home=$1 port=$2 address=$3 password=$4
    # As for PostgreSQL.
    mknod -m 666 "$home.null" c 1 3
    mount --bind "$home.null" /dev/null
    mariadb-install-db --no-defaults --user=mysql --datadir="$home/data" --skip-test-db \\
      --auth-root-authentication-method=normal >"$home/install.log" 2>&1
    printf '%s\\n' "CREATE DATABASE shop;" \\
      "GRANT ALL ON *.* TO tester@'%' IDENTIFIED BY '$password';" >"$home/start.sql"
    exec mariadbd --no-defaults --user=mysql --datadir="$home/data" --bind-address="$address" \\
      --port="$port" --socket="$home/socket" --pid-file="$home/pid" --init-file="$home/start.sql" \\
      --skip-name-resolve --local-infile=1 --innodb-flush-log-at-trx-commit=0
"""


def _mariadb(lab: Lab, folder: Path) -> subprocess.Popen[bytes]:
    home = folder / "mariadb"
    home.mkdir()
    shutil.chown(home, "mysql")
    script = textwrap.dedent(PREPARE_MARIADB)
    arguments = (str(home), str(MARIADB), SERVER, SECRET)
    command = lab.command(lab.far, "bash", "-c", script, "mariadb", *arguments)
    return started(command, folder / "mariadb.log")


async def _rows(
    running: SensorProcess, port: int, count: int, already: int = 0
) -> list[dict[str, Any]]:
    """The rows of a port in order of their time, once `count` of what clients do are there."""

    def of_port() -> list[dict[str, Any]]:
        rows = (row for row in running.rows.get("requests", ()) if row["server_port"] == port)
        return [row for row in rows if row["method"] not in OWN][already:]

    await running.row("requests", lambda _: len(of_port()) >= count)
    rows = sorted(of_port(), key=lambda row: row["time"])
    assert SECRET not in json.dumps(running.rows, default=str)
    assert all(row["oddities"] == [] for row in rows)
    return rows


def _detail(row: dict[str, Any], name: str) -> str | None:
    value: str | None = json.loads(row["detail"]).get(name)
    return value


@pytest.mark.parametrize("protocol", ["2", "3"])
async def test_redis(lab: Lab, running: SensorProcess, protocol: str) -> None:
    already = sum(
        row["server_port"] == REDIS and row["method"] not in OWN
        for row in running.rows.get("requests", ())
    )
    log = log_of(lab, REDIS_CLIENT, protocol)
    rows = await _rows(running, REDIS, len(log), already)
    # The listener's rows come between those of the other connection.
    told = [[row["method"], row["target"], row["error"]] for row in rows]
    assert sorted(told, key=str) == sorted(log, key=str)
    for row in rows:
        assert (row["protocol"], row["completeness"]) == ("redis", "complete")
        assert (row["duration_ns"] is None) == (row["method"] == "MESSAGE")


async def test_memcached(lab: Lab, running: SensorProcess) -> None:
    log = log_of(lab, MEMCACHED_CLIENT)
    rows = await _rows(running, MEMCACHED, len(log))
    told = [[r["method"], r["target"], _detail(r, "reply"), r["error"]] for r in rows]
    assert told == log
    big = next(row for row in rows if row["target"] == "big")
    assert (big["completeness"], big["request_bytes"] > 300_000) == ("request_only", True)


async def test_memcached_in_datagrams(lab: Lab, running: SensorProcess) -> None:
    already = sum(r["server_port"] == MEMCACHED for r in running.rows.get("requests", ()))
    log = log_of(lab, MEMCACHED_DATAGRAMS)
    rows = await _rows(running, MEMCACHED, len(log), already)
    told = [
        [r["method"], r["target"], _detail(r, "reply"), r["transport"], r["response_bytes"]]
        for r in rows
    ]
    assert told == log
    assert all(r["completeness"] == "complete" and r["duration_ns"] >= r["ttfb_ns"] for r in rows)


async def test_postgresql(lab: Lab, running: SensorProcess) -> None:
    log = log_of(lab, POSTGRES_CLIENT)
    rows = await _rows(running, POSTGRES, len(log))
    told = [
        [r["method"], r["target"], int(_detail(r, "rows") or 0) or None, r["error"]] for r in rows
    ]
    assert told == log
    assert _detail(rows[0], "encryption") == "refused"
    assert _detail(rows[1], "authentication") == "SCRAM-SHA-256"
    copied_in, copied_out = (row for row in rows if row["method"] == "COPY")
    assert _detail(copied_in, "copied_in_bytes") == str(10 * len(f"10\t{SECRET}\n"))
    assert int(_detail(copied_out, "copied_out_bytes") or 0) > 160
    failed = next(row for row in rows if row["error"] == "unique_violation")
    assert (_detail(failed, "sqlstate"), _detail(failed, "table")) == ("23505", "t")
    assert _detail(failed, "error_message") == "[redacted]"
    assert _detail(failed, "statement") == "[redacted]"


def _encrypt_postgres(folder: Path) -> None:
    """Let the server accept TLS from now on, which it has refused before."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1]

    def run(statement: str) -> str:
        command = (programs / "psql", "-h", folder / "postgres", "-p", str(POSTGRES), "-At")
        done = subprocess.run(
            (*command, "-U", "postgres", "-c", statement), env={"PGPASSWORD": SECRET},
            check=True, capture_output=True, text=True, timeout=WAIT_S,
        )  # fmt: skip
        return done.stdout.strip()

    run("ALTER SYSTEM SET ssl = on")
    run("SELECT pg_reload_conf()")
    deadline = time.monotonic() + WAIT_S
    while run("SHOW ssl") != "on":
        assert time.monotonic() < deadline, (folder / "postgres.log").read_text()


def _ended(client: int) -> Callable[[dict[str, Any]], bool]:
    """Whether a row is the last of a connection: TLS's last words may come late, and be refused."""
    return lambda row: row["client_port"] == client and row["state"] in {"closed", "reset"}


async def test_postgresql_encrypted(lab: Lab, running: SensorProcess, folder: Path) -> None:
    already = sum(row["server_port"] == POSTGRES for row in running.rows.get("requests", ()))
    await asyncio.to_thread(_encrypt_postgres, folder)
    log = log_of(lab, ENCRYPTED_POSTGRES_CLIENT)
    for client, version, cipher in log:
        flow = await running.row("flows", _ended(client))
        assert (flow["protocol"], flow["tls_version"]) == ("tls", version)
        assert flow["tls_cipher"]
        subject = flow["tls_certificate_subject"]
        assert subject == ("CN=postgres.lab" if version == "TLSv1.2" else None), cipher
    rows = await _rows(running, POSTGRES, len(log), already)
    assert [(row["client_port"], row["method"], row["error"]) for row in rows] == [
        (client, "SSLREQUEST", None) for client, *_ in log
    ]
    assert {_detail(row, "encryption") for row in rows} == {"accepted"}


@pytest.mark.parametrize("how", ["plain", "compressed"])
async def test_mariadb(lab: Lab, running: SensorProcess, how: str) -> None:
    already = sum(row["server_port"] == MARIADB for row in running.rows.get("requests", ()))
    log = log_of(lab, MARIADB_CLIENT, how)
    rows = await _rows(running, MARIADB, len(log), already)
    told = [
        [r["method"], r["target"], int(_detail(r, "rows") or 0) or None, r["error"]] for r in rows
    ]
    assert told == log
    begun = [row for row in rows if row["method"] == "CONNECT"]
    assert [_detail(row, "compression") for row in begun] == [
        None,
        "zlib" if how == "compressed" else None,
    ]
    assert {_detail(row, "user") for row in begun} == {"tester"}
    loaded = next(row for row in rows if row["method"] == "LOAD")
    assert _detail(loaded, "copied_in_bytes") == str(2 * len(f"10\t{SECRET}\n"))
    assert rows[-2]["response_bytes"] > 20_000 * len(SECRET)
    failed = next(row for row in rows if row["error"] == "ER_DUP_ENTRY")
    assert (_detail(failed, "error_code"), _detail(failed, "sqlstate")) == ("1062", "23000")
    assert _detail(failed, "error_message") == _detail(failed, "statement") == "[redacted]"
