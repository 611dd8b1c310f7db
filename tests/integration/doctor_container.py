"""Runs Python of this machine in a container of the test engine, without an image of its own.

The interpreter, the packages, the system's libraries and the sources are mounted read-only.
"""

from __future__ import annotations

import sys
import sysconfig
from collections.abc import Iterator, Sequence
from pathlib import Path

import nautscan
from tests.integration.docker_engine import IMAGE, DockerEngine

SOURCES = Path(nautscan.__file__).parents[1]
TESTS = Path(__file__).parents[2]


def _mounts() -> Iterator[str]:
    """Folders as `-v` takes them. On merged-usr systems /lib and /lib64 are in /usr."""
    folders = {SOURCES, TESTS / "tests", Path(sysconfig.get_paths()["purelib"]), Path("/usr")}
    if not Path(sys.base_prefix).is_relative_to("/usr"):
        folders.add(Path(sys.base_prefix))
    for folder in sorted(folders):
        yield f"{folder}:{folder}:ro"
    for name in ("lib", "lib64"):
        real = Path("/", name).resolve()
        if real.is_dir():
            yield f"{real}:/{name}:ro"


def python_in_container(
    engine: DockerEngine,
    arguments: Sequence[str],
    *,
    network: str | None = None,
    options: Sequence[str] = (),
) -> str:
    """Run Python with `arguments` in a container and give what it printed. Its code is ignored."""
    words = ["run", "--rm", "--workdir", "/tmp"]
    for mount in _mounts():
        words += ["-v", mount]
    words += ["--network", network] if network else []
    path = f"{SOURCES}:{TESTS}:{sysconfig.get_paths()['purelib']}"
    words += ["-e", f"PYTHONPATH={path}", "-e", "PYTHONDONTWRITEBYTECODE=1"]
    interpreter = Path(sys.executable).resolve()
    return engine.docker(*words, *options, IMAGE, str(interpreter), *arguments, check=False)
