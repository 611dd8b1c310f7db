"""The doctor runs where Unix's own parts are missing, as on Windows."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from pathlib import Path

SCRIPT = """
    import asyncio, concurrent.futures, ctypes, http.client, json, os, pathlib, secrets, shutil
    import socket, subprocess, sys, tempfile
    import aiohttp, arro3.core, arro3.io, click  # third parties look at the platform themselves

    for name in ("geteuid", "getegid", "getxattr"):
        delattr(os, name)
    del socket.AF_UNIX, socket.AF_PACKET
    sys.modules["pwd"] = sys.modules["grp"] = sys.modules["fcntl"] = None
    sys.platform = "win32"

    from nautscan.config import Config
    from nautscan.doctor.command import examine_here

    checks, facts = examine_here(Config.load({}, data_dir=pathlib.Path("data"), docker=False))
    assert facts["platform"] == "win32"
    print(json.dumps([check.as_dict() for check in checks]))
"""


def test_no_check_breaks_without_unix(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(SCRIPT)],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    found = {check["id"]: check for check in json.loads(done.stdout)}
    assert [name for name in found if name.endswith(".check")] == []
    assert found["place.kind"]["facts"]["kind"] == "windows"
    assert "WSL2" in found["place.view"]["remedy"]
    assert found["rights.capture"]["state"] == "unknown"
    assert "Npcap" in found["rights.capture"]["remedy"]
    assert found["promiscuous.mode"]["state"] == "unknown"
    assert found["storage.disk"]["state"] in ("ok", "warning")
