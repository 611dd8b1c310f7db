"""What reads uploaded captures: its rows, its limits, and its process."""

from __future__ import annotations

import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from arro3.core import Array, DataType, Table
from arro3.io import read_ipc_stream

from nautscan import schema
from nautscan.offline.uploaded import job
from nautscan.offline.uploaded.job import Job
from nautscan.offline.uploaded.process import as_text, job_of
from nautscan.sensor import frames
from tests.golden.captures import DIRECTORY as SHARED
from tests.unit.shop import Shop, write_shop


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """Ten seconds of the shop."""
    return write_shop(tmp_path_factory.mktemp("shop"))


def decoded(data: bytes) -> list[frames.Frame]:
    decoder, found = frames.FrameDecoder(), []
    decoder.feed(data)
    while (frame := decoder.next_frame()) is not None:
        found.append(frame)
    return found


def read(wanted: Job) -> tuple[dict[str, list[dict[str, Any]]], dict[str, Any]]:
    """The rows of each table, and the last thing that was told."""
    sent: list[bytes] = []
    job.run(wanted, sent.append)
    rows: dict[str, list[dict[str, Any]]] = {}
    last: dict[str, Any] = {}
    for frame in decoded(b"".join(sent)):
        if isinstance(frame, frames.Batch):
            table = read_ipc_stream(frame.ipc).read_all()
            columns = {name: table[name].to_pylist() for name in table.column_names}
            found = rows.setdefault(frame.table, [])
            found += [
                dict(zip(columns, line, strict=True))
                for line in zip(*columns.values(), strict=True)
            ]
        elif isinstance(frame, frames.Control):
            last = frame.message
    return rows, last


def test_rows_are_those_of_the_store_and_all_are_there(shop: Shop) -> None:
    rows, last = read(Job(str(shop.path), body_limit=100))
    summary = last["summary"]
    assert (last["event"], summary["packets"]) == ("done", shop.packets)
    assert {table: len(found) for table, found in rows.items()} == {
        table: summary[table] for table in ("requests", "flows")
    }
    for table, found in rows.items():
        stored = {column.name for column in schema.columns(table)}
        assert set(found[0]) <= stored
        assert sorted(row["id"] for row in found) == list(range(1, len(found) + 1))
    assert summary["first_time_ns"] < summary["last_time_ns"]


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.is_dir(), reason="needs the shared captures folder")
def test_names_are_those_that_the_file_tells_and_secrets_are_blanked_out() -> None:
    rows, _ = read(Job(str(SHARED / "ndpi" / "http_connect.pcap")))
    named = {(row["server_ip"], row["server"], row["server_host_source"]) for row in rows["flows"]}
    assert ("151.101.2.132", "apache.org", "dns") in named
    rows, _ = read(Job(str(SHARED / "ndpi" / "http_connect.pcap"), names=False))
    assert all(row.get("server_host") is None for row in rows["flows"])
    path = str(SHARED / "packetbeat" / "http_basicauth.pcap")
    secrets = []
    for redact in (False, True):
        rows, _ = read(Job(path, redact=redact))
        [request] = [row for row in rows["requests"] if row["protocol"] == "http"]
        fields = {field["name"].lower(): field["value"] for field in request["request_headers"]}
        secrets.append(fields["authorization"])
    assert secrets[0] != secrets[1]
    assert secrets[0] not in secrets[1]


def test_what_cannot_be_read_is_told_in_the_one_shape(tmp_path: Path) -> None:
    path = tmp_path / "x.pcap"
    path.write_bytes(b"no capture at all")
    _, last = read(Job(str(path)))
    assert (last["event"], last["error"]["code"]) == ("error", "bad_file")


def test_rows_are_cut_until_each_frame_is_below_its_cap(monkeypatch: pytest.MonkeyPatch) -> None:
    table = Table.from_pydict({"a": Array(list(range(1000)), type=DataType.int64())})
    whole = sum(1 for _ in job.batch_frames("requests", table))
    monkeypatch.setitem(frames._MAX_PAYLOAD, b"A", 2500)
    parts = decoded(b"".join(job.batch_frames("requests", table)))
    assert whole == 1
    assert len(parts) > 1
    values = [
        value
        for part in parts
        if isinstance(part, frames.Batch)
        for value in read_ipc_stream(part.ipc).read_all()["a"].to_pylist()
    ]
    assert values == list(range(1000))


def test_a_job_survives_its_way(shop: Shop) -> None:
    wanted = Job(
        str(shop.path), 7, headers=False, geoip=("/a", "/b"), redact_patterns=("a,b", "ü" * 9)
    )
    assert job_of(as_text(wanted)) == wanted


LIMITS = """
import os, socket, sys
from nautscan.offline.uploaded.process import give_up, preload
preload()
give_up()
refused = []
def tries(name, call):
    try:
        call()
    except OSError:
        refused.append(name)
tries("write", lambda: open(sys.argv[1], "a"))
tries("remove", lambda: os.unlink(sys.argv[1]))
tries("rename", lambda: os.rename(sys.argv[1], sys.argv[1] + "x"))
tries("truncate", lambda: os.truncate(sys.argv[1], 0))
tries("mode", lambda: os.chmod(sys.argv[1], 0o777))
tries("folder", lambda: os.mkdir(sys.argv[1] + "d"))
tries("unix", lambda: socket.socket(socket.AF_UNIX))
tries("inet", lambda: socket.socket(socket.AF_INET))
tries("signal", lambda: os.kill(os.getppid(), 0))
tries("run", lambda: os.execv("/bin/true", ["true"]))
print(",".join(refused))
"""


@pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() not in {"x86_64", "aarch64"},
    reason="seccomp, known numbers",
)
def test_the_process_can_do_nothing_but_read(tmp_path: Path) -> None:
    path = tmp_path / "kept"
    path.write_text("kept")
    done = subprocess.run(
        [sys.executable, "-c", LIMITS, str(path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().split(",") == [
        "write", "remove", "rename", "truncate", "mode", "folder", "unix", "inet", "signal", "run",
    ]  # fmt: skip
    assert path.read_text() == "kept"


HELPER = """
import asyncio, sys
from nautscan.config import Config
from nautscan.offline.uploaded.process import fork_helper
from nautscan.sensor.frames import encode_control
readers = fork_helper(lambda: None)
async def main():
    for _ in range(2):
        rows = await readers.start(sys.argv[1], Config.load({}), "rows")
        size = 0
        while part := await rows.read(1 << 18):
            size, last = size + len(part), part[-2000:]
        print(size > 1000, b'"done"' in last, flush=True)
    desk = await readers.start(sys.argv[1], Config.load({}), "packets")
    first = await desk.read(1 << 18)
    await desk.write(encode_control({"id": 1, "op": "packet", "params": {"packet": 1}}))
    told = b""
    while b"Ethernet" not in told:
        told += await desk.read(1 << 18) or b"Ethernet?"
    print(b'"ready"' in first, b"?" not in told[-1:])
    desk.close()
asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no fork")
def test_the_helper_makes_a_process_for_each_file_and_ends_with_its_server(shop: Shop) -> None:
    # Its output ends only when every process that has it as output has ended.
    done = subprocess.run(
        [sys.executable, "-c", HELPER, str(shop.path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split() == ["True"] * 6
