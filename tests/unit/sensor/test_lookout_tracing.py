"""What the kernel tells of connections and processes, and what is made of it."""

from __future__ import annotations

import os
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from nautscan.sensor.lookout import perf, tracing
from nautscan.sensor.lookout.facts import Processes
from nautscan.sensor.lookout.model import SocketKey
from nautscan.sensor.lookout.perf import Change, Command, Exit, Fork, Namespace, Record
from nautscan.sensor.lookout.tracing import Tracer

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="perf events")

FORMAT = """name: inet_sock_set_state
ID: 2287
format:
\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;
\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;

\tfield:const void * skaddr;\toffset:8;\tsize:8;\tsigned:0;
\tfield:int oldstate;\toffset:16;\tsize:4;\tsigned:1;
\tfield:int newstate;\toffset:20;\tsize:4;\tsigned:1;
\tfield:__u16 sport;\toffset:24;\tsize:2;\tsigned:0;
\tfield:__u16 dport;\toffset:26;\tsize:2;\tsigned:0;
\tfield:__u16 family;\toffset:28;\tsize:2;\tsigned:0;
\tfield:__u16 protocol;\toffset:30;\tsize:2;\tsigned:0;
\tfield:__u8 saddr[4];\toffset:32;\tsize:4;\tsigned:0;
\tfield:__u8 daddr[4];\toffset:36;\tsize:4;\tsigned:0;
\tfield:__u8 saddr_v6[16];\toffset:40;\tsize:16;\tsigned:0;
\tfield:__u8 daddr_v6[16];\toffset:56;\tsize:16;\tsigned:0;
"""
LAYOUT = perf.parse_format("2287\n", FORMAT)
TRAILER = struct.pack("=IIQ", 5, 5, 777)
GONE = 4_194_303 + 5
"""No process has this number: it is over the kernel's own limit."""


def test_the_kernel_describes_its_record() -> None:
    assert (LAYOUT.number, LAYOUT.size) == (2287, 72)
    assert (LAYOUT.offsets["skaddr"], LAYOUT.offsets["saddr_v6"]) == (8, 40)


def test_a_kernel_whose_record_lacks_a_field_is_not_guessed_at() -> None:
    with pytest.raises(perf.Unavailable, match="sport"):
        perf.parse_format("1", FORMAT.replace("sport", "other"))


def sample(old: int, new: int, port: int, family: int = 2) -> bytes:
    raw = struct.pack("=HBBi Q ii HHHH", 1, 0, 0, 5, 99, old, new, port, 80, family, 6)
    raw += bytes([10, 0, 0, 1]) + bytes([10, 0, 0, 2]) + bytes(15) + b"\1" + bytes(15) + b"\2"
    return struct.pack("=IIQI", 5, 6, 777, len(raw)) + raw


@pytest.mark.parametrize(
    ("kind", "misc", "body", "record"),
    [
        (9, 0, sample(2, 1, 4000),
         Change(777, 5, 99, 2, 1, 2, bytes([10, 0, 0, 1]), 4000, bytes([10, 0, 0, 2]), 80)),
        (9, 0, sample(2, 1, 4000, 10),
         Change(777, 5, 99, 2, 1, 10, bytes(15) + b"\1", 4000, bytes(15) + b"\2", 80)),
        (7, 0, struct.pack("=IIIIQ", 5, 1, 5, 1, 777), Fork(777, 5, 1)),
        (4, 0, struct.pack("=IIIIQ", 5, 1, 5, 1, 777), Exit(777, 5)),
        (3, 1 << 13, struct.pack("=II", 5, 5) + b"curl\0\0\0\0" + TRAILER,
         Command(777, 5, "curl", executed=True)),
        (3, 0, struct.pack("=II", 5, 5) + b"worker\0\0" + TRAILER,
         Command(777, 5, "worker", executed=False)),
        (16, 0, struct.pack("=IIQQQQQ", 5, 5, 2, 4, 11, 4, 12) + TRAILER, Namespace(777, 5, 11)),
    ],
)  # fmt: skip
def test_records(kind: int, misc: int, body: bytes, record: Record) -> None:
    assert perf.parse_record(kind, misc, body, LAYOUT) == record
    for length in range(len(body)):
        perf.parse_record(kind, misc, body[:length], LAYOUT)  # Never out of bounds.


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (7, struct.pack("=IIIIQ", 5, 1, 6, 1, 777)),
        (3, struct.pack("=II", 5, 6) + b"worker\0\0" + TRAILER),
        (16, struct.pack("=IIQQQ", 5, 6, 1, 4, 11) + TRAILER),
        (1, bytes(64)),
    ],
)
def test_threads_and_what_else_there_is_do_not_concern_us(kind: int, body: bytes) -> None:
    assert perf.parse_record(kind, 0, body, LAYOUT) is None


def change(at: int, pid: int, old: int, new: int, *, port: int = 4000, sock: int = 99) -> Change:
    return Change(at, pid, sock, old, new, 2, bytes([10, 0, 0, 1]), port, bytes([10, 0, 0, 2]), 80)


@pytest.fixture
def tracer() -> Tracer:
    return Tracer(Processes(), clock_offset_ns=10**18)


def begun(pid: int = GONE, netns: int = 11) -> list[Record]:
    return [Fork(0, pid, 1), Namespace(1, pid, netns), Command(2, pid, "curl", executed=True)]


KEY = SocketKey(11, "tcp", "10.0.0.1", 4000, "10.0.0.2", 80)


def test_a_connection_is_of_who_called_connect(tracer: Tracer) -> None:
    """Though its port is only known later, while another process runs."""
    found = tracer.follow([*begun(), change(3, GONE, 7, 2, port=0), change(4, 1, 2, 1)])
    assert [(item.key, item.source, item.closed_ns) for item in found] == [(KEY, "connect", None)]
    process = found[0].process
    assert (process.pid, process.command, process.user) == (GONE, "curl", None)
    assert process.start_ns == 10**18
    assert found[0].since_ns <= 10**18 + 3


def test_records_of_several_processors_are_put_in_order(tracer: Tracer) -> None:
    records = [*begun(), change(3, GONE, 7, 2, port=0), change(4, 1, 2, 1)]
    assert [item.key for item in tracer.follow(reversed(records))] == [KEY]


def test_a_refused_connection_has_a_process_too(tracer: Tracer) -> None:
    [item] = tracer.follow([*begun(), change(3, GONE, 7, 2, port=0), change(4, 0, 2, 7)])
    assert (item.key, item.source, item.closed_ns) == (KEY, "connect", 10**18 + 4)


def test_the_side_that_accepted_is_named_when_it_closes(tracer: Tracer) -> None:
    [item] = tracer.follow([*begun(), change(3, GONE, 1, 4)])
    assert (item.key, item.source, item.closed_ns) == (KEY, "close", 10**18 + 3)


def test_a_child_has_its_parents_name_until_it_has_one(tracer: Tracer) -> None:
    child = GONE + 1
    records: list[Record] = [*begun(), Fork(3, child, GONE), change(4, child, 1, 9)]
    [item] = tracer.follow(records)
    assert (item.process.pid, item.process.command, item.process.netns) == (child, "curl", 11)


def test_a_number_that_is_used_again_is_another_process(tracer: Tracer) -> None:
    records = [*begun(), Exit(3, GONE), change(4, GONE, 1, 9)]
    assert tracer.follow(records) == []
    again: list[Record] = [
        Fork(5, GONE, 1),
        Namespace(5, GONE, 11),
        Command(6, GONE, "wget", executed=True),
    ]
    [item] = tracer.follow([*again, change(7, GONE, 1, 9)])
    assert (item.process.command, item.process.start_ns) == ("wget", 10**18 + 5)


def test_nobody_is_named_whose_namespace_is_not_known(tracer: Tracer) -> None:
    records: list[Record] = [
        Fork(1, GONE, 1),
        Command(2, GONE, "curl", executed=True),
        change(3, GONE, 1, 9),
    ]
    assert tracer.follow(records) == []
    assert tracer.given_up == 1


def test_connections_that_wait_are_bounded(tracer: Tracer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracing, "MAX_CONNECTING", 2)
    waiting = [change(3, GONE, 7, 2, port=0, sock=number) for number in range(5)]
    tracer.follow([*begun(), *waiting])
    assert tracer.given_up == 3
    assert tracer.follow([change(4, 0, 2, 1, sock=0)]) == []
    assert len(tracer.follow([change(4, 0, 2, 1, sock=4)])) == 1


def test_processes_that_are_remembered_are_bounded(
    tracer: Tracer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tracing, "MAX_TASKS", 2)
    tracer.follow([*begun(), Fork(3, GONE + 1, 1), Fork(3, GONE + 2, 1)])
    assert tracer.follow([change(4, GONE, 1, 9)]) == []


def test_a_ring_is_read_around_its_end() -> None:
    """As the kernel fills it: the record begins near the end and goes on at the beginning."""
    page = os.sysconf("SC_PAGESIZE")
    size = perf.RING_PAGES * page
    body = struct.pack("=IIIIQ", 5, 1, 5, 1, 777)
    record = struct.pack("=IHH", 7, 0, 8 + len(body)) + body
    lost = struct.pack("=IHHQQ", 2, 0, 24, 1, 42)
    memory = bytearray(page + size)
    tail = size - 10
    data = record + lost
    memory[page + tail :] = data[:10]
    memory[page : page + len(data) - 10] = data[10:]
    struct.pack_into("=Q", memory, 1024, tail + len(data))
    ring = object.__new__(perf.Ring)
    ring._layout, ring._size, ring._tail, ring.lost = LAYOUT, size, tail, 0
    ring._memory = memory  # type: ignore[assignment]
    assert ring.read() == [Fork(777, 5, 1)]
    assert ring.lost == 42
    assert struct.unpack_from("=Q", memory, 1032)[0] == tail + len(data)
    assert ring.read() == []


def test_processors_that_are_online() -> None:
    assert perf.online_cpus("0-2,5\n") == [0, 1, 2, 5]


@pytest.fixture
def rings() -> Iterator[list[perf.Ring]]:
    if os.geteuid() != 0:
        pytest.skip("perf events of all processes take root")
    try:
        opened = perf.open_rings()
    except perf.Unavailable as why:
        pytest.skip(str(why))
    yield opened
    for ring in opened:
        ring.close()


@pytest.mark.root
def test_a_real_connection_is_told(rings: list[perf.Ring]) -> None:
    tracer = Tracer(Processes())
    before = time.time_ns()
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        code = (
            f"import socket; s = socket.create_connection(('127.0.0.1', {port})); "
            "print(s.getsockname()[1]); s.recv(1)"
        )
        with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as child:
            accepted, (_, client_port) = server.accept()
            accepted.close()
            child.communicate()
    found = tracer.follow(record for ring in rings for record in ring.read())
    # Of each side the first that is told; later the client's close() is too.
    ours = {
        item.key.port: item
        for item in reversed(found)
        if port in (item.key.port, item.key.peer_port)
    }
    assert ours[client_port].process.pid == child.pid
    assert ours[client_port].source == "connect"
    assert before - 10**9 < ours[client_port].since_ns < time.time_ns()
    assert ours[port].process.pid == os.getpid()
    assert ours[port].source == "close"
