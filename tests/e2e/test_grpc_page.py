"""HTTP/2 and calls of gRPC on the page: real servers and clients, messages by a schema."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from tests.e2e.browser import play, scenarios
from tests.e2e.running import Running
from tests.e2e.target import Target
from tests.integration import grpc_lab

pytestmark = [pytest.mark.browser, pytest.mark.root]

GRPC: Final = 15054
NGINX: Final = 15055
WAIT_S: Final = 60.0
CONFIGURATION: Final = """
    daemon off;
    error_log stderr;
    pid {folder}/nginx.pid;
    events {{}}
    http {{
        access_log off;
        client_body_temp_path {folder}/body;
        proxy_temp_path {folder}/proxy;
        fastcgi_temp_path {folder}/fastcgi;
        uwsgi_temp_path {folder}/uwsgi;
        scgi_temp_path {folder}/scgi;
        server {{
            listen {address}:{port} http2;
            location / {{ default_type application/json; return 200 '{{"hello":"two"}}'; }}
        }}
    }}
"""


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A folder with the schema and what was compiled of it; the server's user may read it."""
    with tempfile.TemporaryDirectory(prefix="nautscan-e2e-grpc-") as name:
        Path(name).chmod(0o755)
        yield grpc_lab.compiled(Path(name))


def _python(script: str, folder: Path, address: str) -> list[str]:
    code = f"import sys\nsys.path.insert(0, {str(folder)!r})\n" + textwrap.dedent(script)
    return [sys.executable, "-P", "-c", code, address]


@pytest.fixture(scope="module")
def servers(target: Target, folder: Path) -> Iterator[None]:
    """A server of gRPC and an nginx that speaks HTTP/2 in clear."""
    inside = ["ip", "netns", "exec", target.namespace]
    configuration = folder / "nginx.conf"
    text = CONFIGURATION.format(folder=folder, address=target.address, port=NGINX)
    configuration.write_text(textwrap.dedent(text))
    grpc = _python(grpc_lab.SERVER, folder, f"{target.address}:{GRPC}")
    with (
        subprocess.Popen(
            [*inside, *grpc], stdout=subprocess.PIPE, env={"PATH": os.environ["PATH"]}
        ) as shop,
        subprocess.Popen([*inside, "nginx", "-c", str(configuration)]) as nginx,
    ):
        try:
            assert shop.stdout is not None
            assert shop.stdout.readline() == b"up\n"
            yield
        finally:
            nginx.terminate()
            shop.terminate()


@pytest.fixture(scope="module")
def running(target: Target, folder: Path) -> Iterator[Running]:
    """NautScan with the schema, and a field of it that is to be hidden."""
    arguments = ("serve", "--interface", target.interface, "--protobuf", str(folder / "lab.desc"))
    with Running(*arguments, NAUTSCAN_REDACT_KEYS="card_number") as running:
        yield running


def _curl(address: str) -> None:
    """A request in HTTP/2, once nginx listens."""
    command = ["curl", "-sf", "--http2-prior-knowledge", f"http://{address}:{NGINX}/two"]
    deadline = time.monotonic() + WAIT_S
    while subprocess.run(command, check=False, capture_output=True).returncode:
        assert time.monotonic() < deadline, "nginx does not answer"
        time.sleep(0.1)


@pytest.fixture(scope="module")
def calls(target: Target, servers: None, running: Running, folder: Path) -> list[list[Any]]:
    """What is captured, once: what the client of gRPC says that it did, and a request of HTTP/2."""
    _curl(target.address)
    done = subprocess.run(
        _python(grpc_lab.CLIENT, folder, f"{target.address}:{GRPC}"),
        capture_output=True, text=True, timeout=WAIT_S, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    log: list[list[Any]] = json.loads(done.stdout)
    return log


@pytest.mark.parametrize("scenario", scenarios("grpc"))
def test_grpc(scenario: str, running: Running, calls: list[list[Any]], tmp_path: Path) -> None:
    """Each scenario of page/grpc.mjs."""
    play("grpc", scenario, tmp_path, URL=running.url, CALLS=json.dumps(calls), PORT=str(GRPC))
