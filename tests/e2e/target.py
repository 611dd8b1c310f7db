"""Something to talk to: an HTTP server in a namespace of its own, at the end of a veth pair.

Requests to it cross an interface that nothing else uses, so that what the page shows is what the
test did and not the page's own traffic.
"""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from typing import Final, Self

_SERVER: Final = """
import base64, http.server, json, sys, threading, time

streams = {}

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def events(self):
        going = streams[self.path] = threading.Event()
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        number = 0
        while not going.wait(0.3):
            number += 1
            self.wfile.write(f"event: tick\\nid: {number}\\ndata: tick {number}\\n\\n".encode())
        self.close_connection = True

    def answer(self):
        if "X-Want-Events" in self.headers:
            return self.events()
        if "X-Want-Stop" in self.headers:
            streams.pop(self.headers["X-Want-Stop"]).set()
        length = int(self.headers.get("Content-Length") or 0)
        sent = self.rfile.read(length).decode()
        status = int(self.headers.get("X-Want-Status") or 200)
        time.sleep(float(self.headers.get("X-Want-Delay") or 0))
        answer = {"path": self.path, "sent": sent, "number": 12345678901234567890}
        body = json.dumps(answer).encode()
        if "X-Want-Body" in self.headers:
            body = base64.b64decode(self.headers["X-Want-Body"])
        self.send_response(status)
        self.send_header("Content-Type", self.headers.get("X-Want-Type", "application/json"))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_DELETE = answer

    def log_message(self, *arguments):
        pass

server = http.server.ThreadingHTTPServer((sys.argv[1], 8080), Handler)
print("listening", flush=True)
server.serve_forever()
"""


def _ip(*arguments: str) -> None:
    subprocess.run(("ip", *arguments), check=True, capture_output=True, text=True)


class Target:
    """The namespace and its server. Use as a context manager."""

    def __init__(self) -> None:
        mark = secrets.token_hex(3)
        self.interface = f"e2e{mark}"
        """The near end of the pair: what to capture on."""
        self._namespace = f"nautscan-e2e-{mark}"
        network = f"10.{200 + secrets.randbelow(50)}.{secrets.randbelow(256)}"
        self._near, self._far = f"{network}.1", f"{network}.2"
        self._server: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://{self._far}:8080"

    @property
    def namespace(self) -> str:
        """Network namespace that it is in."""
        return self._namespace

    @property
    def address(self) -> str:
        """Its address."""
        return self._far

    def __enter__(self) -> Self:
        try:
            self._set_up()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.kill()
            self._server.wait()
        # The pair goes with the namespace.
        subprocess.run(("ip", "netns", "delete", self._namespace), check=False, capture_output=True)

    def _set_up(self) -> None:
        inside = f"{self.interface}x"
        _ip("netns", "add", self._namespace)
        _ip("link", "add", self.interface, "type", "veth", "peer", "name", inside)
        _ip("link", "set", inside, "netns", self._namespace)
        _ip("address", "add", f"{self._near}/30", "dev", self.interface)
        _ip("link", "set", self.interface, "up")
        _ip("-n", self._namespace, "address", "add", f"{self._far}/30", "dev", inside)
        _ip("-n", self._namespace, "link", "set", inside, "up")
        self._server = subprocess.Popen(
            ["ip", "netns", "exec", self._namespace, sys.executable, "-c", _SERVER, self._far],
            stdout=subprocess.PIPE,
            text=True,
            env={"PATH": os.environ["PATH"]},
        )
        assert self._server.stdout is not None
        assert self._server.stdout.readline() == "listening\n"
