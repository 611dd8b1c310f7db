"""The kernel's own word on processes and TCP connections: perf_event_open(2) on one tracepoint.

`sock:inet_sock_set_state` (Linux 4.16) says of each TCP socket when its state changes, and the
event says which process was running. Beside it the same rings tell of forks, execs, exits and
network namespaces. To open them takes CAP_PERFMON (or root); to read them afterwards takes
nothing. Everything ends with the descriptors: nothing is left in the kernel.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import mmap
import os
import platform
import re
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

RING_PAGES: Final = 64
"""Of each CPU, 256 KiB: about 2,000 connections between two looks. What does not fit is counted."""

_SYSCALLS: Final = {"x86_64": 298, "aarch64": 241, "riscv64": 241, "armv7l": 364}
_FSOPEN, _FSCONFIG, _FSMOUNT = 430, 431, 432
"""The same numbers on every architecture since Linux 5.2."""

_EVENT: Final = "events/sock/inet_sock_set_state"
_TRACEFS: Final = (Path("/sys/kernel/tracing"), Path("/sys/kernel/debug/tracing"))

_TRACEPOINT: Final = 2  # PERF_TYPE_TRACEPOINT
_SAMPLE_TYPE: Final = 1 << 1 | 1 << 2 | 1 << 10  # TID, TIME, RAW
_FLAGS: Final = (
    1 << 9  # comm
    | 1 << 13  # task
    | 1 << 14  # watermark
    | 1 << 18  # sample_id_all
    | 1 << 24  # comm_exec
    | 1 << 25  # use_clockid
    | 1 << 28  # namespaces
)
_CLOCK_MONOTONIC: Final = 1
_ATTRIBUTES_BYTES: Final = 136
_FLAG_CLOEXEC: Final = 8
_SET_FILTER: Final = 0x4008_2406

SYN_SENT, FIN_WAIT_1, LAST_ACK = 2, 4, 9
FILTER: Final = (
    f"newstate == {SYN_SENT} || oldstate == {SYN_SENT} || "
    f"newstate == {FIN_WAIT_1} || newstate == {LAST_ACK}"
)
"""connect(), its outcome, and close() by a process: in these the process that runs is the one
that acts, or the process does not matter."""

_LOST: Final = 2  # PERF_RECORD_LOST
_COMM_EXEC: Final = 1 << 13

_HEAD_AT, _TAIL_AT = 1024, 1032
_RECORD: Final = struct.Struct("=IHH")
_PIDS: Final = struct.Struct("=II")
_TASK: Final = struct.Struct("=IIIIQ")
_SAMPLE_HEAD: Final = struct.Struct("=IIQI")
_TRAILER_BYTES: Final = 16  # sample_id_all: pid, tid, time

_FIELDS: Final = (
    "skaddr", "oldstate", "newstate", "sport", "dport", "family",
    "saddr", "daddr", "saddr_v6", "daddr_v6",
)  # fmt: skip


class Unavailable(Exception):
    """It cannot be traced here; the message says why."""


@dataclass(frozen=True, slots=True)
class Change:
    """A TCP socket changed its state while `pid` was running."""

    time_ns: int
    """CLOCK_MONOTONIC, as all times here."""
    pid: int
    socket: int
    """A number that is the socket's own as long as it lives."""
    old: int
    new: int
    family: int
    source: bytes
    port: int
    destination: bytes
    peer_port: int


@dataclass(frozen=True, slots=True)
class Fork:
    """A new process."""

    time_ns: int
    pid: int
    parent: int


@dataclass(frozen=True, slots=True)
class Command:
    """A process has another name from now on; `executed`: and is another program."""

    time_ns: int
    pid: int
    command: str
    executed: bool


@dataclass(frozen=True, slots=True)
class Namespace:
    """A process is in this network namespace from now on."""

    time_ns: int
    pid: int
    netns: int


@dataclass(frozen=True, slots=True)
class Exit:
    """A process has ended."""

    time_ns: int
    pid: int


Record = Change | Fork | Command | Namespace | Exit


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the fields of the tracepoint are: as this kernel describes them, never assumed."""

    number: int
    offsets: dict[str, int]
    size: int


def parse_format(number: str, text: str) -> Layout:
    """The layout from the event's `id` and `format`. Raises Unavailable."""
    found: dict[str, int] = {}
    end = 0
    pattern = r"field:[^;]*?(\w+)(?:\[\d+\])?;\s*offset:(\d+);\s*size:(\d+);"
    for name, offset, size in re.findall(pattern, text):
        found[name] = int(offset)
        end = max(end, int(offset) + int(size))
    missing = [name for name in _FIELDS if name not in found]
    if missing or not number.strip().isdecimal():
        raise Unavailable(f"the tracepoint has no {', '.join(missing) or 'number'}")
    return Layout(int(number), found, end)


def read_layout() -> Layout:
    """From tracefs; where it is not mounted, from an instance that only we have."""
    for root in _TRACEFS:
        folder = root / _EVENT
        try:
            return parse_format((folder / "id").read_text(), (folder / "format").read_text())
        except OSError:
            continue
    mounted = _private_tracefs()
    try:
        texts = []
        for name in ("id", "format"):
            file = os.open(f"{_EVENT}/{name}", os.O_RDONLY | os.O_CLOEXEC, dir_fd=mounted)
            with os.fdopen(file) as opened:
                texts.append(opened.read())
        return parse_format(*texts)
    except OSError as error:
        raise Unavailable(f"the kernel has no {_EVENT}: {error.strerror}") from error
    finally:
        os.close(mounted)


def _private_tracefs() -> int:
    """A tracefs that is mounted nowhere. Raises Unavailable."""
    try:
        context = _syscall(_FSOPEN, ctypes.c_char_p(b"tracefs"), ctypes.c_uint(1))
        try:
            _syscall(
                _FSCONFIG, ctypes.c_int(context), ctypes.c_uint(6), None, None, ctypes.c_int(0)
            )
            return _syscall(_FSMOUNT, ctypes.c_int(context), ctypes.c_uint(1), ctypes.c_uint(0))
        finally:
            os.close(context)
    except OSError as error:
        raise Unavailable(
            f"tracefs is not mounted at {_TRACEFS[0]}, and cannot be: {error.strerror}"
        ) from error


class Ring:
    """The records of one CPU."""

    def __init__(self, cpu: int, layout: Layout) -> None:
        """Begins at once. Raises OSError."""
        number = _SYSCALLS.get(platform.machine())
        if number is None:
            raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
        self._layout = layout
        attributes = _attributes(layout.number)
        buffer = (ctypes.c_char * _ATTRIBUTES_BYTES).from_buffer(attributes)
        self.descriptor = _syscall(
            number,
            buffer,
            ctypes.c_int(-1),
            ctypes.c_int(cpu),
            ctypes.c_int(-1),
            ctypes.c_ulong(_FLAG_CLOEXEC),
        )
        try:
            fcntl.ioctl(self.descriptor, _SET_FILTER, FILTER.encode() + b"\0")
            size = RING_PAGES * mmap.PAGESIZE
            self._memory = mmap.mmap(self.descriptor, mmap.PAGESIZE + size)
        except OSError:
            os.close(self.descriptor)
            raise
        self._size = size
        self._tail = 0
        self.lost = 0
        """Records that did not fit, since the beginning."""

    def read(self) -> list[Record]:
        """What has come since the last call."""
        # The head is read before the records, and the tail written after them: the interpreter
        # makes calls between them, which no processor reorders across in practice.
        (head,) = struct.unpack_from("=Q", self._memory, _HEAD_AT)
        data = self._between(self._tail, head)
        self._tail = head
        struct.pack_into("=Q", self._memory, _TAIL_AT, head)
        return self._parse(data)

    def close(self) -> None:
        """Ends it."""
        self._memory.close()
        os.close(self.descriptor)

    def _between(self, tail: int, head: int) -> bytes:
        start, length = tail % self._size, min(head - tail, self._size)
        base = mmap.PAGESIZE
        first = self._memory[base + start : base + min(start + length, self._size)]
        rest = length - len(first)
        return first + self._memory[base : base + rest] if rest else first

    def _parse(self, data: bytes) -> list[Record]:
        found: list[Record] = []
        at = 0
        while at + _RECORD.size <= len(data):
            kind, misc, size = _RECORD.unpack_from(data, at)
            if size < _RECORD.size or at + size > len(data):
                break
            body = data[at + _RECORD.size : at + size]
            at += size
            if kind == _LOST:
                self.lost += int(struct.unpack_from("=QQ", body)[1])
                continue
            record = parse_record(kind, misc, body, self._layout)
            if record is not None:
                found.append(record)
        return found


def parse_record(kind: int, misc: int, body: bytes, layout: Layout) -> Record | None:
    """The record of a kind; None for one that does not concern us (a thread's)."""
    match kind:
        case 9:  # PERF_RECORD_SAMPLE
            return _change(body, layout)
        case 4 | 7:  # PERF_RECORD_EXIT, PERF_RECORD_FORK
            return _task(body, forked=kind == 7)
        case 3 | 16 if len(body) >= _PIDS.size + _TRAILER_BYTES:  # PERF_RECORD_COMM, NAMESPACES
            pid, tid = _PIDS.unpack_from(body)
            (time_ns,) = struct.unpack_from("=Q", body, len(body) - 8)
            if pid != tid:
                return None
            if kind == 16:
                return _namespace(body, pid, time_ns)
            text = body[_PIDS.size : -_TRAILER_BYTES].split(b"\0", 1)[0].decode("utf-8", "replace")
            return Command(time_ns, pid, text, bool(misc & _COMM_EXEC))
        case _:
            return None


def _task(body: bytes, *, forked: bool) -> Record | None:
    if len(body) < _TASK.size:
        return None
    pid, parent, tid, _, time_ns = _TASK.unpack_from(body)
    if pid != tid:
        return None
    return Fork(time_ns, pid, parent) if forked else Exit(time_ns, pid)


def _namespace(body: bytes, pid: int, time_ns: int) -> Record | None:
    """The first of the pairs of device and inode is the network namespace."""
    if len(body) < _PIDS.size + 24:
        return None
    count, _, inode = struct.unpack_from("=QQQ", body, _PIDS.size)
    return Namespace(time_ns, pid, inode) if count else None


def _change(body: bytes, layout: Layout) -> Change | None:
    if len(body) < _SAMPLE_HEAD.size + layout.size:
        return None
    pid, _, time_ns, _ = _SAMPLE_HEAD.unpack_from(body)
    raw, at = body[_SAMPLE_HEAD.size :], layout.offsets
    family = int(struct.unpack_from("=H", raw, at["family"])[0])
    source, destination = ("saddr_v6", "daddr_v6") if family == 10 else ("saddr", "daddr")
    width = 16 if family == 10 else 4
    return Change(
        time_ns=time_ns,
        pid=pid,
        socket=struct.unpack_from("=Q", raw, at["skaddr"])[0],
        old=struct.unpack_from("=i", raw, at["oldstate"])[0],
        new=struct.unpack_from("=i", raw, at["newstate"])[0],
        family=family,
        source=raw[at[source] : at[source] + width],
        port=struct.unpack_from("=H", raw, at["sport"])[0],
        destination=raw[at[destination] : at[destination] + width],
        peer_port=struct.unpack_from("=H", raw, at["dport"])[0],
    )


def open_rings() -> list[Ring]:
    """A ring for each CPU that is online. Raises Unavailable."""
    layout = read_layout()
    rings: list[Ring] = []
    try:
        rings.extend(Ring(cpu, layout) for cpu in online_cpus(_online()))
    except OSError as error:
        for ring in rings:
            ring.close()
        raise Unavailable(f"perf events cannot be opened: {error.strerror}") from error
    return rings


def online_cpus(text: str) -> list[int]:
    """`0-3,6` as numbers."""
    found: list[int] = []
    for part in text.strip().split(","):
        low, _, high = part.partition("-")
        found.extend(range(int(low), int(high or low) + 1))
    return found


def _online() -> str:
    return Path("/sys/devices/system/cpu/online").read_text(encoding="ascii")


def _attributes(number: int) -> bytearray:
    """The `struct perf_event_attr`."""
    made = bytearray(_ATTRIBUTES_BYTES)
    head = (_TRACEPOINT, _ATTRIBUTES_BYTES, number, 1, _SAMPLE_TYPE, 0, _FLAGS, 1)
    struct.pack_into("=IIQQQQQI", made, 0, *head)
    struct.pack_into("=i", made, 92, _CLOCK_MONOTONIC)
    return made


def _syscall(number: int, *arguments: Any) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    result = libc.syscall(ctypes.c_long(number), *arguments)
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return int(result)
