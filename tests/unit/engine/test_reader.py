"""Capture files into tables."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import duckdb
import pytest

from nautscan import _engine

from .streams import exchange, pcap

OWN = Path(__file__).parents[2] / "golden" / "own"


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    path = tmp_path / "one.pcap"
    path.write_bytes(pcap(exchange()))
    return path


def selected(relation: duckdb.DuckDBPyRelation, name: str, sql: str) -> list[Any]:
    """What `sql` gives over a relation called `name`."""
    result = relation.query(name, sql)
    assert result is not None
    return result.fetchall()


def test_duckdb_takes_a_batch_without_a_copy_through_python(capture: Path) -> None:
    reader = _engine.Reader([str(capture)], tables=["requests"])
    taken = reader.next()
    assert taken is not None
    relation = duckdb.from_arrow(taken[1])
    query = "select method, status, typeof(time), epoch_ns(time) from batch"
    expected = [("GET", 200, "TIMESTAMP_NS", 1_700_000_000_003_000_000)]
    assert selected(relation, "batch", query) == expected
    assert selected(relation, "batch", query) == expected, "a batch can be read again"


def test_nothing_is_redacted_or_kept_unless_asked(capture: Path) -> None:
    reader = _engine.Reader([str(capture)], tables=["requests"])
    batch = reader.next()
    assert batch is not None
    sql = "select request_headers[2].value, response_body from rows"
    rows = duckdb.from_arrow(batch[1])
    assert selected(rows, "rows", sql) == [("s3cret", None)]


def test_a_file_cut_short_is_read_up_to_the_cut(capture: Path) -> None:
    capture.write_bytes(capture.read_bytes()[:-10])
    reader = _engine.Reader([str(capture)])
    while reader.next() is not None:
        pass
    summary = reader.summary()
    assert (summary["packets"], summary["damaged"]) == (4, True)
    assert "byte" in summary["warnings"][0]


def test_a_descriptor_is_read_and_stays_the_callers(capture: Path) -> None:
    with capture.open("rb") as file:
        reader = _engine.Reader([file.fileno()])
        while not reader.ended:
            reader.next()
        assert reader.summary()["requests"] == 1
        os.fstat(file.fileno())


def test_several_workers_read_what_one_reads(capture: Path) -> None:
    def rows(workers: int) -> tuple[list[Any], dict[str, Any]]:
        reader = _engine.Reader([str(capture)], tables=["requests", "flows"], workers=workers)
        found = []
        while (taken := reader.next()) is not None:
            table, batch = taken
            query = "select * exclude (flow_id) from batch"
            found += [(table, *row) for row in selected(duckdb.from_arrow(batch), "batch", query)]
        return sorted(found, key=repr), reader.summary()

    assert rows(3) == rows(1)
    assert len(rows(3)[0]) == 2


def test_only_protocols_that_are_named_are_looked_for(capture: Path) -> None:
    def found(*names: str) -> tuple[list[Any], int]:
        reader = _engine.Reader([str(capture)], tables=["flows"], protocols=names)
        taken = reader.next()
        assert taken is not None
        rows = selected(duckdb.from_arrow(taken[1]), "rows", "select protocol, requests from rows")
        return rows, reader.summary()["opaque_bytes"]

    assert found("dns", "http") == ([("http", 1)], 0)
    rows, opaque = found("dns", "tls")
    assert (rows, opaque > 0) == ([(None, 0)], True)
    with pytest.raises(_engine.EngineError) as unknown:
        found("dns", "htpp")
    assert (unknown.value.code, "htpp" in str(unknown.value)) == ("bad_argument", True)


@pytest.mark.parametrize("name", ["grpc", "websocket"])
def test_what_rides_on_http_can_be_named_alone(name: str) -> None:
    path = OWN / f"{name}.pcap"
    reader = _engine.Reader([str(path)], tables=["requests"], protocols=[name])
    taken = reader.next()
    assert taken is not None
    rows = selected(duckdb.from_arrow(taken[1]), "rows", "select distinct protocol from rows")
    assert rows == [(name,)]
    plain = _engine.Reader([str(OWN / "http2.pcap")], tables=["requests"], protocols=[name])
    assert plain.next() is None
    assert plain.summary()["requests"] == 0


def test_a_missing_file_and_a_closed_reader_say_so(capture: Path) -> None:
    with pytest.raises(_engine.EngineError) as missing:
        _engine.Reader([str(capture) + ".not"])
    assert missing.value.code == "not_found"
    reader = _engine.Reader([str(capture)])
    reader.close()
    with pytest.raises(_engine.EngineError) as closed:
        reader.next()
    assert closed.value.code == "closed"


def read_through(path: Path, bpf: str) -> dict[str, Any]:
    """The summary of a capture's packets that a filter accepts."""
    reader = _engine.Reader([str(path)], filter=bpf)
    while reader.next() is not None:
        pass
    return reader.summary()


def test_only_packets_that_the_filter_accepts_are_read(capture: Path) -> None:
    summary = read_through(capture, "src port 80")
    assert (summary["packets"], summary["filtered_out"]) == (2, 3)
    for nothing_asked in ("", " "):
        summary = read_through(capture, nothing_asked)
        assert (summary["packets"], summary["filtered_out"]) == (5, 0)


def test_a_bad_filter_is_refused_at_once(capture: Path) -> None:
    with pytest.raises(_engine.EngineError) as refused:
        _engine.Reader([str(capture)], filter="tcp prt 80")
    assert refused.value.code == "bad_filter"
    assert "tcp prt 80" in refused.value.message


def test_a_filter_for_a_stream_is_checked_when_its_link_type_is_known(capture: Path) -> None:
    reads, writes = os.pipe()
    os.write(writes, capture.read_bytes())
    os.close(writes)
    reader = _engine.Reader([reads], filter="ether host 2:0:0:0:0:1")
    os.close(reads)
    with pytest.raises(_engine.EngineError) as refused:
        reader.next()
    assert refused.value.code == "bad_filter"
    assert reader.summary()["packets"] == 0


def test_a_capture_of_an_undefined_version_is_refused(capture: Path) -> None:
    capture.write_bytes(capture.read_bytes()[:4] + b"\1\0\4\0" + capture.read_bytes()[8:])
    with pytest.raises(_engine.EngineError) as refused:
        _engine.Reader([str(capture)])
    assert refused.value.code == "bad_file"
    assert "version 1.4" in refused.value.message
