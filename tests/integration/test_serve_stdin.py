"""`… tcpdump -U -w - | nautscan serve --stdin`: a stream from elsewhere, live on the page."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.sensor_lab import PYTHON, WAIT_S, Lab, laboratory

pytestmark = pytest.mark.root

START_S = 60.0


class Remote:
    """tcpdump where the traffic is, and NautScan on its output where the person is."""

    def __init__(self, lab: Lab, folder: Path) -> None:
        tcpdump = lab.command(lab.near, "tcpdump", "-i", "lab0", "-U", "-w", "-", "tcp")
        self.tcpdump = subprocess.Popen(tcpdump, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.log = folder / "log"
        command = [*PYTHON, "-m", "nautscan", "serve", "--stdin", "--port", "0"]
        with self.log.open("wb") as log:
            self.nautscan = subprocess.Popen(
                [*command, "--data-dir", str(folder / "data")],
                stdin=self.tcpdump.stdout,
                stdout=log,
                stderr=log,
            )
        self.url = self._address()

    def get(self, path: str) -> dict[str, Any]:
        """An answer of the API."""
        with urllib.request.urlopen(f"{self.url}{path}", timeout=10) as answer:
            found: dict[str, Any] = json.load(answer)
            return found

    def until(self, path: str, key: str) -> Any:
        """What the answer has under a key, as soon as that is true."""
        deadline = time.monotonic() + WAIT_S
        while not (found := self.get(path)[key]):
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.1)
        return found

    def _address(self) -> str:
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline and self.nautscan.poll() is None:
            if found := re.search(r"http://[\d.]+:\d+", self.log.read_text()):
                return found[0]
            time.sleep(0.1)
        raise AssertionError(self.log.read_text())

    def end(self) -> None:
        """Both."""
        for process in (self.nautscan, self.tcpdump):
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(WAIT_S)
            process.kill()
            process.wait()


@pytest.fixture
def remote() -> Iterator[tuple[Lab, Remote]]:
    if shutil.which("tcpdump") is None:
        pytest.skip("not installed: tcpdump")
    with laboratory() as lab, tempfile.TemporaryDirectory(prefix="nautscan-stdin-") as name:
        Path(name).chmod(0o777)
        lab.connect()
        running = Remote(lab, Path(name))
        try:
            yield lab, running
        finally:
            running.end()


def test_what_happens_there_shows_here_as_it_happens(remote: tuple[Lab, Remote]) -> None:
    lab, nautscan = remote
    names = [entry["name"] for entry in nautscan.get("/api/packets/interfaces")["interfaces"]]
    assert names[0] == "stdin"
    assert lab.get("/status/503", times=2) == [503, 503]
    rows = nautscan.until("/api/requests?filter=status%20%3D%20503", "requests")
    assert {(row["interface"], row["target"]) for row in rows} == {("stdin", "/status/503")}
    assert nautscan.until("/api/packets/recent", "packets")
    assert nautscan.get("/api/packets/status")["stream"] == "stdin"
    # The other side ends: said as it is, and what was seen stays.
    nautscan.tcpdump.send_signal(signal.SIGINT)
    deadline = time.monotonic() + WAIT_S
    while nautscan.get("/api/packets/status")["state"] != "ended":
        assert time.monotonic() < deadline, nautscan.log.read_text()
        time.sleep(0.1)
    assert len(nautscan.get("/api/requests?limit=10")["requests"]) == 2
