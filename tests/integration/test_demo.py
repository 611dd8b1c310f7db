"""`nautscan demo` from packets to API: labelled everywhere, every request under its name."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from nautscan.demo.shop import SERVICES

PATIENCE_S = 60
"""How long a loaded machine may take; the test goes on as soon as it can."""


@dataclass(frozen=True)
class Demo:
    """A demo that runs."""

    port: int
    process: subprocess.Popen[str]

    def get(self, path: str) -> tuple[dict[str, Any], str | None]:
        """An answer of the API, and what it says about its source."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
            return json.load(answer), answer.headers["X-NautScan-Source"]

    def until(self, path: str, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The first answer that is as wanted."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            assert self.process.poll() is None, "the demo ended"
            try:
                body, _ = self.get(path)
            except OSError:
                body = {}
            if body and holds(body):
                return body
            time.sleep(0.2)
        pytest.fail(f"{path} did not come to hold within {PATIENCE_S} s")


@pytest.fixture(scope="module")
def demo() -> Iterator[Demo]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    # The server may become another user, who cannot enter pytest's own folders.
    with tempfile.TemporaryDirectory(prefix="nautscan-demo-") as folder:
        Path(folder).chmod(0o777)
        command = [sys.executable, "-m", "nautscan", "demo", "--port", str(port)]
        process = subprocess.Popen(
            [*command, "--data-dir", f"{folder}/data"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            yield Demo(port, process)
        finally:
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=PATIENCE_S)
            assert "Traceback" not in errors


def test_requests_arrive_under_the_names_of_the_shop(demo: Demo) -> None:
    inside = {service.container for service in SERVICES}
    listed = demo.until("/api/requests?limit=200", lambda body: len(body["requests"]) >= 50)
    for row in listed["requests"]:
        assert row["server_container"] in inside | {None}
        assert row["server_container"] is not None or row["host"] == "api.bank.example"
        assert row["interface"] == "demo"
        assert row["completeness"] in {"complete", "request_only"}


def test_every_container_is_listed(demo: Demo) -> None:
    body = demo.until("/api/containers", lambda body: len(body["containers"]) >= len(SERVICES))
    assert {entry["service"] for entry in body["containers"]} == {s.name for s in SERVICES}


def test_it_says_everywhere_that_it_is_a_demo(demo: Demo) -> None:
    demo.until("/api/source", lambda body: body["source"] == "demo")
    for path in ("/api/source", "/api/requests", "/api/flows", "/api/containers", "/api/health"):
        _, source = demo.get(path)
        assert source == "demo"
    for path in ("/api/requests", "/api/flows"):
        assert demo.get(path)[0]["source"] == "demo"


def test_nothing_is_lost_or_left_unparsed(demo: Demo) -> None:
    demo.until("/api/requests?limit=200", lambda body: len(body["requests"]) >= 50)
    health, _ = demo.get("/api/health")
    assert health["status"] == "ok"
    assert health["drops"] == []
