"""Real brokers and clients: what the clients say they did is what rows say."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.integration.sensor_lab import (
    SERVER,
    WAIT_S,
    Lab,
    SensorProcess,
    log_of,
    open_folder,
    sensor,
    serving,
    started,
    wait_for,
)

pytestmark = [pytest.mark.root, pytest.mark.asyncio(loop_scope="module")]

MQTT, NATS, AMQP = 11884, 14223, 15673
"""Nobody's ports: protocols are known by their bytes."""
SECRET = "hunter2-4711"
"""In topics, payloads and passwords, and to be in no row."""

MQTT_CLIENT = """
    import json, queue, sys
    import paho.mqtt.client as mqtt
    from paho.mqtt.packettypes import PacketTypes
    from paho.mqtt.properties import Properties

    five = sys.argv[1] == "5"
    log, events = [], queue.Queue()
    def did(method, target, status=None, error=None, sender=None):
        log.append([method, target, status, error, sender])
    c = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=f"dev-{sys.argv[1]}",
                    protocol=mqtt.MQTTv5 if five else mqtt.MQTTv311)
    for name in ("connect", "subscribe", "unsubscribe", "publish", "message", "disconnect"):
        setattr(c, f"on_{name}", lambda *a, name=name: events.put(name))
    def wait(*names):
        names = list(names)
        while names:
            names.remove(events.get(timeout=10))
    ok = 0 if five else None
    c.username_pw_set("ann", "hunter2-4711")
    c.connect("10.99.0.2", 11884, keepalive=600); c.loop_start(); wait("connect")
    did("CONNECT", c._client_id.decode(), 0)
    c.subscribe([("sensors/+/temp", 2), ("$share/group/jobs", 1)]); wait("subscribe")
    did("SUBSCRIBE", "sensors/+/temp", 2)
    for qos in range(3):
        props = None
        if five:
            props = Properties(PacketTypes.PUBLISH)
            trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
            props.UserProperty = ("traceparent", trace)
            props.ContentType = "text/plain"
            props.TopicAlias = 1
        c.publish("sensors/hunter2-4711/temp", "hunter2-4711", qos=qos, properties=props)
        wait("publish", "message")
        did("PUBLISH", "sensors/*/temp", None if not qos else ok)
        did("PUBLISH", "sensors/*/temp", ok if qos else None, None, "server")
    c.publish("nobody/listens", b"x" * 100_000, qos=1); wait("publish")
    did("PUBLISH", "nobody/listens", 16 if five else None)
    if five:
        alias = Properties(PacketTypes.PUBLISH); alias.TopicAlias = 1
        c.publish("", "again", qos=0, properties=alias); wait("publish", "message")
        did("PUBLISH", "sensors/*/temp"); did("PUBLISH", "sensors/*/temp", None, None, "server")
    c.publish("forbidden/x", "x", qos=1); wait("publish")
    did("PUBLISH", "forbidden/x", 135 if five else None, "Not authorized" if five else None)
    c.unsubscribe("sensors/+/temp"); wait("unsubscribe")
    did("UNSUBSCRIBE", "sensors/+/temp", ok)
    c.disconnect(); wait("disconnect")
    did("DISCONNECT", None)
    c.loop_stop()
    c = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="intruder",
                    protocol=mqtt.MQTTv5 if five else mqtt.MQTTv311)
    c.on_connect = lambda *a: events.put("connect")
    c.username_pw_set("ann", "wrong")
    c.connect("10.99.0.2", 11884); c.loop_start(); wait("connect"); c.loop_stop()
    did("CONNECT", "intruder", 135 if five else 5, "Not authorized")
    print(json.dumps(log))
"""

NATS_CLIENT = """
    import asyncio, json, nats

    log = []
    def did(method, target, status=None, error=None, answered=False):
        log.append([method, target, status, error, answered])

    async def connected(name):
        async def ignore(error):
            pass
        nc = await nats.connect(
            "nats://10.99.0.2:14223", user="ann", password="hunter2-4711", name=name,
            error_cb=ignore, allow_reconnect=False,
        )
        did("INFO", "bus"); did("CONNECT", name)
        return nc

    async def main():
        asked, server = await connected("shop"), await connected("adder")
        async def add(message):
            await message.respond(b"3")
        await server.subscribe("svc.add", queue="workers", cb=add); did("SUB", "svc.add")
        await server.flush()
        got = await asked.subscribe("orders.*.new"); did("SUB", "orders.*.new")
        trace = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}
        await asked.publish("orders.hunter2-4711.new", b"hunter2-4711" * 10_000, headers=trace)
        did("HPUB", "orders.*.new")
        await got.next_msg(timeout=10); did("HMSG", "orders.*.new")
        did("SUB", "_INBOX.*.*")
        for n in range(3):
            await asked.request("svc.add", b"1 2", timeout=10)
            did("PUB", "svc.add", None, None, True); did("MSG", "svc.add"); did("PUB", "_INBOX.*.*")
        try:
            await asked.request("svc.gone", b"", timeout=10)
        except nats.errors.NoRespondersError:
            did("PUB", "svc.gone", 503, "No Responders", True)
        await asked.publish("forbidden", b"x"); did("PUB", "forbidden")
        await asked.flush(); did("-ERR", None, None, "Permissions Violation")
        await got.unsubscribe(); did("UNSUB", None)
        await asked.flush()
        await asked.close(); await server.close()
        try:
            await nats.connect("nats://10.99.0.2:14223", user="ann", password="wrong", name="thief",
                               allow_reconnect=False, max_reconnect_attempts=0)
        except Exception:
            did("INFO", "bus"); did("CONNECT", "thief", None, "Authorization Violation", True)
        print(json.dumps(log))

    asyncio.run(main())
"""

AMQP_CLIENT = """
    import json, pika

    log = []
    def did(method, target=None, status=None, error=None, answered=True):
        log.append([method, target, status, error, answered])

    def connected(password):
        did("connection.start", answered=False)
        return pika.BlockingConnection(pika.ConnectionParameters(
            "10.99.0.2", 15673, "/", pika.PlainCredentials("ann", password), heartbeat=0))

    c = connected("hunter2-4711")
    did("connection.tune", answered=False); did("connection.open", "/")
    ch = c.channel(); did("channel.open")
    ch.exchange_declare("orders", "topic"); did("exchange.declare", "orders")
    ch.queue_declare("jobs"); did("queue.declare", "jobs")
    ch.queue_bind("jobs", "orders", "new.*"); did("queue.bind", "jobs")
    ch.confirm_delivery(); did("confirm.select")
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    properties = pika.BasicProperties(headers={"traceparent": trace}, content_type="text/plain")
    ch.basic_publish("orders", "new.hunter2-4711", b"hunter2-4711" * 20_000, properties)
    did("basic.publish", "orders/new.*")
    try:
        ch.basic_publish("orders", "nobody.x", b"hunter2-4711", mandatory=True)
    except pika.exceptions.UnroutableError:
        did("basic.return", "orders/nobody.x", 312, "NO_ROUTE", False)
        did("basic.publish", "orders/nobody.x")
    got, _, body = ch.basic_get("jobs"); did("basic.get", "jobs")
    assert len(body) == 240_000
    ch.basic_ack(got.delivery_tag)
    ch.basic_get("jobs"); did("basic.get", "jobs")
    other = c.channel(); did("channel.open")
    other.basic_qos(prefetch_count=2); did("basic.qos")
    for n in range(3):
        other.basic_publish("", "jobs", b"hunter2-4711")
        did("basic.publish", "jobs", answered=False)
    messages = other.consume("jobs"); did("basic.consume", "jobs")
    for n in range(3):
        got, _, _ = next(messages); did("basic.deliver", "jobs", answered=False)
        other.basic_ack(got.delivery_tag)
    other.cancel(); did("basic.cancel")
    try:
        other.queue_declare("missing", passive=True)
    except pika.exceptions.ChannelClosedByBroker:
        did("queue.declare", "missing", 404, "NOT_FOUND")
    ch.close(); did("channel.close", None, 0)
    c.close(); did("connection.close", None, 200)
    try:
        connected("wrong")
    except pika.exceptions.ProbableAuthenticationError:
        did("connection.close", None, 403, "ACCESS_REFUSED", False)
    print(json.dumps(log))
"""

MOSQUITTO = """\
listener {port} {address}
password_file {folder}/passwords
acl_file {folder}/acl
max_topic_alias 5
log_dest stdout
"""
ACL = "user ann\ntopic readwrite sensors/#\ntopic readwrite jobs\ntopic readwrite nobody/#\n"
RABBITMQ = """\
listeners.tcp.1 = {address}:{port}
default_user = ann
default_pass = {secret}
loopback_users = none
"""
NATS_SERVER = """\
listen: "{address}:{port}"
server_name: bus
authorization {{
  users: [{{user: ann, password: "{secret}", permissions: {{publish: {{deny: forbidden}}}}}}]
}}
"""


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with open_folder() as folder:
        yield folder


@pytest.fixture(scope="module")
def lab(folder: Path) -> Iterator[Lab]:
    with serving((_epmd, _rabbitmq, _mosquitto, _nats), (MQTT, NATS), folder) as lab:
        yield lab


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(
    lab: Lab, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[SensorProcess]:
    folder = tmp_path_factory.mktemp("sensor")
    async with sensor(folder, "-i", "lab0", prefix=lab.command(lab.near)) as running:
        yield running


def _mosquitto(lab: Lab, folder: Path) -> subprocess.Popen[bytes]:
    settings, passwords, acl = (folder / name for name in ("mosquitto.conf", "passwords", "acl"))
    settings.write_text(MOSQUITTO.format(port=MQTT, address=SERVER, folder=folder))
    acl.write_text(ACL)
    subprocess.run(("mosquitto_passwd", "-c", "-b", passwords, "ann", SECRET), check=True)
    for file in (settings, passwords, acl):
        file.chmod(0o644)
    command = lab.command(lab.far, "mosquitto", "-c", str(settings))
    return started(command, folder / "mosquitto.log")


def _nats(lab: Lab, folder: Path) -> subprocess.Popen[bytes]:
    settings = folder / "nats.conf"
    settings.write_text(NATS_SERVER.format(address=SERVER, port=NATS, secret=SECRET))
    command = lab.command(lab.far, "nats-server", "-c", str(settings))
    return started(command, folder / "nats.log")


EPMD = {"ERL_EPMD_PORT": "14369"}


def _epmd(lab: Lab, folder: Path) -> subprocess.Popen[bytes]:
    """Where Erlang's nodes look for each other; one of its own, which ends with the tests."""
    return started(lab.command(lab.far, "epmd"), folder / "epmd.log", EPMD)


def _rabbitmq(lab: Lab, folder: Path) -> subprocess.Popen[bytes]:
    home = folder / "rabbitmq"
    home.mkdir()
    settings, plugins = home / "rabbitmq.conf", home / "plugins"
    settings.write_text(RABBITMQ.format(address=SERVER, port=AMQP, secret=SECRET))
    plugins.write_text("[].\n")
    environment = EPMD | {
        "HOME": str(home),
        "RABBITMQ_NODENAME": "nautscan@localhost",
        "RABBITMQ_DIST_PORT": "15674",
        "RABBITMQ_MNESIA_BASE": str(home / "data"),
        "RABBITMQ_LOG_BASE": str(home / "log"),
        "RABBITMQ_LOGS": "-",
        "RABBITMQ_PID_FILE": str(home / "pid"),
        "RABBITMQ_CONFIG_FILE": str(settings.with_suffix("")),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(plugins),
    }
    command = lab.command(lab.far, "/usr/lib/rabbitmq/bin/rabbitmq-server")
    return started(command, folder / "rabbitmq.log", environment)


async def _rows(
    running: SensorProcess, port: int, count: int, already: int
) -> list[dict[str, Any]]:
    """The rows of a port in order of their time, once `count` are there."""

    def of_port() -> list[dict[str, Any]]:
        rows = (row for row in running.rows.get("requests", ()) if row["server_port"] == port)
        return list(rows)[already:]

    await running.row("requests", lambda _: len(of_port()) >= count)
    rows = sorted(of_port(), key=lambda row: row["time"])
    assert SECRET not in json.dumps(running.rows, default=str)
    return rows


def _count(running: SensorProcess, port: int) -> int:
    return sum(row["server_port"] == port for row in running.rows.get("requests", ()))


def _detail(row: dict[str, Any], name: str) -> str | None:
    value: str | None = json.loads(row["detail"] or "{}").get(name)
    return value


@pytest.mark.parametrize("version", ["3.1.1", "5"])
async def test_mqtt(lab: Lab, running: SensorProcess, version: str) -> None:
    already = _count(running, MQTT)
    log = log_of(lab, MQTT_CLIENT, version)
    rows = await _rows(running, MQTT, len(log), already)
    told = [
        [row["method"], row["target"], row["status"], row["error"], _detail(row, "sender")]
        for row in rows
    ]
    # A delivery may come before the acknowledgement of what caused it.
    assert sorted(told, key=str) == sorted(log, key=str)
    for row in rows:
        assert (row["protocol"], row["version"], row["oddities"]) == ("mqtt", version, [])
        is_asked = row["request_bytes"] is not None
        is_answered = row["response_bytes"] is not None
        assert (row["duration_ns"] is not None) == (is_asked and is_answered)
        assert row["completeness"] == ("complete" if is_answered else "request_only")
        assert is_answered or _detail(row, "reply") == "none wanted"
        assert _detail(row, "topic") in {None, "[redacted]"}
        assert row["request_body"] is None
    published = [row for row in rows if row["method"] == "PUBLISH" and row["request_bytes"]]
    assert [_detail(row, "qos") for row in published[:3]] == ["0", "1", "2"]
    # Four packets, of which the client waits for the second before it sends the third.
    assert published[2]["duration_ns"] > published[2]["ttfb_ns"] > 0
    delivered = [row for row in rows if _detail(row, "sender") == "server"]
    acknowledged = [_detail(row, "acknowledged_ns") for row in delivered[:3]]
    assert acknowledged[0] is None
    assert all(int(text or 0) > 0 for text in acknowledged[1:])
    if version == "5":
        traced = {row["trace_id"] for row in published[:3]}
        assert traced == {"0af7651916cd43dd8448eb211c80319c"}


async def test_nats(lab: Lab, running: SensorProcess) -> None:
    log = log_of(lab, NATS_CLIENT)
    # Each connection asks once whether it is accepted; other pings come as time goes by.
    rows = await _rows(running, NATS, len(log) + 3, 0)
    rows, pings = (
        [row for row in rows if (row["method"] == "PING") is is_ping] for is_ping in (False, True)
    )
    told = [
        [r["method"], r["target"], r["status"], r["error"], r["duration_ns"] is not None]
        for r in rows
    ]
    # Inboxes have names made of letters and digits.
    told = [[m, "_INBOX.*.*" if str(t).startswith("_INBOX.") else t, *rest] for m, t, *rest in told]
    assert sorted(told, key=str) == sorted(log, key=str)
    assert any(ping["duration_ns"] for ping in pings)
    for row in rows:
        assert (row["protocol"], row["oddities"], row["request_body"]) == ("nats", [], None)
        assert row["completeness"] == ("complete" if row["response_bytes"] else "request_only")
        assert _detail(row, "subject") in {None, "[redacted]"}
    published = next(row for row in rows if row["method"] == "HPUB")
    assert published["request_bytes"] > 120_000
    assert published["trace_id"] == "0af7651916cd43dd8448eb211c80319c"
    answers = [row for row in rows if _detail(row, "answers_after_ns")]
    assert len(answers) == 3


async def test_amqp(lab: Lab, running: SensorProcess, folder: Path) -> None:
    # It was started first, and takes longest.
    await asyncio.to_thread(wait_for, lab, AMQP, folder, 6 * WAIT_S)
    log = log_of(lab, AMQP_CLIENT)
    rows = await _rows(running, AMQP, len(log), 0)
    told = [
        [r["method"], r["target"], r["status"], r["error"], r["duration_ns"] is not None]
        for r in rows
    ]
    assert sorted(told, key=str) == sorted(log, key=str)
    for row in rows:
        assert (row["protocol"], row["oddities"], row["request_body"]) == ("amqp", [], None)
        assert row["completeness"] == ("complete" if row["response_bytes"] else "request_only")
        for name in ("exchange", "routing_key", "queue"):
            assert _detail(row, name) in {None, "[redacted]"}
    published = [row for row in rows if row["method"] == "basic.publish"]
    assert published[0]["request_bytes"] > 240_000
    assert published[0]["trace_id"] == "0af7651916cd43dd8448eb211c80319c"
    assert published[0]["request_content_type"] == "text/plain"
    delivered = [row for row in rows if row["method"] == "basic.deliver"]
    assert all(int(_detail(row, "acknowledged_ns") or 0) > 0 for row in delivered)
