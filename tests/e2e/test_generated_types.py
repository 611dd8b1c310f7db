"""The page's types are those of the server's own description."""

from __future__ import annotations

import subprocess

from tests.e2e.browser import ROOT


def test_types_are_fresh() -> None:
    """`npm run gen` would change nothing."""
    done = subprocess.run(
        ["node", "scripts/gen.mjs", "--check"],
        cwd=ROOT / "web",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
