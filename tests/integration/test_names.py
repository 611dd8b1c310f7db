"""Names of hosts, learned by a real server from real DNS: dnsmasq answers, glibc asks."""

from __future__ import annotations

import contextlib
import json
import shutil
import signal
import subprocess
import tempfile
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.integration.sensor_lab import PYTHON, WAIT_S, Lab, ip, laboratory, started
from tests.unit import mmdb

pytestmark = pytest.mark.root

START_S = 90.0
SERVER, FIRST, SECOND = "10.99.0.2", "10.99.0.1", "10.99.0.3"
RECORDS = {"shop.example.test": SERVER, "other.example.test": SERVER}
"""Two names of one address, as those of a content network."""


class Watched:
    """NautScan in the near namespace."""

    def __init__(self, lab: Lab, folder: Path, *arguments: str) -> None:
        self._lab = lab
        self.log = folder / "log"
        command = lab.command(lab.near, *PYTHON, "-m", "nautscan", "serve", "-i", "lab0")
        options = ("--port", "8000", "--data-dir", str(folder / "data"), *arguments)
        environment = {
            "NAUTSCAN_HOSTS_FILE": str(folder / "hosts"),
            "NAUTSCAN_DOCKER": "false",
        }
        self.process = started((*command, *options), self.log, environment)

    def get(self, path: str, **parameters: str) -> dict[str, Any]:
        """An answer of the API."""
        url = f"http://127.0.0.1:8000{path}?{urlencode(parameters)}"
        script = (
            f"import urllib.request as u; print(u.urlopen({url!r}, timeout=10).read().decode())"
        )
        done = subprocess.run(
            self._lab.command(self._lab.near, *PYTHON, "-c", script),
            check=True, capture_output=True, text=True, timeout=WAIT_S,
        )  # fmt: skip
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def until(self, ask: Callable[[], Any], seconds: float = WAIT_S) -> Any:
        """What `ask` gives, as soon as that is true."""
        deadline = time.monotonic() + seconds
        while True:
            with contextlib.suppress(subprocess.CalledProcessError):
                if found := ask():
                    return found
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.2)

    def rows(self, table: str, filter_text: str, count: int) -> list[dict[str, Any]]:
        """The rows that a filter selects, once there are as many."""

        def ask() -> list[dict[str, Any]]:
            rows: list[dict[str, Any]] = self.get(f"/api/{table}", filter=filter_text)[table]
            return rows if len(rows) >= count else []

        found: list[dict[str, Any]] = self.until(ask)
        return found

    def end(self) -> None:
        """Orderly, if it can."""
        self.process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(WAIT_S)
        self.process.kill()
        self.process.wait()


@pytest.fixture(scope="module")
def watched() -> Iterator[tuple[Lab, Watched]]:
    if shutil.which("dnsmasq") is None:
        pytest.skip("not installed: dnsmasq")
    with laboratory() as lab, tempfile.TemporaryDirectory(prefix="nautscan-names-") as name:
        folder = Path(name)
        folder.chmod(0o777)
        lab.connect()
        # A second client, and hardware addresses of which one is registered to a vendor.
        ip("-n", lab.near, "addr", "add", f"{SECOND}/24", "dev", "lab0")
        ip("-n", lab.near, "link", "set", "lab0", "address", "00:1b:63:00:00:01")
        ip("-n", lab.far, "link", "set", "lab0", "address", "02:00:00:00:00:02")
        (folder / "hosts").write_text(f"{SECOND} second.lab\n")
        record = {
            "10.99.0.0/24": {"country": {"iso_code": "DE"}, "autonomous_system_number": 64500}
        }
        geoip = mmdb.write(folder / "lab.mmdb", "Lab", record)
        with dnsmasq(lab, folder), resolving(lab):
            running = Watched(lab, folder, "--geoip", str(geoip))
            try:
                running.until(lambda: running.get("/api/packets/status")["running"], START_S)
                yield lab, running
            finally:
                running.end()


@contextlib.contextmanager
def dnsmasq(lab: Lab, folder: Path) -> Iterator[None]:
    """A DNS server in the far namespace."""
    options = ("--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv", "--no-hosts")
    hosts = [f"--host-record={name},{address}" for name, address in RECORDS.items()]
    where = (f"--listen-address={SERVER}", "--bind-interfaces", "--user=root", "--pid-file=")
    log = folder / "dnsmasq.log"
    process = started(lab.command(lab.far, "dnsmasq", *options, *where, *hosts), log)
    try:
        yield
    finally:
        process.kill()
        process.wait()


@contextlib.contextmanager
def resolving(lab: Lab) -> Iterator[None]:
    """Let programs in the near namespace ask that server."""
    folder = Path("/etc/netns") / lab.near
    folder.mkdir(parents=True)
    (folder / "resolv.conf").write_text(f"nameserver {SERVER}\noptions timeout:2 attempts:5\n")
    try:
        yield
    finally:
        shutil.rmtree(folder)


def visit(lab: Lab, name: str, source: str, target: str) -> None:
    """Look a name up and send a request there, both from one address."""
    script = textwrap.dedent(f"""
        import http.client, secrets, socket, struct
        asks = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        asks.bind(({source!r}, 0))
        asks.settimeout(10)
        labels = b"".join(bytes([len(l)]) + l.encode() for l in {name!r}.split("."))
        query = struct.pack(">HHHHHH", secrets.randbits(16), 0x100, 1, 0, 0, 0)
        asks.sendto(query + labels + b"\\0" + struct.pack(">HH", 1, 1), ({SERVER!r}, 53))
        address = socket.inet_ntoa(asks.recv(512)[-4:])
        connection = http.client.HTTPConnection(
            address, 8080, timeout=10, source_address=({source!r}, 0)
        )
        connection.request("GET", {target!r}, headers={{"Host": "by-address"}})
        print(connection.getresponse().read())
        connection.close()
    """)
    subprocess.run(
        lab.command(lab.near, *PYTHON, "-c", script), check=True, capture_output=True,
        timeout=WAIT_S,
    )  # fmt: skip


def test_an_answer_names_what_comes_after_it(watched: tuple[Lab, Watched]) -> None:
    lab, nautscan = watched
    script = (
        "import socket; print(socket.getaddrinfo('shop.example.test', 80, socket.AF_INET)[0][4][0])"
    )
    done = subprocess.run(
        lab.command(lab.near, *PYTHON, "-c", script), capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == SERVER
    lab.get("/after-getaddrinfo")
    (row,) = nautscan.rows("requests", "target = '/after-getaddrinfo'", 1)
    assert (row["server_host"], row["server_host_source"]) == ("shop.example.test", "dns")
    assert row["server"] == "shop.example.test"
    assert (row["server_country"], row["server_as"]) == ("DE", "AS64500")
    (known,) = nautscan.get("/api/names", name="shop")["names"]
    assert (known["ip"], known["asked_by"], known["country"]) == (SERVER, FIRST, "DE")


def test_each_client_has_the_name_that_it_asked_for(watched: tuple[Lab, Watched]) -> None:
    lab, nautscan = watched
    visit(lab, "shop.example.test", FIRST, "/first/1")
    visit(lab, "other.example.test", SECOND, "/second/1")
    # The last name that anybody asked for is the second's; the first one keeps its own.
    subprocess.run(
        lab.command(
            lab.near, *PYTHON, "-c",
            "import http.client; c = http.client.HTTPConnection('10.99.0.2', 8080, timeout=10, "
            f"source_address=('{FIRST}', 0)); c.request('GET', '/first/2'); c.getresponse().read()",
        ),
        check=True, timeout=WAIT_S,
    )  # fmt: skip
    rows = nautscan.rows("requests", "target like '/first/%' or target like '/second/%'", 3)
    named = {row["target"]: row["server_host"] for row in rows}
    assert named == {
        "/first/1": "shop.example.test",
        "/first/2": "shop.example.test",
        "/second/1": "other.example.test",
    }
    second = next(row for row in rows if row["target"] == "/second/1")
    assert (second["client_host"], second["client_host_source"]) == ("second.lab", "hosts")


def test_flows_have_names_and_vendors(watched: tuple[Lab, Watched]) -> None:
    lab, nautscan = watched
    visit(lab, "shop.example.test", FIRST, "/flow")
    flow = nautscan.rows(
        "flows", f"server_port = 8080 and client_ip = '{FIRST}' and server_host is not null", 1
    )[0]
    assert flow["server_host"] == "shop.example.test"
    assert flow["client_mac"] == "00:1b:63:00:00:01"
    assert (flow["client_vendor"], flow["server_vendor"]) == ("Apple, Inc.", None)


def test_what_was_learned_is_counted(watched: tuple[Lab, Watched]) -> None:
    _, nautscan = watched
    names = nautscan.get("/api/health")["names"]
    assert names["addresses"] >= 1
    assert names["asked"] >= 1
    assert names["hosts_file"]["entries"] == 1
    assert names["geoip"][0]["kind"] == "Lab"
