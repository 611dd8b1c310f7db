"""How many short connections get their process: `python -m bench.processes`, as root.

A network namespace of its own, nginx and `nautscan serve` in it; then many programs that live for
one request each. Once with the kernel's traces, once without the right to them.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

PORT, WEB_PORT = 8000, 8080
PATIENCE_S: Final = 90.0
WITHOUT_TRACES: Final = ("setpriv", "--bounding-set", "-perfmon,-sys_admin")
"""Either of the two lets perf events be opened."""

NGINX: Final = """
daemon off; user root; worker_processes 2; pid {0}/pid; error_log stderr crit;
events {{ worker_connections 1024; }}
http {{ access_log off; client_body_temp_path {0}/b; proxy_temp_path {0}/p;
  fastcgi_temp_path {0}/f; uwsgi_temp_path {0}/u; scgi_temp_path {0}/s;
  server {{ listen 127.0.0.1:{1}; location / {{ return 200 hello; }} }} }}
"""


@contextmanager
def network_namespace() -> Iterator[list[str]]:
    """The words that run a command in a namespace that has nothing but a loopback."""
    name = f"nsbench-{secrets.token_hex(3)}"
    subprocess.run(["ip", "netns", "add", name], check=True)
    try:
        subprocess.run(["ip", "-n", name, "link", "set", "lo", "up"], check=True)
        yield ["ip", "netns", "exec", name]
    finally:
        subprocess.run(["ip", "netns", "del", name], check=True)


@contextmanager
def running(command: list[str], log: Path) -> Iterator[None]:
    """A program that is ended afterwards."""
    with log.open("wb") as file:
        process = subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT, cwd="/")
    try:
        yield
    finally:
        process.terminate()
        process.wait(30)


class Subject:
    """NautScan and nginx in a namespace."""

    def __init__(self, enter: list[str], folder: Path) -> None:
        self._enter = enter
        self._folder = folder

    def ask(self, path: str, **parameters: Any) -> dict[str, Any]:
        """GET a path of the API, from inside."""
        url = f"http://127.0.0.1:{PORT}{path}?{urllib.parse.urlencode(parameters)}"
        done = subprocess.run(
            [*self._enter, "curl", "-s", "-S", url], capture_output=True, check=False
        )
        answer: dict[str, Any] = json.loads(done.stdout or b"{}")
        return answer

    def until(self, ready: Any) -> Any:
        """What `ready` gives, once it gives something."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            if found := ready():
                return found
            time.sleep(0.2)
        sys.exit((self._folder / "serve.log").read_text(errors="replace"))

    def call(self, count: int) -> tuple[str, float]:
        """`count` programs, curl and wget in turn, one after the other; their mark, seconds."""
        mark = secrets.token_hex(6)
        url = f"http://127.0.0.1:{WEB_PORT}/{mark}"
        loop = (
            f"for i in $(seq {count // 2}); do curl -s -o /dev/null {url}; "
            f"wget -q -O /dev/null {url}; done"
        )
        began = time.monotonic()
        subprocess.run([*self._enter, "sh", "-c", loop], check=True)
        return mark, time.monotonic() - began

    def rows(self, mark: str) -> list[dict[str, Any]]:
        """All requests of a mark."""
        found: list[dict[str, Any]] = []
        cursor: dict[str, str] = {}
        while True:
            page = self.ask("/api/requests", filter=f"target = '/{mark}'", limit=1000, **cursor)
            found += page.get("requests", [])
            if not page.get("next"):
                return found
            cursor = {"cursor": page["next"]}


def measured(prefix: tuple[str, ...], count: int) -> dict[str, Any]:
    """One run."""
    with tempfile.TemporaryDirectory(prefix="nsbench-", dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o777)
        (folder / "nginx.conf").write_text(NGINX.format(folder, WEB_PORT))
        serve = [sys.executable, "-m", "nautscan", "serve", "--port", str(PORT), "-i", "lo"]
        serve += ["--data-dir", str(folder / "data"), "--filter", f"tcp port {WEB_PORT}"]
        with network_namespace() as enter:
            subject = Subject(enter, folder)
            nginx = [*enter, "nginx", "-c", str(folder / "nginx.conf")]
            with (
                running([*enter, *prefix, *serve], folder / "serve.log"),
                running(nginx, folder / "nginx.log"),
            ):
                subject.until(lambda: subject.ask("/api/packets/status").get("running"))
                subject.until(lambda: _listed(subject))
                mark, seconds = subject.call(count)
                subject.until(lambda: len(subject.rows(mark)) >= count)
                rows, state = subject.rows(mark), subject.ask("/api/processes")["state"]
    return summary(rows, count, seconds) | {"traced": state["traced"], "lost": state["lost"]}


def _listed(subject: Subject) -> bool:
    listed = subject.ask("/api/processes").get("processes", [])
    return any(item["command"] == "nginx" for item in listed)


def summary(rows: list[dict[str, Any]], count: int, seconds: float) -> dict[str, Any]:
    """Shares of the requests that were made."""
    sources = Counter(row["server_process_source"] for row in rows)
    wrong = [row for row in rows if row["client_command"] not in {"curl", "wget", None}]
    wrong += [row for row in rows if row["server_command"] not in {"nginx", None}]
    return {
        "made": count,
        "seen": len(rows),
        "seconds": round(seconds, 1),
        "client_named": sum(row["client_pid"] is not None for row in rows),
        "client_user_known": sum(row["client_user"] is not None for row in rows),
        "server_named": sum(row["server_pid"] is not None for row in rows),
        "server_named_by_its_connection": sources["close"] + sources["socket"],
        "named_wrongly": len(wrong),
        "client_reasons": dict(Counter(row["client_process_reason"] for row in rows)),
    }


def main() -> None:
    """Both runs, as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000, help="programs that are run")
    options = parser.parse_args()
    missing = [
        tool for tool in ("ip", "nginx", "curl", "wget", "setpriv") if not shutil.which(tool)
    ]
    if os.geteuid() != 0 or missing:
        sys.exit(f"needs root{' and ' + ', '.join(missing) if missing else ''}")
    found = {
        "traces": measured((), options.count),
        "no traces": measured(WITHOUT_TRACES, options.count),
    }
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
