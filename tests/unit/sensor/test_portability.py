"""The parts that all systems share work where Unix's own are missing, as on Windows."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

SCRIPT = """
    import asyncio, concurrent.futures, ctypes, hmac, json, os, pathlib, secrets, shutil, socket
    import subprocess, sys, tempfile
    import aiohttp, arro3.core, arro3.io, click  # third parties look at the platform themselves

    loop = asyncio.new_event_loop()  # Unix's own needs a socket pair.
    for name in ("pwd", "grp"):
        sys.modules[name] = None
    for name in ("geteuid", "getegid", "setuid", "setgroups", "chown", "fchown", "umask"):
        delattr(os, name)
    for name in ("start_unix_server", "open_unix_connection"):
        delattr(asyncio, name)
    del socket.AF_UNIX, socket.SO_PEERCRED, socket.send_fds, socket.recv_fds
    sys.platform = "win32"

    from nautscan.cli import capture, interfaces, sensor, serve, _server
    from nautscan.sensor import client, endpoint, permission, privileges, process, supervisor, users
    from nautscan.sensor.folders import runtime_folder

    assert endpoint.default_kind() == "loopback"
    assert users.server_identity(None, {}) is None
    privileges.become(None, keep=privileges.CAPTURE_CAPABILITIES)
    assert privileges.rights().uid is None
    assert "Npcap" in permission.remedy(permission.Host.current())

    async def main(path):
        async def handle(reader, writer):
            assert endpoint.admitted(endpoint.peer_uid(writer), set())
            writer.write(await reader.read(5))
            writer.close()

        listener = endpoint.bind(path)
        server = await listener.serve(handle)
        connection = await endpoint.connect(path)
        assert listener.admits(connection.secret)
        connection.writer.write(b"hello")
        assert await connection.reader.read() == b"hello"
        server.close()
        listener.close()

    folder = runtime_folder(pathlib.Path(tempfile.mkdtemp()) / "run", None)
    loop.run_until_complete(main(folder.socket))
    loop.close()
    folder.remove()
    print("done")
"""


def test_the_shared_parts_work_without_unix(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(SCRIPT)],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        timeout=60,
    )
    assert done.stdout == "done\n", done.stderr
