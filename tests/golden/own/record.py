"""Record the captures of real servers: `python -m tests.golden.own.record [NAME ...]`, as root.

Each is of one small client, below, that talks to the server which `bench/protocols` starts for the
protocol, or to one below. What is recorded differs each time in ports and times, so the captures
are kept; the rows beside them are read against the client before they are kept too.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from bench.lab import Lab, laboratory
from bench.protocols import ALL
from bench.protocols.servers import ask, listening
from bench.protocols.traffic import Made
from bench.recording import record

FOLDER = Path(__file__).parent

HTTP2 = """
    import socket
    import h2.connection, h2.events

    connection = h2.connection.H2Connection()
    connection.initiate_connection()
    for path in ("/orders/1", "/orders/2", "/missing", "/orders/1"):
        number = connection.get_next_available_stream_id()
        head = [(":method", "GET"), (":scheme", "http"), (":authority", "lab"), (":path", path)]
        connection.send_headers(number, head, end_stream=True)
    with socket.create_connection(("10.91.0.2", 8080), timeout=10) as wire:
        wire.sendall(connection.data_to_send())
        ended = 0
        while ended < 4:
            events = connection.receive_data(wire.recv(65536))
            ended += sum(isinstance(event, h2.events.StreamEnded) for event in events)
            wire.sendall(connection.data_to_send())
        connection.close_connection()
        wire.sendall(connection.data_to_send())
"""

GRPC = """
    import grpc

    with grpc.insecure_channel("10.91.0.2:50051") as channel:
        assert channel.unary_unary("/lab.Orders/Echo")(b"\\x0a\\x05order") == b"\\x0a\\x05order"
        try:
            channel.unary_unary("/lab.Orders/Missing")(b"")
        except grpc.RpcError as error:
            assert error.code() is grpc.StatusCode.UNIMPLEMENTED
    with grpc.insecure_channel("10.91.0.2:50051", compression=grpc.Compression.Gzip) as channel:
        channel.unary_unary("/lab.Orders/Echo")(b"\\x0a\\x64" + b"z" * 100)
"""

TLS = """
    import socket, ssl

    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.maximum_version = version
        context.set_alpn_protocols(["http/1.1"])
        raw = socket.create_connection(("10.91.0.2", 443), timeout=10)
        with context.wrap_socket(raw, server_hostname="shop.lab") as wire:
            wire.sendall(b"GET / HTTP/1.1\\r\\nHost: shop.lab\\r\\n\\r\\n")
            while wire.recv(4096):
                pass
    context = ssl.create_default_context()
    try:
        context.wrap_socket(
            socket.create_connection(("10.91.0.2", 443)), server_hostname="distrusting.lab"
        )
    except ssl.SSLError as error:
        assert "CERTIFICATE_VERIFY_FAILED" in str(error)
"""

DNS = """
    import subprocess

    for question in ("h7.lab", "gone.lab", "h7.lab AAAA", "h9.lab +tcp", "-x 10.1.0.8"):
        asks = ["dig", "@10.91.0.2", "+nocookie", *question.split()]
        subprocess.run(asks, check=True, stdout=subprocess.DEVNULL)
"""

REDIS = """
    import redis

    for protocol in (2, 3):
        with redis.Redis("10.91.0.2", 6379, protocol=protocol) as r:
            assert r.set("cart:7", "hat") and r.get("cart:7") == b"hat" and r.get("none") is None
            with r.pipeline(transaction=True) as pipe:
                assert pipe.incr("visits").incr("visits").execute()[1] in (2, 4)
            try:
                r.lpush("cart:7", "x")
            except redis.ResponseError as error:
                assert "WRONGTYPE" in str(error)
"""

POSTGRESQL = """
    import psycopg

    how = "host=10.91.0.2 port=5432 user=postgres dbname=postgres gssencmode=disable sslmode=prefer"
    with psycopg.connect(how, autocommit=True) as connection:
        c = connection.cursor()
        c.execute("CREATE TABLE item (id int PRIMARY KEY, name text)")
        with c.copy("COPY item FROM STDIN") as copy:
            for row in ((1, "hat"), (2, "coat"), (3, None)):
                copy.write_row(row)
        assert c.execute("SELECT name FROM item WHERE id = %s", [2]).fetchall() == [("coat",)]
        assert len(c.execute("SELECT * FROM item WHERE id < 3").fetchall()) == 2
        try:
            c.execute("INSERT INTO item VALUES (1, 'twice')")
        except psycopg.errors.UniqueViolation:
            pass
"""

MYSQL = """
    import mysql.connector, pymysql

    how = dict(host="10.91.0.2", port=3306, user="bench", password="bench", database="shop")
    with pymysql.connect(**how) as connection:
        c = connection.cursor()
        assert c.execute("SELECT note FROM orders WHERE id < 3") == 2
        assert c.execute("UPDATE orders SET note = 'sent' WHERE id = 2") == 1
        try:
            c.execute("SELECT * FROM missing")
        except pymysql.err.ProgrammingError as error:
            assert error.args[0] == 1146
    with mysql.connector.connect(**how, use_pure=True, ssl_disabled=True) as connection:
        with connection.cursor(prepared=True) as c:
            c.execute("SELECT id, note FROM orders WHERE id = %s", [3])
            assert c.fetchall() == [(3, "note 3")]
"""

MEMCACHED = """
    from pymemcache.client.base import Client

    c = Client(("10.91.0.2", 11211), default_noreply=False)
    c.set("cart:7", "hat")
    assert c.get_many(["cart:7", "none"]) == {"cart:7": b"hat"}
    assert c.add("cart:7", "coat") is False
    assert c.incr("none", 1) is None
    assert c.raw_command("mg cart:7 v", "hat\\r\\n").startswith(b"VA 3")
    assert c.delete("cart:7")
    c.close()
"""

MQTT = """
    import queue
    import paho.mqtt.client as mqtt

    for version in (mqtt.MQTTv311, mqtt.MQTTv5):
        events = queue.Queue()
        c = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=f"v{version}", protocol=version)
        for name in ("connect", "subscribe", "publish", "message", "disconnect"):
            setattr(c, f"on_{name}", lambda *_, name=name: events.put(name))
        c.connect("10.91.0.2", 1883, keepalive=600)
        c.loop_start()
        assert events.get(timeout=10) == "connect"
        c.subscribe("lab/+/temp", 2)
        assert events.get(timeout=10) == "subscribe"
        for quality in range(3):
            c.publish("lab/oven/temp", f"{20 + quality}.5", quality)
            assert {events.get(timeout=10), events.get(timeout=10)} == {"publish", "message"}
        c.disconnect()
        assert events.get(timeout=10) == "disconnect"
        c.loop_stop()
"""

NATS = """
    import asyncio, nats

    async def main():
        nc = await nats.connect("nats://10.91.0.2:4222", name="shop")
        async def add(message):
            await message.respond(b"3")
        await nc.subscribe("svc.add", queue="workers", cb=add)
        orders = await nc.subscribe("orders.*")
        await nc.publish("orders.new", b"hat", headers={"region": "north"})
        assert (await orders.next_msg(timeout=10)).data == b"hat"
        assert (await nc.request("svc.add", b"1 2", timeout=10)).data == b"3"
        try:
            await nc.request("svc.gone", b"", timeout=10)
        except nats.errors.NoRespondersError:
            pass
        await nc.close()

    asyncio.run(main())
"""

AMQP = """
    import pika

    how = pika.PlainCredentials("bench", "bench")
    c = pika.BlockingConnection(pika.ConnectionParameters("10.91.0.2", 5672, "/", how, heartbeat=0))
    channel = c.channel()
    channel.exchange_declare("orders", "topic")
    channel.queue_declare("jobs")
    channel.queue_bind("jobs", "orders", "new.*")
    channel.confirm_delivery()
    channel.basic_publish("orders", "new.hat", b"one hat")
    try:
        channel.basic_publish("orders", "old.hat", b"?", mandatory=True)
    except pika.exceptions.UnroutableError:
        pass
    got, _, body = channel.basic_get("jobs")
    assert body == b"one hat"
    channel.basic_ack(got.delivery_tag)
    try:
        channel.queue_declare("missing", passive=True)
    except pika.exceptions.ChannelClosedByBroker as error:
        assert error.reply_code == 404
    c.close()
"""

WEBSOCKET = """
    from websockets.sync.client import connect

    for compression in (None, "deflate"):
        ws = connect(f"ws://10.91.0.2:8765/{compression}", compression=compression)
        for message in ("one hat", b"\\x00\\xff" * 3, "a hat, a hat, a hat"):
            ws.send(message)
            assert ws.recv() == message
        ws.send(iter(["in ", "three ", "pieces"]))
        assert ws.recv() == "in three pieces"
        ws.ping(b"here?").wait(10)
        ws.close(1001, "going")
"""

QUIC = """
    import asyncio, ssl
    from aioquic.asyncio import connect
    from aioquic.quic.configuration import QuicConfiguration

    async def talk(name, version, protocol):
        how = QuicConfiguration(alpn_protocols=[protocol], server_name=name)
        how.verify_mode = ssl.CERT_NONE
        how.original_version, how.supported_versions = version, [version]
        try:
            async with connect("10.91.0.2", 4433, configuration=how) as connection:
                await connection.ping()
        except ConnectionError:
            assert protocol == "none"

    asyncio.run(talk("one.lab", 1, "lab"))
    asyncio.run(talk("two.lab", 0x6b3343cf, "lab"))
    asyncio.run(talk("refused.lab", 1, "none"))
"""

KAFKA = """
    from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
    from confluent_kafka.admin import AdminClient, NewTopic

    how = {"bootstrap.servers": "10.91.0.2:9092", "enable.metrics.push": False}

    def refused(futures):
        try:
            next(iter(futures.values())).result(10)
        except KafkaException as error:
            return error.args[0].code()

    ops = AdminClient({"client.id": "ops", **how})
    orders = TopicPartition("orders", 0)
    assert refused(ops.create_topics([NewTopic("orders", 1, 1)])) is None
    assert refused(ops.create_topics([NewTopic("orders", 1, 1)])) == KafkaError.TOPIC_ALREADY_EXISTS
    shop = Producer({"client.id": "shop", "linger.ms": 50, "compression.type": "lz4", **how})
    for number in range(3):
        shop.produce("orders", b"one hat" * 20, key=str(number), partition=0)
    assert shop.flush(10) == 0
    begin = {"auto.offset.reset": "earliest", "enable.auto.commit": False}
    reader = Consumer({"client.id": "reader", "group.id": "billing", **begin, **how})
    reader.subscribe(["orders"])
    got = [reader.poll(20).value() for _ in range(3)]
    assert got == [b"one hat" * 20] * 3
    reader.commit(asynchronous=False)
    assert reader.committed([orders], 10)[0].offset == 3
    reader.close()
    assert [group.group_id for group in ops.list_consumer_groups().result(10).valid] == ["billing"]
    assert refused(ops.delete_topics(["orders"])) is None
    missing = ops.list_topics("missing", timeout=10).topics["missing"].error
    assert missing.code() == KafkaError.UNKNOWN_TOPIC_OR_PART
"""

FASTCGI = """
    import glob, socket, struct

    def record(kind, number, content=b""):
        return struct.pack("!BBHHBx", 1, kind, number, len(content), 0) + content

    def parameters(**values):
        pairs = [(name.encode(), value.encode()) for name, value in values.items()]
        return b"".join(struct.pack("BB", len(n), len(v)) + n + v for n, v in pairs)

    def request(method, uri, content=b""):
        (script,) = glob.glob("/tmp/nautscan-lab-*/index.php")
        named = parameters(REQUEST_METHOD=method, REQUEST_URI=uri, SCRIPT_FILENAME=script,
                           SCRIPT_NAME="/index.php", REMOTE_ADDR="192.0.2.7", HTTP_HOST="shop.lab",
                           HTTP_COOKIE="id=4711", DB_PASSWORD="hunter2",
                           CONTENT_TYPE="text/plain", CONTENT_LENGTH=str(len(content)))
        begins = record(1, 1, struct.pack("!HB5x", 1, 1)) + record(4, 1, named) + record(4, 1)
        return begins + (record(5, 1, content) if content else b"") + record(5, 1)

    with socket.create_connection(("10.91.0.2", 9000), timeout=10) as wire:
        came = wire.makefile("rb")

        def answer(last):
            kinds = []
            while not kinds or kinds[-1] != last:
                _, kind, _, content, padding = struct.unpack("!BBHHBx", came.read(8))
                kinds.append(kind)
                said = came.read(content + padding)[:content]
                if kind == 6:
                    assert said.startswith((b"Status: 404", b"X-Powered-By", b"Content-", b"{"))
            return kinds

        wire.sendall(record(9, 0, parameters(FCGI_MAX_CONNS="", FCGI_MPXS_CONNS="")))
        assert answer(10) == [10]
        wire.sendall(request("GET", "/orders/1?token=4711"))
        assert 7 in answer(3)
        wire.sendall(request("POST", "/missing", b"hat"))
        answer(3)
        wire.sendall(request("GET", "/orders/2")[:40])
"""

CLIENTS: Mapping[str, str] = {
    "http2": HTTP2,
    "grpc": GRPC,
    "tls": TLS,
    "dns": DNS,
    "redis": REDIS,
    "postgresql": POSTGRESQL,
    "mysql": MYSQL,
    "memcached": MEMCACHED,
    "mqtt": MQTT,
    "nats": NATS,
    "amqp": AMQP,
    "websocket": WEBSOCKET,
    "quic": QUIC,
    "kafka": KAFKA,
    "fastcgi": FASTCGI,
}
"""By the name of the traffic in `bench/protocols` whose server they talk to."""


@contextmanager
def tansu(lab: Lab) -> Iterator[None]:
    """Serve Kafka by Tansu, a broker whose data are in memory here.

    It is in neither Debian nor PyPI; 0.6.0 was built from crates.io: a main of one line that calls
    `tansu_cli::Cli::main`, with `tansu-broker` and `tansu-storage` and their feature `dynostore`.
    """
    where = ["--listener-url", "tcp://10.91.0.2:9092"]
    where += ["--advertised-listener-url", "tcp://10.91.0.2:9092"]
    with listening(lab, ["tansu", "broker", *where, "--storage-engine", "memory://lab/"], 9092):
        yield


SERVERS: Mapping[str, Callable[[Lab], AbstractContextManager[object]]] = {"kafka": tansu}
"""Others than those of `bench/protocols`, to which nothing but a test's own client has to speak."""


def main() -> int:
    """Record those named, or all."""
    for name in sys.argv[1:] or CLIENTS:
        traffic = next(traffic for traffic in ALL if traffic.name == name)
        assert isinstance(traffic, Made)
        with tempfile.TemporaryDirectory(prefix="nautscan-lab-") as home:
            _record(traffic, Path(home))
    return 0


def _record(traffic: Made, home: Path) -> None:
    """Record what the client says, without what the kernels say to each other."""
    whole = home / "whole.pcap"
    with laboratory(home) as lab, SERVERS.get(traffic.name, traffic.session)(lab):
        record(lab, whole, lambda: _talk(lab, CLIENTS[traffic.name]))
    keep = ["tcpdump", "-Z", "root", "-r", str(whole), "-w", str(FOLDER / f"{traffic.name}.pcap")]
    subprocess.run([*keep, "tcp or udp"], check=True, capture_output=True)


def _talk(lab: Lab, client: str) -> None:
    ask(lab, [sys.executable, "-P", "-c", textwrap.dedent(client)])


if __name__ == "__main__":
    sys.exit(main())
