"""DNS over UDP: dnsmasq and dnsperf."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bench.lab import SERVER_ADDRESS, Lab, LabError
from bench.protocols.servers import ask, listening
from bench.protocols.traffic import Expected, Made, Need

PORT = 53
NAMES = 2_000
ROUNDS = 100
"""Through a list of a question for each name, of which a quarter has no answer."""


@contextmanager
def session(lab: Lab) -> Iterator[Callable[[], Expected]]:
    """Serve names, and ask for them and for some that there are not."""
    hosts = lab.home / "hosts"
    hosts.write_text("".join(f"10.1.{n // 250}.{n % 250 + 1} h{n}.lab\n" for n in range(NAMES)))
    questions = lab.home / "questions"
    questions.write_text(
        "".join(f"{'gone' if n % 4 == 0 else 'h'}{n}.lab A\n" for n in range(NAMES))
    )
    command = ["dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv"]
    command += ["--no-hosts", f"--addn-hosts={hosts}", "--local=/lab/", "--user=root"]
    command += [f"--listen-address={SERVER_ADDRESS}", "--bind-interfaces", "--pid-file"]
    with listening(lab, [*command, "--cache-size=0", f"--port={PORT}"], PORT, udp=True):
        yield lambda: _load(lab, str(questions))


def _load(lab: Lab, questions: str) -> Expected:
    asks = ["dnsperf", "-s", SERVER_ADDRESS, "-p", str(PORT), "-d", questions, "-n", str(ROUNDS)]
    said = ask(lab, [*asks, "-c", "8", "-q", "100", "-e"])
    done = re.search(r"Queries completed:\s+(\d+)", said)
    sent = re.search(r"Queries sent:\s+(\d+)", said)
    codes = dict(re.findall(r"(NOERROR|NXDOMAIN) (\d+)", said))
    if done is None or sent is None or done[1] != sent[1]:
        raise LabError(f"dnsperf: {said}")
    return {
        "true": int(sent[1]),
        "completeness = 'complete' and status = 0": int(codes["NOERROR"]),
        "completeness = 'complete' and error = 'NXDOMAIN'": int(codes["NXDOMAIN"]),
    }


TRAFFIC = Made(
    name="dns",
    load="dnsmasq, dnsperf: A with EDNS over UDP, a quarter NXDOMAIN",
    needs=(Need("dnsmasq", "dnsmasq-base"), Need("dnsperf", "dnsperf")),
    session=session,
    rows="requests where protocol = 'dns'",
    versions=(("dnsmasq", "--version"), ("dnsperf", "-h")),
    shown="dns",
    fields=("frame.time_epoch", "dns.id", "dns.qry.name", "dns.flags.rcode", "dns.a", "dns.time"),
)
