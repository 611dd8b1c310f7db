"""Make the captures: `python -m tests.golden.own.make`. The bytes follow from this file alone."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from ipaddress import ip_address
from pathlib import Path
from random import Random

from nautscan.demo import pcap
from nautscan.demo.pcap import Frame
from nautscan.demo.tcp import Mishap, Side, TcpConnection
from nautscan.demo.wire import ACK, PSH, Endpoint, Host

FOLDER = Path(__file__).parent
START = 1_767_225_600_000_000_000
"""2026-01-01T00:00:00Z."""
MS = 1_000_000
CLIENT, SERVER = Side.CLIENT, Side.SERVER


class Tape:
    """A capture in the making, with one connection."""

    def __init__(self, *, ipv6: bool = False, vlan: int | None = None) -> None:
        """Nothing has been sent yet, not even the handshake."""
        prefix = "2001:db8::" if ipv6 else "10.0.0."
        self.frames: list[Frame] = []
        self.connection = TcpConnection(
            Endpoint(Host(ip_address(f"{prefix}1"), b"\x02\0\0\0\0\1"), 40_000),
            Endpoint(Host(ip_address(f"{prefix}2"), b"\x02\0\0\0\0\2"), 8080),
            Random(1),
            self.frames.append,
            vlan=vlan,
        )
        self.now = START

    def open(self) -> None:
        """Handshake."""
        self.now = self.connection.open(self.now)

    def say(self, side: Side, data: bytes, mishap: Mishap | None = None) -> None:
        """A message, ten milliseconds after what came before."""
        self.now += 10 * MS
        self.connection.send(self.now, side, data, mishap)
        self.now = self.connection.free_at

    def close(self, first: Side = CLIENT) -> None:
        """Both ends finish."""
        self.now = self.connection.close(self.now + 10 * MS, first)

    def lose(self, data: bytes) -> None:
        """Frames that carry these bytes were not captured."""
        self.frames[:] = [frame for frame in self.frames if data not in frame.data]

    def sorted(self) -> list[Frame]:
        """Frames by time; those of one instant stay in the order in which they were made."""
        return sorted(self.frames, key=lambda frame: frame.time)


def get(target: str, *headers: str, method: str = "GET", version: str = "1.1") -> bytes:
    """A request without content."""
    lines = [f"{method} {target} HTTP/{version}", "Host: own.example", *headers, "", ""]
    return "\r\n".join(lines).encode()


def answer(status: str, content: bytes = b"", *headers: str, length: bool = True) -> bytes:
    """A response."""
    sized = [f"Content-Length: {len(content)}"] if length else []
    lines = [f"HTTP/1.1 {status}", *sized, *headers, "", ""]
    return "\r\n".join(lines).encode() + content


def head() -> Tape:
    """HEAD: the length that is stated is not sent (RFC 9110, section 9.3.2)."""
    tape = Tape()
    tape.open()
    tape.say(CLIENT, get("/", method="HEAD"))
    tape.say(SERVER, b"HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n")
    tape.say(CLIENT, get("/after"))
    tape.say(SERVER, answer("200 OK", b"after"))
    tape.close()
    return tape


def no_content() -> Tape:
    """304 states a length and 204 none; neither has content (RFC 9112, section 6.3)."""
    tape = Tape()
    tape.open()
    tape.say(CLIENT, get("/cached", 'If-None-Match: "1"'))
    tape.say(SERVER, b'HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\nETag: "1"\r\n\r\n')
    tape.say(CLIENT, get("/gone", method="DELETE"))
    tape.say(SERVER, answer("204 No Content", length=False))
    tape.say(CLIENT, get("/after"))
    tape.say(SERVER, answer("200 OK", b"after"))
    tape.close()
    return tape


def chunked() -> Tape:
    """Chunks with an extension, compressed content, trailers (RFC 9112, section 7.1)."""
    packed = gzip.compress(b"tide " * 40, mtime=0)
    chunks = b"%x;name=value\r\n%s\r\n" % (20, packed[:20])
    chunks += b"%X\r\n%s\r\n0\r\nX-Sum: 7\r\n\r\n" % (len(packed) - 20, packed[20:])
    head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n\r\n"
    tape = Tape()
    tape.open()
    tape.say(CLIENT, get("/tides"))
    tape.say(SERVER, head.encode() + chunks)
    tape.close()
    return tape


def pipelining() -> Tape:
    """Three requests in one segment, their answers in two (RFC 9112, section 9.3.2)."""
    tape = Tape()
    tape.open()
    tape.say(CLIENT, get("/1") + get("/2") + get("/3"))
    tape.say(SERVER, answer("200 OK", b"one") + answer("404 Not Found", b"two")[:20])
    tape.say(SERVER, answer("404 Not Found", b"two")[20:] + answer("200 OK", b"three"))
    tape.close()
    return tape


def interim() -> Tape:
    """100 Continue between the head and the content of a request."""
    tape = Tape()
    tape.open()
    tape.say(CLIENT, get("/up", "Expect: 100-continue", "Content-Length: 5", method="PUT"))
    tape.say(SERVER, b"HTTP/1.1 100 Continue\r\n\r\n")
    tape.say(CLIENT, b"cargo")
    tape.say(SERVER, answer("201 Created"))
    tape.close()
    return tape


def until_close() -> Tape:
    """HTTP/1.0 without a length: the content ends with the connection."""
    tape = Tape()
    tape.open()
    tape.say(CLIENT, get("/log", version="1.0"))
    tape.say(SERVER, b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nfirst\n")
    tape.say(SERVER, b"second\n")
    tape.close(first=SERVER)
    return tape


def upgrade() -> Tape:
    """101: what follows is not HTTP."""
    tape = Tape()
    tape.open()
    tape.say(CLIENT, get("/chat", "Connection: Upgrade", "Upgrade: websocket"))
    tape.say(SERVER, b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n")
    tape.say(CLIENT, b"\x81\x05GET /")
    tape.close()
    return tape


def _with_a_lost_segment(lost: int) -> Tape:
    """Two exchanges; one of the three segments of the first response was not captured."""
    marks = (b"<first>", b"<second>", b"<third>")
    content = b"".join(mark.center(1400, b".") for mark in marks)
    tape = Tape()
    tape.open()
    tape.say(CLIENT, get("/big"))
    tape.say(SERVER, answer("200 OK", content))
    tape.say(CLIENT, get("/after"))
    tape.say(SERVER, answer("200 OK", b"after"))
    tape.close()
    tape.lose(marks[lost])
    return tape


def gap() -> Tape:
    """A segment within the content is lost: its length is known, the next exchange is whole."""
    return _with_a_lost_segment(1)


def gap_in_head() -> Tape:
    """The segment with the status line is lost: what the next response answers is not certain."""
    return _with_a_lost_segment(0)


def mid_stream() -> Tape:
    """The capture begins within a response."""
    tape = Tape()
    tape.say(SERVER, b"the end of something</html>")
    tape.say(CLIENT, get("/next"))
    tape.say(SERVER, answer("200 OK", b"next"))
    tape.close()
    return tape


def response_only() -> Tape:
    """The capture begins between request and response."""
    tape = Tape()
    tape.say(SERVER, answer("503 Service Unavailable", b"busy"))
    tape.close()
    return tape


def retransmission() -> Tape:
    """One segment twice, one late and out of order: the rows are those of a quiet line."""
    content = b"".join(b"%04d" % number for number in range(1000))
    tape = Tape()
    tape.open()
    tape.say(CLIENT, get("/twice"), Mishap.RETRANSMITTED)
    tape.say(SERVER, answer("200 OK", content), Mishap.RETRANSMITTED)
    tape.say(CLIENT, get("/late"))
    tape.say(SERVER, answer("200 OK", content), Mishap.LATE)
    tape.close()
    return tape


def reset() -> Tape:
    """The server aborts: once before the answer, never after it."""
    tape = Tape()
    tape.open()
    tape.say(CLIENT, get("/fine"))
    tape.say(SERVER, answer("200 OK", b"fine"))
    tape.say(CLIENT, get("/crash"))
    tape.connection.reset(tape.now + 10 * MS, SERVER)
    return tape


def cut_answer() -> Tape:
    """The server aborts within the content."""
    tape = Tape()
    tape.open()
    tape.say(CLIENT, get("/half"))
    tape.say(SERVER, answer("200 OK", b"0123456789")[:-4])
    tape.connection.reset(tape.now + 10 * MS, SERVER)
    return tape


def vlan_ipv6() -> Tape:
    """802.1Q around IPv6."""
    tape = Tape(ipv6=True, vlan=42)
    tape.open()
    tape.say(CLIENT, get("/six"))
    tape.say(SERVER, answer("200 OK", b"six"))
    tape.close()
    return tape


def wrap() -> Tape:
    """Sequence numbers pass 2^32 within the content."""
    tape = Tape()
    tape.connection._next_seq[SERVER] = 2**32 - 100
    tape.open()
    tape.say(CLIENT, get("/wrap"))
    tape.say(SERVER, answer("200 OK", b"w" * 5000))
    tape.close()
    return tape


def reordered() -> Tape:
    """The segments of a request arrive in the reverse order."""
    tape = Tape()
    tape.open()
    connection, request = tape.connection, get("/backwards")
    start = connection._next_seq[CLIENT]
    pieces = [(at, request[at : at + 16]) for at in range(0, len(request), 16)]
    for number, (offset, piece) in enumerate(reversed(pieces)):
        at = tape.now + number * MS
        connection.segment(at, CLIENT, ACK | PSH, piece, seq=start + offset)
    connection._next_seq[CLIENT] = start + len(request)
    tape.now += len(pieces) * MS
    tape.say(SERVER, answer("200 OK", b"forwards"))
    tape.close()
    return tape


CASES: tuple[Callable[[], Tape], ...] = (
    head,
    no_content,
    chunked,
    pipelining,
    interim,
    until_close,
    upgrade,
    gap,
    gap_in_head,
    mid_stream,
    response_only,
    retransmission,
    reset,
    cut_answer,
    vlan_ipv6,
    wrap,
    reordered,
)


def capture(case: Callable[[], Tape]) -> bytes:
    """The capture of a case as a file's content."""
    return pcap.file_header() + b"".join(map(pcap.record, case().sorted()))


def main() -> None:
    """Write every capture beside this file."""
    for case in CASES:
        (FOLDER / f"{case.__name__}.pcap").write_bytes(capture(case))


if __name__ == "__main__":
    main()
