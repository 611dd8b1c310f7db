"""The set-up scripts on a test engine's host, and the commands that people type afterwards."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

from tests.integration.docker_engine import DockerEngine
from tests.integration.nautscan_image import NAUTSCAN_IMAGE, PROXY_IMAGE

ROOT = Path(__file__).resolve().parents[2]
SCRIPT_S = 120


class Deployment:
    """One script, run on the engine's host as a person runs it."""

    def __init__(self, engine: DockerEngine, script: str, **environment: str) -> None:
        self.engine = engine
        self.script = script
        self._environment = environment
        self.token: str | None = None
        self.said = ""

    def run(self, *arguments: str, refused: bool = False) -> str:
        """Run the script; what it said. `refused`: it must fail."""
        command = [str(ROOT / self.script), *arguments]
        done = subprocess.run(
            ["ip", "netns", "exec", self.engine.netns, *command],
            env=self._variables(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SCRIPT_S,
            check=False,
        )
        self.said = done.stdout + done.stderr
        assert (done.returncode != 0) == refused, self.said
        token = re.search(r"Bearer ([\w-]{20,})", done.stdout)
        self.token = token[1] if token else None
        return self.said

    def curl(self, *arguments: str, outside: bool = False) -> str:
        """Run curl on the host, or outside, with the token if the script printed one."""
        words = ["curl", "-sS", "--max-time", "20", *self._authorization(), *arguments]
        return self.engine.on_host(words, outside=outside)

    def typed(self) -> list[dict[str, Any]]:
        """What the commands answer that the script printed, typed as they stand."""
        lines = re.findall(r"^  (curl .*(?:interfaces|start|recent))$", self.said, re.MULTILINE)
        here = [line for line in lines if "host.docker.internal" not in line]
        assert len(here) == 3, self.said
        return [json.loads(self.engine.on_host(["bash", "-c", line])) for line in here]

    def ask(self, address: str, *arguments: str, outside: bool = False) -> dict[str, Any]:
        """Run curl and read the JSON that it prints."""
        answer: dict[str, Any] = json.loads(self.curl(*arguments, address, outside=outside))
        return answer

    def start(self, address: str, interface: str, *, outside: bool = False) -> dict[str, Any]:
        """`POST …/api/packets/start` as the guides write it."""
        body = json.dumps({"interface": interface})
        kind = "Content-Type: application/json"
        return self.ask(
            f"{address}/api/packets/start", "-X", "POST", "-H", kind, "-d", body, outside=outside
        )

    def recent(self, address: str, *, outside: bool = False) -> list[dict[str, Any]]:
        """`GET …/api/packets/recent`."""
        packets: list[dict[str, Any]] = self.ask(
            f"{address}/api/packets/recent?limit=500", outside=outside
        )["packets"]
        return packets

    def containers(self) -> dict[str, str]:
        """The running containers of Compose services: their ids."""
        rows = self.engine.docker(
            "ps", "--no-trunc", "--format", '{{.Label "com.docker.compose.service"}} {{.ID}}'
        )
        pairs = [row.split() for row in rows.splitlines()]
        return {pair[0]: pair[1] for pair in pairs if len(pair) == 2}

    def _authorization(self) -> list[str]:
        return ["-H", f"Authorization: Bearer {self.token}"] if self.token else []

    def _variables(self) -> dict[str, str]:
        ours = ("NAUTSCAN_", "NEXT_PUBLIC_", "NETWORK_INTERFACES", "DOCKER_", "COMPOSE_", "PYTHON")
        kept = {key: value for key, value in os.environ.items() if not key.startswith(ours)}
        return {
            **kept,
            "DOCKER_HOST": self.engine.host,
            "DOCKER_SOCKET": str(self.engine.socket),
            "NAUTSCAN_IMAGE": NAUTSCAN_IMAGE,
            "NAUTSCAN_SOCKET_PROXY_IMAGE": PROXY_IMAGE,
            **self._environment,
        }


def capabilities(pid: int) -> int:
    """The effective capabilities of a process."""
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"^CapEff:\s*([0-9a-f]+)$", status, re.MULTILINE)
    assert found is not None
    return int(found[1], 16)


def processes_of(engine: DockerEngine, container: str) -> dict[str, int]:
    """NautScan's processes in a container by their part: supervisor, sensor, server."""
    rows = engine.docker("top", container, "-eo", "pid,args").splitlines()[1:]
    parts = {"sensor": " sensor ", "server": "_server"}
    found: dict[str, int] = {}
    for row in rows:
        pid, command = row.split(maxsplit=1)
        part = next((name for name, mark in parts.items() if mark in command), "supervisor")
        found.setdefault(part, int(pid))
    return found
