"""Scenarios played in Chromium by node; one that fails gives its reason and a picture."""

from __future__ import annotations

import atexit
import json
import os
import re
import select
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
SITE = ROOT / "src" / "nautscan" / "web" / "index.html"
DRIVER = ROOT / "web" / "node_modules" / "playwright-core"
SCENARIO_S: Final = 180.0
STOP_S: Final = 20.0


def scenarios(name: str) -> list[str]:
    """The names of the scenarios that a script exports, in its order."""
    text = (HERE / "page" / f"{name}.mjs").read_text()
    return re.findall(r"^export async function (\w+)\(", text, re.MULTILINE)


def why_not() -> str | None:
    """Why no scenario can run here, or None."""
    if not DRIVER.is_dir():
        return "the page's packages are not installed: make build"
    if not SITE.is_file():
        return "the page is not built: make build"
    return None


class Player:
    """A node with a browser that plays the scenarios of one script, each in a new profile."""

    def __init__(self, script: str, environment: Mapping[str, str]) -> None:
        self.plays = (script, dict(environment))
        self._said = tempfile.TemporaryFile(mode="w+", errors="replace")  # noqa: SIM115 (as long as node)
        self._process = subprocess.Popen(
            ["node", str(HERE / "page" / "run.mjs"), script],
            env={**os.environ, **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            text=True,
        )

    def play(self, scenario: str, pictures: Path) -> str | None:
        """Play one. What went wrong, or None."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        asked = json.dumps({"scenario": scenario, "pictures": str(pictures)})
        try:
            self._process.stdin.write(f"{asked}\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            return self._ended()
        if not select.select([self._process.stdout], [], [], SCENARIO_S)[0]:
            self._process.kill()
            return f"{scenario} took more than {SCENARIO_S:.0f} s\n{self._ended()}"
        answer = self._process.stdout.readline()
        return json.loads(answer)["failed"] if answer else self._ended()

    def _ended(self) -> str:
        self.end()
        self._said.seek(0)
        return f"node ended with status {self._process.returncode}: {self._said.read()}"

    def end(self) -> None:
        """Close the browser."""
        try:
            self._process.communicate(timeout=STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()


_players: list[Player] = []
"""The one that played last, if its last scenario went well."""


def _end() -> None:
    while _players:
        _players.pop().end()


atexit.register(_end)


def play(script: str, scenario: str, pictures: Path, **environment: str) -> None:
    """Run one scenario. AssertionError with what went wrong if it fails."""
    if not _players or _players[0].plays != (script, environment):
        _end()
        _players.append(Player(script, environment))
    failed = _players[0].play(scenario, pictures)
    if failed is not None:
        _end()
        raise AssertionError(f"{failed}\nPictures: {pictures}")
