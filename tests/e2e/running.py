"""NautScan as a person starts it, on any free port, with a data folder of its own."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Self

import nautscan

START_S = 90.0
STOP_S = 20.0


class Running:
    """A running `nautscan serve` or `nautscan demo`. Use as a context manager."""

    def __init__(self, *arguments: str, **environment: str) -> None:
        # Below /tmp and open, since the server gives up root and must get at its data.
        self._folder = Path(tempfile.mkdtemp(prefix="nautscan-e2e-", dir="/tmp"))
        self._folder.chmod(0o777)
        self._log = self._folder / "log"
        data = str(self._folder / "data")
        command = [sys.executable, "-m", "nautscan", *arguments]
        if "--port" not in arguments:
            command += ["--port", "0", "--data-dir", data]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd="/",
                env={
                    **os.environ,
                    "PYTHONPATH": str(Path(nautscan.__file__).parents[1]),
                    **environment,
                },
            )

    def __enter__(self) -> Self:
        try:
            self.url = self._wait_for_address()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            try:
                self._process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def log(self) -> str:
        """What it has written."""
        return self._log.read_text(errors="replace")

    def _wait_for_address(self) -> str:
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline and self._process.poll() is None:
            found = re.search(r"http://[\w.:\[\]]+:\d+", self.log)
            if found:
                return found[0]
            time.sleep(0.1)
        raise AssertionError(f"nautscan did not say where it listens:\n{self.log[-4000:]}")
