"""`nautscan read` over a capture of the demo's shop."""

from __future__ import annotations

import csv
import gzip
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from nautscan import schema
from nautscan.cli.common import Exit
from tests.unit.cli.conftest import Nautscan
from tests.unit.shop import Shop

PROMISED_TOTALS = {
    "packets",
    "bytes",
    "flows",
    "requests",
    "parse_errors",
    "gap_bytes",
    "first_time",
    "last_time",
}
# Names that programs rely on; a later version may add to them and takes none away.
PROMISED = {
    "requests": {
        "time",
        "protocol",
        "client_ip",
        "client_port",
        "server_ip",
        "server_port",
        "community_id",
        "method",
        "host",
        "target",
        "status",
        "error",
        "ttfb_ns",
        "duration_ns",
        "request_bytes",
        "response_bytes",
        "completeness",
        "gap_bytes",
    },
    "flows": {
        "time",
        "transport",
        "client_packets",
        "client_bytes",
        "server_packets",
        "server_bytes",
        "retransmissions",
        "state",
    },
    "packets": {"id", "time", "length", "protocol", "info"},
    "names": {"source", "ip", "name", "asked_by", "answered_by", "ttl_s"},
}
HEAVY = {column.name for column in schema.ENGINE_COLUMNS["requests"] if column.heavy}


def objects(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_totals(nautscan: Nautscan, shop: Shop) -> None:
    result = nautscan("read", shop.path, "--json")
    [totals] = objects(result.out)
    assert result.code == Exit.OK
    assert totals.keys() >= PROMISED_TOTALS
    assert totals["packets"] == shop.packets
    assert totals["requests"] == len(shop.exchanges)
    assert totals["parse_errors"] == totals["decode_errors"] == 0
    assert totals["first_time"].startswith("2026-01-01T00:00:00.")
    assert len(totals["first_time"]) == len("2026-01-01T00:00:00.123456789Z")


def test_summary_for_people(nautscan: Nautscan, shop: Shop) -> None:
    result = nautscan("read", shop.path)
    assert result.code == Exit.OK
    assert result.err == ""
    assert f"{shop.packets:,} packets" in result.out
    assert f"{len(shop.exchanges):,} requests" in result.out
    for part in ("Servers by requests", "Outcomes", "Flows", "172.30.2.4:8080", "2xx"):
        assert part in result.out


@pytest.mark.parametrize("table", ["requests", "flows", "packets", "names"])
def test_rows_as_json_have_the_names_of_the_schema(
    nautscan: Nautscan, shop: Shop, table: str
) -> None:
    result = nautscan("read", shop.path, "--table", table, "--json")
    rows = objects(result.out)
    names = [column.name for column in schema.ENGINE_COLUMNS[table]]
    light = [name for name in names if not name.endswith(("_headers", "_body", "_truncated"))]
    assert rows
    assert all(list(row) == light for row in rows)
    assert set(light) >= PROMISED[table]
    assert all(row["time"].endswith("Z") for row in rows)


def test_rows_for_people(nautscan: Nautscan, shop: Shop) -> None:
    lines = nautscan("read", shop.path, "--table", "requests").out.splitlines()
    assert lines[0].split() == [
        *("TIME", "CLIENT", "SERVER", "METHOD", "STATUS", "TOOK", "SIZE", "TARGET")
    ]
    assert len(lines) == len(shop.exchanges) + 1
    assert "\x1b" not in "".join(lines)


def test_headers_and_bodies_on_demand(nautscan: Nautscan, shop: Shop) -> None:
    arguments = ("--table", "requests", "--headers", "--bodies", "4096", "--json")
    rows = objects(nautscan("read", shop.path, *arguments).out)
    assert set(rows[0]) >= HEAVY
    texts = [
        row for row in rows if row["content_type"] == "application/json" and row["response_bytes"]
    ]
    assert texts
    assert all(json.loads(row["response_body"]["text"]) for row in texts)
    pictures = [row for row in rows if row["content_type"] == "image/webp"]
    assert pictures
    assert all(row["response_body"]["base64"] for row in pictures)
    assert all(row["response_body_truncated"] for row in pictures)


def test_a_display_filter_chooses_rows(nautscan: Nautscan, shop: Shop) -> None:
    arguments = ("--table", "requests", "--where", "status >= 300 and method = 'GET'", "--json")
    rows = objects(nautscan("read", shop.path, *arguments).out)
    expected = [e for e in shop.exchanges if (e.status or 0) >= 300 and e.method == "GET"]
    assert len(rows) == len(expected) > 0


def test_a_bad_display_filter_is_explained(nautscan: Nautscan, shop: Shop) -> None:
    result = nautscan("read", shop.path, "--table", "requests", "--where", "colour = 1", "--json")
    assert result.code == Exit.FAILED
    assert json.loads(result.err)["error"]["code"] == "bad_query"


def test_a_capture_filter_chooses_packets(nautscan: Nautscan, shop: Shop) -> None:
    [totals] = objects(nautscan("read", shop.path, "--filter", "udp port 53", "--json").out)
    assert 0 < totals["packets"] < shop.packets
    looked_up = sum(exchange.protocol == "dns" for exchange in shop.exchanges)
    assert totals["requests"] == looked_up < len(shop.exchanges)
    bad = nautscan("read", shop.path, "--filter", "prot 53", "--json")
    assert bad.code == Exit.FAILED
    assert json.loads(bad.err)["error"]["code"] == "bad_filter"


def test_sql(nautscan: Nautscan, shop: Shop) -> None:
    query = "SELECT method, count(*) AS n FROM requests GROUP BY method ORDER BY n DESC LIMIT 1"
    gets = sum(exchange.method == "GET" for exchange in shop.exchanges)
    assert objects(nautscan("read", shop.path, "--sql", query, "--json").out) == [
        {"method": "GET", "n": gets}
    ]
    assert nautscan("sql", query, shop.path).out.split() == ["method", "n", "GET", str(gets)]


def test_sql_joins_tables_and_keeps_nanoseconds(nautscan: Nautscan, shop: Shop) -> None:
    query = """SELECT min(p.time) AS first, count(DISTINCT r.flow_id) AS flows
        FROM packets p JOIN requests r USING (flow_id) WHERE r.transport = 'tcp'"""
    [row] = objects(nautscan("sql", query, shop.path, "--json").out)
    over_tcp = [exchange for exchange in shop.exchanges if exchange.transport == "tcp"]
    first = min(exchange.time for exchange in over_tcp)
    assert row["flows"] == len({(e.client_ip, e.client_port) for e in over_tcp})
    assert row["first"] < f"2026-01-01T00:00:00.{first % 10**9:09d}Z"


def test_sql_tells_which_tables_and_columns_there_are(nautscan: Nautscan, shop: Shop) -> None:
    tables = nautscan("sql", "SHOW TABLES", shop.path).out.split()[1:]
    assert tables == ["flows", "names", "packets", "requests"]
    columns = objects(nautscan("sql", "DESCRIBE requests", shop.path, "--json").out)
    names = [column.name for column in schema.ENGINE_COLUMNS["requests"]]
    assert [row["column_name"] for row in columns] == names


def test_sql_cannot_reach_files(nautscan: Nautscan, shop: Shop) -> None:
    result = nautscan("sql", "SELECT * FROM read_text('/etc/hostname')", shop.path)
    assert result.code == Exit.FAILED
    assert result.out == ""


def test_parquet_is_the_same_rows(nautscan: Nautscan, shop: Shop, tmp_path: Path) -> None:
    target = tmp_path / "r.parquet"
    result = nautscan("read", shop.path, "--table", "requests", "-o", target)
    assert result.code == Exit.OK
    query = f"SELECT epoch_ns(time), client_port, target FROM '{target}'"
    found = duckdb.execute(query).fetchall()
    assert sorted(found) == sorted((e.time, e.client_port, e.target) for e in shop.exchanges)
    assert [path.name for path in tmp_path.iterdir()] == ["r.parquet"]


def test_several_tables_go_to_a_folder_or_a_pattern(
    nautscan: Nautscan, shop: Shop, tmp_path: Path
) -> None:
    assert nautscan("export", shop.path, "-o", f"{tmp_path}/a/").code == Exit.OK
    assert nautscan("export", shop.path, "-o", f"{tmp_path}/x-{{table}}.csv").code == Exit.OK
    names = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.*"))
    assert names == ["a/flows.parquet", "a/requests.parquet", "x-flows.csv", "x-requests.csv"]
    with (tmp_path / "x-requests.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(shop.exchanges)
    assert rows[0]["time"].endswith("Z")
    refused = nautscan("export", shop.path, "-o", tmp_path / "one.csv")
    assert refused.code == Exit.USAGE
    assert "{table}" in refused.err


def test_csv_and_json_go_to_standard_output(nautscan: Nautscan, shop: Shop) -> None:
    plain = nautscan("read", shop.path, "--table", "flows", "--format", "csv").out
    lines = nautscan("read", shop.path, "--table", "flows", "--format", "json").out
    assert len(plain.splitlines()) == len(lines.splitlines()) + 1
    assert nautscan("read", shop.path, "--format", "parquet").code == Exit.USAGE


def test_a_folder_that_cannot_be_written(nautscan: Nautscan, shop: Shop, tmp_path: Path) -> None:
    result = nautscan(
        "read", shop.path, "--table", "flows", "-o", tmp_path / "none" / "f.parquet", "--json"
    )
    assert result.code == Exit.FAILED
    assert "cannot be written" in json.loads(result.err)["error"]["message"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["--sql", "SELECT 1", "--table", "flows"],
        ["--sql", "SELECT 1", "--where", "status = 1"],
        ["--where", "status = 1"],
    ],
)
def test_contradictions_are_refused(nautscan: Nautscan, shop: Shop, arguments: list[str]) -> None:
    assert nautscan("read", shop.path, *arguments).code == Exit.USAGE


def test_a_cut_file_is_read_up_to_the_cut(nautscan: Nautscan, shop: Shop, tmp_path: Path) -> None:
    cut = tmp_path / "cut.pcap"
    cut.write_bytes(shop.path.read_bytes()[:-7])
    result = nautscan("read", cut, "--json")
    assert result.code == Exit.DAMAGED
    [totals] = objects(result.out)
    assert totals["packets"] == shop.packets - 1
    assert str(cut) in json.loads(result.err)["warning"]


def test_many_files_compressed_or_not(nautscan: Nautscan, shop: Shop, tmp_path: Path) -> None:
    packed = tmp_path / "shop.pcap.gz"
    packed.write_bytes(gzip.compress(shop.path.read_bytes()))
    [totals] = objects(nautscan("read", packed, "--json").out)
    assert totals["packets"] == shop.packets
    assert totals["requests"] == len(shop.exchanges)


def test_standard_input(shop: Shop) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "nautscan", "read", "-", "--json"],
        stdin=shop.path.open("rb"),
        capture_output=True,
        check=True,
    )
    assert json.loads(done.stdout)["packets"] == shop.packets


def test_rows_of_a_live_stream_appear_as_they_finish(shop: Shop) -> None:
    """The writer never closes the pipe before a row has come out."""
    data = shop.path.read_bytes()
    command = [sys.executable, "-m", "nautscan", "read", "-", "--table", "requests", "--json"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(data[: len(data) // 2])
        process.stdin.flush()
        first = json.loads(process.stdout.readline())
        assert first["target"] in {exchange.target for exchange in shop.exchanges}
        process.stdin.write(data[len(data) // 2 :])
        process.stdin.close()
        rest = process.stdout.read().splitlines()
        assert process.wait() == Exit.OK
    assert len(rest) + 1 == len(shop.exchanges)


@pytest.fixture
def reading(shop: Shop) -> Iterator[subprocess.Popen[bytes]]:
    """A process that reads the shop from a pipe that stays open, and has printed its first row.

    Unbuffered, as in container images, Python's own standard output loses what a signal cuts off.
    """
    command = [sys.executable, "-m", "nautscan", "read", "-", "--table", "requests", "--json"]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(shop.path.read_bytes())
        process.stdin.flush()
        process.stdout.readline()
        yield process


def test_the_first_interruption_is_for_the_writer(
    reading: subprocess.Popen[bytes], shop: Shop
) -> None:
    """Ctrl-C reaches a whole pipeline; what the writer had written is still told."""
    assert reading.stdin is not None
    assert reading.stdout is not None
    reading.send_signal(signal.SIGINT)
    reading.stdin.close()
    rest = reading.stdout.read().splitlines()
    assert reading.wait() == Exit.OK
    assert len(rest) + 1 == len(shop.exchanges)


def test_more_interruptions_end_it(reading: subprocess.Popen[bytes]) -> None:
    while reading.poll() is None:
        reading.send_signal(signal.SIGINT)
        time.sleep(0.1)
    # One that comes while Python takes itself down kills it outright; shells call both 130.
    assert reading.returncode in {Exit.INTERRUPTED, -signal.SIGINT}


def test_only_protocols_that_are_named(nautscan: Nautscan, shop: Shop) -> None:
    def protocols(*arguments: str) -> list[Any]:
        query = "select distinct protocol from requests order by all"
        done = nautscan("read", shop.path, "--sql", query, "--json", *arguments)
        assert done.code == Exit.OK, done.err
        return [json.loads(line)["protocol"] for line in done.out.splitlines()]

    every = protocols()
    assert {"http", "redis"} < set(every)
    assert protocols("--protocols", "redis") == ["redis"]
    assert protocols("--protocols", "http, redis,") == ["http", "redis"]


@pytest.mark.parametrize(
    ("names", "code", "words"),
    [("htpp", Exit.FAILED, "nautscan protocols"), (",", Exit.USAGE, "wants names")],
)
def test_protocols_that_there_are_not(
    nautscan: Nautscan, shop: Shop, names: str, code: Exit, words: str
) -> None:
    done = nautscan("read", shop.path, "--protocols", names)
    assert (done.code, words in done.err) == (code, True)
