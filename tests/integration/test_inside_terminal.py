"""`nautscan capture --container`: inside a container without a server."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import nautscan
from tests.integration.docker_engine import DockerEngine
from tests.integration.nautscan_process import PATIENCE_S
from tests.integration.test_inside_containers import wget

pytestmark = [pytest.mark.root, pytest.mark.docker]


def capturing(engine: DockerEngine, *arguments: str) -> subprocess.Popen[bytes]:
    """`nautscan capture` on the engine's host."""
    environment = os.environ | {
        "DOCKER_HOST": engine.host,
        "PYTHONPATH": str(Path(nautscan.__file__).parents[1]),
    }
    command = [sys.executable, "-m", "nautscan", "capture", "--json", *arguments]
    return engine.popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd="/"
    )


def first_words(process: subprocess.Popen[bytes]) -> dict[str, Any]:
    assert process.stderr is not None
    found: dict[str, Any] = json.loads(process.stderr.readline())
    return found


def ended(process: subprocess.Popen[bytes]) -> tuple[Sequence[dict[str, Any]], str]:
    """The rows that it printed, and what it said beside."""
    try:
        printed, said = process.communicate(timeout=PATIENCE_S)
    finally:
        process.kill()
        process.wait()
    return [json.loads(line) for line in printed.splitlines()], said.decode()


def test_the_terminal_captures_inside_and_follows_a_restart(engine: DockerEngine) -> None:
    engine.serve_http("web")
    process = capturing(engine, "--container", "web", "--interface", "lo", "--count", "2")
    assert first_words(process) == {"capturing": ["lo@web"]}
    wget(engine, "web", "/?first")
    engine.docker("restart", "--time", "1", "web")
    assert process.stderr is not None
    # It says when it is inside again; a request before that is not for it to see.
    for line in process.stderr:
        assert line.startswith(b"{"), line + process.stderr.read()
        if json.loads(line) == {"capturing": ["lo@web"]}:
            break
    wget(engine, "web", "/?second")
    rows, _ = ended(process)
    assert [(row["target"], row["interface"]) for row in rows] == [
        ("/?first", "lo@web"),
        ("/?second", "lo@web"),
    ]


@pytest.mark.parametrize(
    ("container", "code"), [("nosuch", "unknown_container"), ("off", "conflict")]
)
def test_the_terminal_says_what_cannot_be_entered(
    engine: DockerEngine, container: str, code: str
) -> None:
    engine.docker("create", "--name", "off", "nautscan-test/busybox:1", "sleep", "1")
    process = capturing(engine, "--container", container)
    error = first_words(process)["error"]
    ended(process)
    assert (error["code"], bool(error["remedy"]), process.returncode) == (code, True, 1)


def test_ctrl_c_ends_the_terminal_and_the_process_beside_it(engine: DockerEngine) -> None:
    engine.serve_http("web")
    process = capturing(engine, "--container", "web")
    assert set(first_words(process)["capturing"]) == {"lo@web", "eth0@web"}
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    process.send_signal(signal.SIGINT)
    _, said = ended(process)
    assert "summary" in json.loads(said.splitlines()[-1])
    assert process.returncode == 0
    assert not any(Path(f"/proc/{child}").exists() for child in children)
