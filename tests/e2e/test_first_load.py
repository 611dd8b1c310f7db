"""What a first visit loads stays within its budget of 200 kB, compressed."""

from __future__ import annotations

import re
import subprocess

import pytest

from tests.e2e.browser import ROOT

pytestmark = [pytest.mark.browser]


def test_the_first_load_is_small() -> None:
    """The page's own script measures what was built, and fails over the budget."""
    done = subprocess.run(
        ["node", str(ROOT / "web" / "scripts" / "size.mjs")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    files = re.findall(r"kB gzip  (\S+\.(?:js|css))$", done.stdout, re.MULTILINE)
    assert any(name.endswith(".css") for name in files)
    assert sum(name.startswith("assets/index") for name in files) >= 2
