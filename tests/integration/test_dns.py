"""A real DNS and DHCP server, real clients: what the clients say they did is what the rows say."""

from __future__ import annotations

import json
import re
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.integration.sensor_lab import WAIT_S, Lab, SensorProcess, laboratory, sensor

pytestmark = [pytest.mark.root, pytest.mark.asyncio(loop_scope="module")]

SERVER = "10.99.0.2"
OTHER_PORT = 5399
"""Nobody's: DNS is known by its bytes."""
LONG = ",".join(["x" * 200] * 8)
"""A text too long for a datagram of 512 bytes."""
RECORDS = (
    "--host-record=www.lab.example,10.99.0.80,fd99::80,300",
    "--cname=alias.lab.example,www.lab.example,60",
    "--mx-host=lab.example,mail.lab.example,10",
    f"--txt-record=long.lab.example,{LONG}",
    "--ptr-record=80.0.99.10.in-addr.arpa,www.lab.example",
)
HEADER = re.compile(r"opcode: (\w+), status: (\w+), id: (\d+)")
QUESTION = re.compile(r"^;(\S+)\s+IN\s+(\w+)$", re.MULTILINE)


@dataclass(frozen=True)
class Asked:
    """What dig says of one question and its answer."""

    name: str
    kind: str
    status: str
    id: int
    text: str


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with laboratory() as lab:
        lab.connect()
        servers = [_dnsmasq(lab, 53, dhcp=True), _dnsmasq(lab, OTHER_PORT, dhcp=False)]
        try:
            for port in (53, OTHER_PORT):
                _wait_for(lab, port)
            yield lab
        finally:
            for server in servers:
                server.terminate()
                server.wait()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(
    lab: Lab, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[SensorProcess]:
    folder = tmp_path_factory.mktemp("sensor")
    async with sensor(folder, "-i", "lab0", prefix=lab.command(lab.near)) as running:
        yield running


def _dnsmasq(lab: Lab, port: int, *, dhcp: bool) -> subprocess.Popen[bytes]:
    options = ["--dhcp-range=10.99.0.50,10.99.0.60,1h", "--dhcp-authoritative"] if dhcp else []
    return subprocess.Popen(
        lab.command(
            lab.far, "dnsmasq", "--no-daemon", "--conf-file=/dev/null", "--user=root",
            "--pid-file=", "--dhcp-leasefile=/dev/null", "--no-resolv", "--no-hosts",
            "--local=/lab.example/", "--interface=lab0", "--bind-interfaces",
            f"--port={port}", *RECORDS, *options,
        ),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def _wait_for(lab: Lab, port: int) -> None:
    """Until the server listens: asked over TCP in its own namespace, which is not captured."""
    deadline = time.monotonic() + WAIT_S
    probe = ("bash", "-c", f"exec 3<>/dev/tcp/{SERVER}/{port}")
    while subprocess.run(lab.command(lab.far, *probe), capture_output=True, check=False).returncode:
        assert time.monotonic() < deadline, f"dnsmasq does not listen on port {port}"
        time.sleep(0.05)


def _run(lab: Lab, *command: str) -> str:
    """What a client in the lab says."""
    done = subprocess.run(
        lab.command(lab.near, *command), check=True, capture_output=True, text=True, timeout=WAIT_S
    )
    return done.stdout + done.stderr


def _dig(lab: Lab, name: str, kind: str, *options: str, port: int = 53) -> Asked:
    """Ask once, without repeating."""
    text = _run(
        lab, "dig", f"@{SERVER}", "-p", str(port), name, kind, "+tries=1", "+timeout=10",
        "+noall", "+comments", "+question", "+answer", "+stats", *options,
    )  # fmt: skip
    header, question = HEADER.search(text), QUESTION.search(text)
    assert header, text
    assert question, text
    asked_name, asked_kind = question.groups()
    return Asked(asked_name.rstrip("."), asked_kind, header.group(2), int(header.group(3)), text)


async def _row_of(running: SensorProcess, asked: Asked, transport: str = "udp") -> dict[str, Any]:
    """The row of what dig says that it asked."""

    def matches(row: dict[str, Any]) -> bool:
        detail = json.loads(row["detail"])
        return (row["transport"], detail["id"]) == (transport, f"0x{asked.id:04x}")

    row: dict[str, Any] = await running.row("requests", matches)
    assert (row["target"], row["method"]) == (asked.name, asked.kind)
    assert (row["error"] or "NOERROR") == asked.status
    assert (row["server_ip"], row["completeness"]) == (SERVER, "complete")
    assert row["duration_ns"] > 0
    return row


@pytest.mark.parametrize("port", [53, OTHER_PORT])
@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("www.lab.example", "A"),
        ("WWW.Lab.Example", "AAAA"),
        ("alias.lab.example", "A"),
        ("lab.example", "MX"),
        ("missing.lab.example", "A"),
        ("80.0.99.10.in-addr.arpa", "PTR"),
    ],
)
async def test_what_dig_asks_is_a_row(
    lab: Lab, running: SensorProcess, name: str, kind: str, port: int
) -> None:
    asked = _dig(lab, name, kind, port=port)
    row = await _row_of(running, asked)
    assert (row["protocol"], row["server_port"]) == ("dns", port)
    shown = json.loads(row["detail"]).get("answers", "").splitlines()
    answers = [line for line in asked.text.splitlines() if line and line[0] != ";"]
    assert len(shown) == len(answers)


async def test_a_truncated_answer_is_asked_again_over_tcp(lab: Lab, running: SensorProcess) -> None:
    asked = _dig(lab, "long.lab.example", "TXT", "+bufsize=512")
    assert "Truncated, retrying in TCP mode" in asked.text
    over_tcp = await _row_of(running, asked, "tcp")
    assert over_tcp["response_bytes"] > 1600
    over_udp = await running.row(
        "requests",
        lambda row: (row["target"], row["transport"]) == ("long.lab.example", "udp"),
    )
    assert json.loads(over_udp["detail"])["truncated"] == "true"
    assert over_udp["completeness"] == "complete"


async def test_questions_over_one_connection(lab: Lab, running: SensorProcess) -> None:
    text = _run(
        lab, "dig", f"@{SERVER}", "+tcp", "+keepopen", "+noall", "+comments",
        "www.lab.example", "A", "alias.lab.example", "A",
    )  # fmt: skip
    headers = HEADER.findall(text)
    assert [status for _, status, _ in headers] == ["NOERROR", "NOERROR"]
    names = ("www.lab.example", "alias.lab.example")
    rows = [
        await _row_of(running, Asked(name, "A", status, int(number), ""), "tcp")
        for name, (_, status, number) in zip(names, headers, strict=True)
    ]
    assert rows[0]["flow_id"] == rows[1]["flow_id"]


async def test_addresses_have_the_names_that_were_asked_for(
    lab: Lab, running: SensorProcess
) -> None:
    _dig(lab, "alias.lab.example", "A")
    row = await running.row("names", lambda row: row["name"] == "alias.lab.example")
    assert (row["ip"], row["source"], row["ttl_s"]) == ("10.99.0.80", "dns", 60)
    assert (row["asked_by"], row["answered_by"]) == ("10.99.0.1", SERVER)


async def test_a_host_that_gets_an_address_by_dhcp_has_its_name(
    lab: Lab, running: SensorProcess, tmp_path: Path
) -> None:
    # The client does not use what it gets: /bin/true configures nothing.
    text = _run(
        lab, "busybox", "udhcpc", "-i", "lab0", "-n", "-q", "-f", "-t", "5",
        "-x", "hostname:LabBox", "-s", "/bin/true", "-p", str(tmp_path / "udhcpc.pid"),
    )  # fmt: skip
    lease = re.search(r"lease of (\S+) obtained", text)
    assert lease, text
    row = await running.row("names", lambda row: row["source"] == "dhcp")
    assert (row["ip"], row["name"]) == (lease.group(1), "labbox")
    assert row["mac"] == _hardware_address(lab)
    assert (row["answered_by"], row["ttl_s"]) == (SERVER, 3600)
    given = await _said(running, "DHCPACK: 1")
    assert (given["given_address"], given["server"]) == (lease.group(1), SERVER)
    # The server looks whether the address is in use, and the client may ask again meanwhile.
    assert given["lease_s"] == "3600"
    assert given["messages"].startswith("DHCPOFFER: ")
    asked = await _said(running, "DHCPREQUEST: 1")
    assert (asked["host_name"], asked["requested_address"]) == ("labbox", lease.group(1))


async def _said(running: SensorProcess, message: str) -> dict[str, str]:
    """The summary of the flow of DHCP in which a message was sent."""

    def matches(row: dict[str, Any]) -> bool:
        return row["protocol"] == "dhcp" and message in json.loads(row["summary"])["messages"]

    summary: dict[str, str] = json.loads((await running.row("flows", matches))["summary"])
    return summary


def _hardware_address(lab: Lab) -> str:
    return _run(lab, "cat", "/sys/class/net/lab0/address").strip()
