"""AMQP 0-9-1: RabbitMQ, a publisher and a consumer of Debian's amqp-tools."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bench.lab import SERVER_ADDRESS, Lab
from bench.protocols.servers import ask, listening
from bench.protocols.traffic import Expected, Made, Need

PORT = 5672
MESSAGES = 400_000
CONSUMED = 2_000
"""The consumer starts a process for each message."""
SERVER = Need("/usr/lib/rabbitmq/bin/rabbitmq-server", "rabbitmq-server")
CONFIGURATION = """\
listeners.tcp.1 = {address}:{port}
default_user = bench
default_pass = bench
loopback_users = none
log.console.level = error
"""
NODE = "nautscan-bench@localhost"
LINE = '{{"order": {number}, "state": "shipped", "lines": [{{"sku": "KL-2210"}}]}}\n'


@contextmanager
def session(lab: Lab) -> Iterator[Callable[[], Expected]]:
    """Serve with a node of its own, and the daemon that Erlang's nodes find each other by."""
    home = lab.home / "rabbitmq"
    home.mkdir()
    settings = home / "rabbitmq.conf"
    settings.write_text(CONFIGURATION.format(address=SERVER_ADDRESS, port=PORT))
    (home / "plugins").write_text("[].\n")
    environment = {
        "ERL_EPMD_PORT": "14469",
        "HOME": str(home),
        "RABBITMQ_NODENAME": NODE,
        "RABBITMQ_DIST_PORT": "15774",
        "RABBITMQ_MNESIA_BASE": str(home / "data"),
        "RABBITMQ_LOG_BASE": str(home / "log"),
        "RABBITMQ_LOGS": "-",
        "RABBITMQ_PID_FILE": str(home / "pid"),
        "RABBITMQ_CONFIG_FILE": str(settings.with_suffix("")),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "plugins"),
    }
    with (
        listening(lab, ["epmd"], 14469, environment=environment),
        listening(lab, [SERVER.found], PORT, environment=environment),
    ):
        yield lambda: _load(lab)


def _load(lab: Lab) -> Expected:
    url = f"--url=amqp://bench:bench@{SERVER_ADDRESS}:{PORT}"
    ask(lab, ["amqp-declare-queue", url, "-q", "orders"])
    lines = "".join(LINE.format(number=number) for number in range(MESSAGES))
    ask(lab, ["amqp-publish", url, "-r", "orders", "-l"], lines)
    consume = ["amqp-consume", url, "-q", "orders", "-c", str(CONSUMED), "-p", "10"]
    ask(lab, [*consume, "cat"])
    return {
        "method = 'basic.publish' and target = 'orders'": MESSAGES,
        "method = 'basic.deliver' and detail->>'acknowledged_ns' is not null": CONSUMED,
    }


TRAFFIC = Made(
    name="amqp",
    load="RabbitMQ, amqp-publish; amqp-consume of a part",
    needs=(SERVER, Need("amqp-publish", "amqp-tools")),
    session=session,
    rows="requests where protocol = 'amqp'",
    versions=(("dpkg-query", "-W", "rabbitmq-server"), ("dpkg-query", "-W", "amqp-tools")),
    shown="amqp",
    fields=(
        "frame.time_epoch",
        "tcp.stream",
        "amqp.method.method",
        "amqp.method.arguments.routing_key",
    ),
)
