"""The shop's traffic: repeatable, in order, bounded, and what the ledger says."""

from __future__ import annotations

import io
import itertools
import json
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from nautscan.demo import generate
from nautscan.demo.generate import FIXED_START
from nautscan.demo.ledger import Exchange
from nautscan.demo.network import SECOND

SECONDS = 20.0


def written(seed: int) -> tuple[bytes, list[Exchange]]:
    stream, account = io.BytesIO(), list[Exchange]()
    generate.write(stream, seed, SECONDS, account=account.append)
    return stream.getvalue(), account


def test_the_same_seed_makes_the_same_bytes() -> None:
    assert written(3) == written(3)
    assert written(3)[0] != written(4)[0]


def test_frames_come_in_order_of_time() -> None:
    times = [frame.time for frame in generate.frames(1, FIXED_START, SECONDS)]
    assert times == sorted(times)
    assert times[0] >= FIXED_START


def test_without_an_end_frames_keep_coming() -> None:
    frames = generate.frames(1, FIXED_START)
    late = next(frame for frame in frames if frame.time > FIXED_START + 300 * SECOND)
    assert late.time < FIXED_START + 302 * SECOND


def test_the_shop_shows_what_a_demo_needs() -> None:
    account = list[Exchange]()
    for _ in generate.frames(1, FIXED_START, 120.0, account.append):
        pass
    statuses = Counter(exchange.status for exchange in account)
    assert {200, 201, 204, 303, 304, 401, 402, 404, 502, 503, None} <= statuses.keys()
    assert any((exchange.duration_ns or 0) > SECOND for exchange in account), "no slow call"
    assert any(":" in exchange.client_ip for exchange in account), "no IPv6"
    servers = {exchange.server_ip for exchange in account}
    assert len(servers) >= 6


def test_live_frames_wait_for_their_time(monkeypatch: pytest.MonkeyPatch) -> None:
    now = FIXED_START
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        nonlocal now
        slept.append(seconds)
        now += int(seconds * SECOND)

    class Pipe(io.BytesIO):
        def write(self, data: object) -> int:
            if now > FIXED_START + 5 * SECOND:
                raise BrokenPipeError
            return super().write(data)  # type: ignore[arg-type]

    monkeypatch.setattr("time.time_ns", lambda: now)
    monkeypatch.setattr("time.sleep", sleep)
    pipe = Pipe()
    with pytest.raises(BrokenPipeError):
        generate.stream_live(pipe, seed=1)
    assert sum(slept) == pytest.approx(5, abs=1)
    assert len(pipe.getvalue()) > 1000


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
def test_tshark_finds_nothing_wrong_and_counts_the_same(tmp_path: Path) -> None:
    capture = tmp_path / "demo.pcap"
    data, whole = written(5)
    account = [exchange for exchange in whole if exchange.protocol == "http"]
    capture.write_bytes(data)
    checks = itertools.chain.from_iterable(
        ("-o", f"{layer}.check_checksum:TRUE") for layer in ("ip", "tcp", "udp")
    )
    fields = ["http.request.method", "http.request.uri", "http.response.code"]
    wanted = [*fields, "_ws.malformed", "_ws.expert.severity"]
    output = subprocess.run(
        ["tshark", "-n", "-r", capture, *checks, "-T", "json", *(f"-e{name}" for name in wanted)],
        check=True,
        capture_output=True,
    ).stdout
    layers = [packet["_source"]["layers"] for packet in json.loads(output)]
    assert not [layer for layer in layers if "_ws.malformed" in layer]
    severities = {int(text) for layer in layers for text in layer.get("_ws.expert.severity", [])}
    assert max(severities) <= WARNING, "an error, which a bad checksum is"
    requests = Counter(
        (layer[fields[0]][0], layer[fields[1]][0]) for layer in layers if fields[0] in layer
    )
    assert requests == Counter((exchange.method, exchange.target) for exchange in account)
    codes = Counter(int(layer[fields[2]][0]) for layer in layers if fields[2] in layer)
    assert codes == Counter(e.status for e in account if e.status is not None)


WARNING = 0x00600000
"""tshark's severity of, among others, a segment that was not captured."""
