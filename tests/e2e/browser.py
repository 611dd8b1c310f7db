"""Scenarios run in Chromium by node; one that fails gives its reason and a picture."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
SITE = ROOT / "src" / "nautscan" / "web" / "index.html"
DRIVER = ROOT / "web" / "node_modules" / "playwright-core"
SCENARIO_S = 180.0


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


def play(script: str, scenario: str, pictures: Path, **environment: str) -> None:
    """Run one scenario. AssertionError with what node said if it fails."""
    done = subprocess.run(
        ["node", str(HERE / "page" / "run.mjs"), script, scenario],
        env={**os.environ, "PICTURES": str(pictures), **environment},
        capture_output=True,
        text=True,
        timeout=SCENARIO_S,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}\nPictures: {pictures}"
