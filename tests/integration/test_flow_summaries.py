"""Real SSH, SMTP, FTP, NTP and ICMP: what clients say they did is what their flows say."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import textwrap
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.integration.sensor_lab import (
    PYTHON,
    SERVER,
    WAIT_S,
    Lab,
    SensorProcess,
    log_of,
    open_folder,
    sensor,
    serving,
    started,
)

pytestmark = [pytest.mark.root, pytest.mark.asyncio(loop_scope="module")]

SSH, SMTP, FTP, NTP = 12022, 12025, 12021, 12123
"""Nobody's ports: protocols are known by their bytes."""
SECRET = "hunter2-4711"
"""In passwords, addresses, subjects and files' names, and to be in no summary."""

SMTP_SERVER = """
    import asyncio, ssl, sys
    from aiosmtpd.smtp import AuthResult, SMTP

    class Handler:
        async def handle_RCPT(self, server, session, envelope, address, options):
            if address.startswith("nobody"):
                return "550 no such user"
            envelope.rcpt_tos.append(address)
            return "250 OK"

        async def handle_DATA(self, server, session, envelope):
            return "554 spam" if b"SPAM" in envelope.content else "250 queued"

    def check(server, session, envelope, mechanism, data):
        return AuthResult(success=data.password == b"hunter2-4711")

    async def main(folder, port):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder + "/server.crt", folder + "/server.key")
        def make():
            return SMTP(Handler(), hostname="mail.example", authenticator=check,
                        auth_require_tls=False, tls_context=context, auth_callback=None)
        server = await asyncio.get_running_loop().create_server(make, "10.99.0.2", port)
        await server.serve_forever()

    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
"""

SMTP_CLIENT = """
    import json, smtplib, ssl
    log = []

    def mails():
        c = smtplib.SMTP("10.99.0.2", 12025, local_hostname="me.example")
        ours = c.sock.getsockname()[1]
        c.ehlo()
        names = sorted(name.upper() for name in c.esmtp_features)
        c.login("hunter2-4711", "hunter2-4711")
        c.sendmail("hunter2-4711@a.example", ["b@b.example", "c@b.example"],
                   "Subject: hunter2-4711\\r\\n\\r\\nRCPT TO:<x>\\r\\n.\\r\\nDATA\\r\\n")
        c.sendmail("a@a.example", ["b@b.example", "nobody@b.example"], "Subject: x\\r\\n\\r\\nhi")
        try:
            c.sendmail("a@a.example", ["b@b.example"], "SPAM")
        except smtplib.SMTPDataError as refused:
            assert refused.smtp_code == 554
        c.quit()
        log.append([ours, "smtp", {
            "protocol": "smtp", "server_name": "mail.example", "client_name": "me.example",
            "extensions": names,
            "auth_mechanism": "PLAIN", "auth_reply": "235",
            "mails_accepted": "2", "mails_refused": "1",
            "recipients_accepted": "4", "recipients_refused": "1", "last_reply": "221"}])

    def encrypted():
        c = smtplib.SMTP("10.99.0.2", 12025, local_hostname="me.example")
        ours = c.sock.getsockname()[1]
        context = ssl._create_unverified_context()
        c.starttls(context=context)
        c.ehlo()
        log.append([ours, "tls", {
            "protocol": "smtp", "server_name": "mail.example", "client_name": "me.example",
            "starttls": "accepted", "last_reply": "220"}])
        c.quit()

    mails()
    encrypted()
    print(json.dumps(log))
"""

FTP_SERVER = """
    import sys
    from pyftpdlib.authorizers import DummyAuthorizer
    from pyftpdlib.handlers import FTPHandler
    from pyftpdlib.servers import FTPServer

    authorizer = DummyAuthorizer()
    authorizer.add_user("somebody", "hunter2-4711", sys.argv[1], perm="elradfmw")
    FTPHandler.authorizer = authorizer
    FTPHandler.banner = "Files of the lab, by FTP"
    FTPServer(("10.99.0.2", int(sys.argv[2])), FTPHandler).serve_forever()
"""

FTP_CLIENT = """
    import ftplib, io, json
    from collections import Counter

    class Client(ftplib.FTP):
        verbs, places, carried = Counter(), [], []

        def putcmd(self, line):
            self.verbs[line.split()[0]] += 1
            super().putcmd(line)

        def ntransfercmd(self, command, rest=None):
            data, size = super().ntransfercmd(command, rest)
            ports = data.getsockname()[1], data.getpeername()[1]
            mode = "passive" if self.passiveserver else "active"
            ours, theirs = ports if mode == "passive" else ports[::-1]
            self.carried.append([ours, "ftp-data", {
                "protocol": "ftp-data", "mode": mode, "transfer": command.split()[0],
                "file": "[redacted]"}, theirs])
            return data, size

        def makepasv(self):
            host, port = super().makepasv()
            self.places.append(f"passive {host}:{port}")
            return host, port

        def makeport(self):
            listening = super().makeport()
            host, port = listening.getsockname()[:2]
            self.places.append(f"active {self.sock.getsockname()[0]}:{port}")
            return listening

    c = Client()
    c.connect("10.99.0.2", 12021)
    ours = c.sock.getsockname()[1]
    try:
        c.login("somebody", "wrong")
    except ftplib.error_perm:
        pass
    c.login("somebody", "hunter2-4711")
    c.storbinary("STOR hunter2-4711.txt", io.BytesIO(b"x" * 100_000))
    c.set_pasv(False)
    c.retrbinary("RETR hunter2-4711.txt", lambda block: None)
    try:
        c.retrbinary("RETR hunter2-4711.none", lambda block: None)
    except ftplib.error_perm:
        pass
    c.sendcmd("SYST")
    c.quit()
    print(json.dumps([[ours, "ftp", {
        "protocol": "ftp", "greeting": "Files of the lab, by FTP", "system": "UNIX Type: L8",
        "login": "[redacted]", "login_reply": "230",
        "commands": "\\n".join(f"{k}: {v}" for k, v in c.verbs.items()),
        "transfers_done": "2", "transfers_failed": "1",
        "data_connections": "\\n".join(c.places), "last_reply": "221"}], *c.carried]))
"""

SSHD = """
Port {port}
ListenAddress 10.99.0.2
HostKey {folder}/host_key
PidFile none
UsePAM no
AuthorizedKeysFile {folder}/user_key.pub
StrictModes no
PasswordAuthentication no
"""


def _ssh(lab: Lab, folder: Path) -> subprocess.Popen[bytes]:
    for name in ("host_key", "user_key"):
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True
        )
    config = folder / "sshd_config"
    config.write_text(SSHD.format(port=SSH, folder=folder))
    # What the package's own script would make for it.
    Path("/run/sshd").mkdir(exist_ok=True)
    command = lab.command(lab.far, "/usr/sbin/sshd", "-D", "-e", "-f", str(config))
    return started(command, folder / "sshd.log")


def _smtp(lab: Lab, folder: Path) -> subprocess.Popen[bytes]:
    subprocess.run(
        [
            "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=mail.example",
            "-keyout", folder / "server.key", "-out", folder / "server.crt", "-days", "30",
        ],
        check=True, capture_output=True,
    )  # fmt: skip
    return _script(lab, folder, "smtp", SMTP_SERVER, str(folder), str(SMTP))


def _ftp(lab: Lab, folder: Path) -> subprocess.Popen[bytes]:
    files = folder / "files"
    files.mkdir()
    return _script(lab, folder, "ftp", FTP_SERVER, str(files), str(FTP))


def _script(
    lab: Lab, folder: Path, name: str, script: str, *arguments: str
) -> subprocess.Popen[bytes]:
    command = lab.command(lab.far, *PYTHON, "-c", textwrap.dedent(script), *arguments)
    return started(command, folder / f"{name}.log")


def _ntp(lab: Lab, folder: Path) -> subprocess.Popen[bytes]:
    """A clock that serves what the machine has; -x: it is left alone."""
    config = folder / "chrony.conf"
    config.write_text(
        f"port {NTP}\nbindaddress {SERVER}\nallow\nlocal stratum 5\ncmdport 0\nbindcmdaddress /\n"
        f"pidfile {folder}/chronyd.pid\n"
    )
    command = lab.command(lab.far, "chronyd", "-d", "-x", "-u", "root", "-f", str(config))
    return started(command, folder / "chronyd.log")


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with open_folder() as folder:
        yield folder


@pytest.fixture(scope="module")
def lab(folder: Path) -> Iterator[Lab]:
    with serving([_ssh, _smtp, _ftp, _ntp], [SSH, SMTP, FTP], folder) as lab:
        yield lab


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(
    lab: Lab, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[SensorProcess]:
    folder = tmp_path_factory.mktemp("sensor")
    async with sensor(folder, "-i", "lab0", prefix=lab.command(lab.near)) as running:
        yield running


def _run(lab: Lab, *command: str) -> subprocess.CompletedProcess[str]:
    """What a client in the lab says."""
    done = subprocess.run(
        lab.command(lab.near, *command),
        capture_output=True, text=True, timeout=2 * WAIT_S, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done


async def _summary(running: SensorProcess, done: Any, **known: Any) -> dict[str, str]:
    """The summary of the flow that has all of `known`, once it is `done`."""

    def matches(row: dict[str, Any]) -> bool:
        is_it = all(row[name] == value for name, value in known.items())
        return is_it and row["summary"] is not None and done(json.loads(row["summary"]))

    row = await running.row("flows", matches)
    assert row["requests"] == 0
    summary: dict[str, str] = json.loads(row["summary"])
    assert SECRET not in row["summary"]
    return summary


async def test_ssh_clients_and_flows_agree(lab: Lab, folder: Path, running: SensorProcess) -> None:
    for cipher, mac in (("chacha20-poly1305@openssh.com", "<implicit>"), ("aes128-ctr", None)):
        done = _run(
            lab, "ssh", "-vv", "-p", str(SSH), "-i", str(folder / "user_key"),
            "-F", "none", "-o", "StrictHostKeyChecking=no", "-o", "IdentitiesOnly=yes",
            "-o", "UserKnownHostsFile=/dev/null", "-c", cipher, SERVER, "echo $SSH_CONNECTION",
        )  # fmt: skip
        port = int(done.stdout.split()[1])
        summary = await _summary(running, lambda facts: facts.get("newkeys_seen") == "yes",
                                 protocol="ssh", client_port=port, server_port=SSH)  # fmt: skip
        says = done.stderr.replace("\r", "")
        said = re.search(r"kex: client->server cipher: (\S+) MAC: (\S+) compression: (\S+)", says)
        assert said, says
        assert (summary["cipher"], summary["mac"], summary["compression"]) == said.groups()
        assert (summary["cipher"], mac or said[2]) == (cipher, summary["mac"])
        assert summary["key_exchange"] == re.findall(r"kex: algorithm: (\S+)", says)[0]
        assert summary["host_key"] == re.findall(r"kex: host key algorithm: (\S+)", says)[0]
        assert summary["client_version"] in says
        remote = re.findall(r"remote software version (.+)", says)[0]
        assert summary["server_version"] == f"SSH-2.0-{remote}"
        assert all(
            re.fullmatch("[0-9a-f]{32}", summary[name]) for name in ("hassh", "hassh_server")
        )


@pytest.mark.parametrize(("client", "port"), [(SMTP_CLIENT, SMTP), (FTP_CLIENT, FTP)])
async def test_mail_and_file_clients_and_flows_agree(
    lab: Lab, running: SensorProcess, client: str, port: int
) -> None:
    for ours, protocol, facts, *theirs in log_of(lab, client):
        last = [facts.get(name) for name in ("last_reply", "transfer")]
        summary = await _summary(
            running, lambda told, last=last: [told.get("last_reply"), told.get("transfer")] == last,
            client_port=ours, server_port=(theirs or [port])[0], protocol=protocol,
        )  # fmt: skip
        control = summary.pop("control_community_id", None)
        flows = running.rows["flows"]
        assert control in ({f["community_id"] for f in flows if f["protocol"] == "ftp"} | {None})
        assert (control is None) == (protocol != "ftp-data")
        # The client has their names in an order of its own.
        lines = summary.pop("extensions", "").split("\n")
        names = facts.pop("extensions", None)
        assert names is None or sorted(line.split()[0] for line in lines) == names
        assert summary == facts


async def test_ntp_clients_and_flows_agree(lab: Lab, folder: Path, running: SensorProcess) -> None:
    _run(
        lab, "chronyd", "-Q", "-t", "15", "-u", "root", "-f", "/dev/null",
        f"pidfile {folder}/client.pid", f"server {SERVER} port {NTP} iburst maxsamples 4",
        "cmdport 0",
    )  # fmt: skip
    summary = await _summary(running, lambda facts: facts["answered"] != "0", server_port=NTP)
    known = {"version": "4", "client_mode": "client", "server_mode": "server", "stratum": "5"}
    assert known.items() <= summary.items()
    assert (summary["reference_id"], summary["leap"]) == ("127.127.1.1", "none")
    assert 0 < int(summary["latency_min_ns"]) <= int(summary["latency_max_ns"]) < 10**9


@pytest.mark.skipif(shutil.which("ping") is None, reason="ping is not installed")
async def test_pings_and_flows_agree(lab: Lab, running: SensorProcess) -> None:
    done = _run(lab, "ping", "-c", "5", "-i", "0.02", SERVER)
    least, mean, most = (
        float(ms) * 1e6 for ms in re.findall(r"= ([\d.]+)/([\d.]+)/([\d.]+)/", done.stdout)[0]
    )
    summary = await _summary(
        running, lambda facts: facts.get("answered") == "5", protocol="icmp", server_ip=SERVER
    )
    assert summary["message_types"] == "Echo: 5\nEcho Reply: 5"
    # The program measures from its own clock, above the wire.
    assert 0 < int(summary["rtt_min_ns"]) <= least
    assert int(summary["rtt_mean_ns"]) <= mean
    assert int(summary["rtt_max_ns"]) <= most


async def test_errors_say_what_they_are_about(lab: Lab, running: SensorProcess) -> None:
    script = f"""
        import json, socket
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.connect(("{SERVER}", 9))
            s.send(b"x")
            print(json.dumps([s.getsockname()[1]]))
    """
    (port,) = log_of(lab, script)
    about = f"udp 10.99.0.1:{port} > {SERVER}:9"
    summary = await _summary(running, lambda facts: facts.get("about") == about, protocol="icmp")
    assert summary["message_types"] == "Destination Unreachable: Port Unreachable: 1"
