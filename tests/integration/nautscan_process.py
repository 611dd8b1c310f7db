"""`nautscan serve` as a real process on the engine's host, and its API as a test asks it."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self, TypeVar
from urllib.parse import urlencode

import nautscan
from tests.integration.docker_engine import DockerEngine

T = TypeVar("T")

PORT = 8000
"""The engine's host is a network namespace of its own: nothing else listens there."""

START_S = 60.0
PATIENCE_S = 45.0
STOP_S = 20.0


class NautScanProcess:
    """A running NautScan that watches the engine's networks. Use as a context manager."""

    def __init__(self, engine: DockerEngine, environment: Mapping[str, str]) -> None:
        self._engine = engine
        # Below /tmp and open, since the server gives up root and must get at its data.
        self._folder = Path(tempfile.mkdtemp(prefix="nsd-data-", dir="/tmp"))
        self._folder.chmod(0o777)
        self._log = self._folder / "serve.log"
        command = [sys.executable, "-m", "nautscan", "serve", "--port", str(PORT)]
        with self._log.open("wb") as log:
            self._process = engine.popen(
                [*command, "--data-dir", str(self._folder / "data")],
                env=self._environment(engine, environment),
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                cwd="/",
            )

    @classmethod
    def start(cls, engine: DockerEngine, **environment: str) -> Self:
        """Start it and wait until it follows the engine and captures."""
        process = cls(engine, environment)
        try:
            process.wait_for(process._is_ready, START_S)
        except BaseException:
            process.stop()
            raise
        return process

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def log(self) -> str:
        """What it has written."""
        return self._log.read_text(errors="replace")

    def get(self, path: str, **parameters: str | int) -> dict[str, Any]:
        """GET a path of the API."""
        query = f"?{urlencode(parameters)}" if parameters else ""
        return self._ask(urllib.request.Request(f"{self._base}{path}{query}"))

    def post(self, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """POST a JSON body to a path of the API."""
        request = urllib.request.Request(
            f"{self._base}{path}",
            data=json.dumps(body or {}).encode(),
            headers={"Content-Type": "application/json"},
            method="POST",
        )
        return self._ask(request)

    def requests(self, filter_text: str) -> list[dict[str, Any]]:
        """The stored requests that a filter selects, oldest first."""
        found = self.get("/api/requests", filter=filter_text, limit=1000, order="asc")
        rows: list[dict[str, Any]] = found["requests"]
        return rows

    def flows(self, filter_text: str) -> list[dict[str, Any]]:
        """The stored flows that a filter selects, as last seen, oldest first."""
        found = self.get("/api/flows", filter=filter_text, limit=1000, order="asc")
        rows: list[dict[str, Any]] = found["flows"]
        return rows

    def wait_for(self, ask: Callable[[], T], patience_s: float = PATIENCE_S) -> T:
        """What `ask` answers as soon as that is true."""
        deadline = time.monotonic() + patience_s
        answer = ask()
        while not answer:
            if self._process.poll() is not None:
                raise AssertionError(f"nautscan serve ended:\n{self.log}")
            if time.monotonic() > deadline:
                raise AssertionError(f"waited in vain; last answer {answer!r}\n{self.log[-6000:]}")
            time.sleep(0.1)
            answer = ask()
        return answer

    def stop(self) -> None:
        """Stop it and remove its data."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            try:
                self._process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def _base(self) -> str:
        return f"http://127.0.0.1:{PORT}"

    def _ask(self, request: urllib.request.Request) -> dict[str, Any]:
        def answer() -> bytes:
            try:
                with urllib.request.urlopen(request, timeout=30) as response:
                    body: bytes = response.read()
            except urllib.error.HTTPError as error:
                raise AssertionError(f"{request.full_url}: {error.read().decode()}") from error
            return body

        found: dict[str, Any] = json.loads(self._engine.inside(answer))
        return found

    def _is_ready(self) -> bool:
        with contextlib.suppress(urllib.error.URLError, ConnectionError):
            health = self.get("/api/health")
            status = self.get("/api/packets/status")
            return bool(health["docker"]["state"] == "connected" and status["running"])
        return False

    @staticmethod
    def _environment(engine: DockerEngine, more: Mapping[str, str]) -> dict[str, str]:
        kept = {key: value for key, value in os.environ.items() if not _is_setting(key)}
        source = str(Path(nautscan.__file__).parents[1])
        return {**kept, "PYTHONPATH": source, "DOCKER_HOST": engine.host, **more}


def _is_setting(name: str) -> bool:
    """Whether an environment variable of the tester would change what is tested."""
    return name.startswith(("NAUTSCAN_", "SUDO_")) or name in ("NETWORK_INTERFACES", "DOCKER_HOST")
