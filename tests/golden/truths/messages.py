"""Messaging protocols beside those who read them too."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from tests.golden.captures import Capture
from tests.golden.mismatch import Comparison, compare_bags, compare_value
from tests.golden.observed import Observed, Row

MQTT_ASKED = {
    "Connect Command": "CONNECT",
    "Publish Message": "PUBLISH",
    "Subscribe Request": "SUBSCRIBE",
    "Unsubscribe Request": "UNSUBSCRIBE",
    "Ping Request": "PINGREQ",
    "Disconnect Req": "DISCONNECT",
}
"""What Wireshark calls the packets that begin something."""
SHOWN = 1024
"""Characters of a topic that are shown."""
MQTT_QOS = {"at most once": "0", "at least once": "1", "exactly once": "2"}


def compare(capture: Capture, observed: Observed) -> Iterator[Comparison]:
    """Packets, their topics and codes."""
    yield from _tshark(capture, observed)
    yield from _zeek(capture, observed)
    yield from _suricata(capture, observed)
    yield from _deepflow(capture, observed)
    yield from _tshark_amqp(capture, observed)
    yield from _packetbeat(capture, observed)
    yield from _ndpi(capture, observed)


def _tshark(capture: Capture, observed: Observed) -> Iterator[Comparison]:
    for truth in capture.truths("tshark"):
        packets = truth["facts"].get("mqtt", [])
        if not packets:
            continue
        rows = observed.of("mqtt")
        yield from compare_bags(
            "tshark.mqtt",
            (
                _words(MQTT_ASKED[packet["type"]], _first(packet), _qos(packet))
                for packet in packets
                if packet["type"] in MQTT_ASKED
            ),
            (
                _words(row["method"], _about(row), _detail(row).get("qos"))
                for row in rows
                if row["request_bytes"] is not None or _detail(row).get("sender")
            ),
        )
        yield from compare_bags(
            "tshark.mqtt_answers",
            (str(packet["return_code"]) for packet in packets if "return_code" in packet),
            (
                str(row["status"])
                for row in rows
                if row["method"] == "CONNECT" and row["status"] is not None
            ),
        )


def _zeek(capture: Capture, observed: Observed) -> Iterator[Comparison]:
    for truth in capture.truths("zeek"):
        for log, content in truth["facts"].get("logs", {}).items():
            if log == "mqtt_publish.log":
                yield from compare_bags(
                    "zeek.mqtt_publish",
                    (
                        f"{row['topic']} {MQTT_QOS[row['qos']]} {row['from_client']}"
                        for row in content["rows"]
                    ),
                    (
                        f"{_about(row)} {_detail(row)['qos']} "
                        f"{'F' if _detail(row).get('sender') else 'T'}"
                        for row in _published(observed)
                    ),
                )
            if log == "mqtt_connect.log":
                yield from compare_bags(
                    "zeek.mqtt_connect",
                    (f"{row['client_id']} {row['proto_version']}" for row in content["rows"]),
                    (
                        f"{row['target']} {row['version']}"
                        for row in observed.of("mqtt")
                        if row["method"] == "CONNECT"
                    ),
                )


SURICATA = {
    "connect": ("client_id", "CONNECT"),
    "publish": ("topic", "PUBLISH"),
    "puback": ("reason_code", "PUBLISH"),
    "pubrec": ("reason_code", "PUBLISH"),
    "connack": ("return_code", "CONNECT"),
}
"""A field of each kind of packet, and the method of the rows that it stands in."""


def _suricata(capture: Capture, observed: Observed) -> Iterator[Comparison]:
    for truth in capture.truths("OISF"):
        matches = [event["match"] for event in truth["facts"].get("eve_events", [])]
        for kind, (field, method) in SURICATA.items():
            stated = [match.get(f"mqtt.{kind}.{field}") for match in matches]
            stated = [value for value in stated if value is not None]
            if not stated:
                continue
            rows = [row for row in observed.of("mqtt") if row["method"] == method]
            is_code = field.endswith("_code")
            ours = [row["status"] if is_code else _about(row) for row in rows]
            yield from compare_bags(
                f"suricata.mqtt_{kind}",
                (str(value) for value in stated),
                (str(value) for value in ours if value in stated),
            )


def _deepflow(capture: Capture, observed: Observed) -> Iterator[Comparison]:
    for truth in capture.truths("deepflow"):
        messages = truth["facts"].get("messages", [])
        if not any(message.get("type") == "MqttInfo" for message in messages):
            continue
        yield from compare_bags(
            "deepflow.mqtt",
            (message["publish_topic"] for message in messages if "publish_topic" in message),
            (str(_about(row)) for row in _published(observed)),
        )


UNTOLD = ("-Ok", "Ack", "Nack", "Reject", "Get-Empty")
"""AMQP's methods that are answers or acknowledgements: parts of other methods' rows."""


def _tshark_amqp(capture: Capture, observed: Observed) -> Iterator[Comparison]:
    for truth in capture.truths("tshark"):
        frames = [frame for frame in truth["facts"].get("amqp", []) if "method" in frame]
        rows = observed.of("amqp")
        if not frames or not rows:
            continue
        yield from compare_bags(
            "tshark.amqp",
            (
                _words(
                    f"{frame['cls']}.{frame['method']}".lower(),
                    *(frame.get(name) for name in ("exchange", "queue", "routing_key")),
                )
                for frame in frames
                if not frame["method"].endswith(UNTOLD)
            ),
            (
                _words(
                    row["method"],
                    *(_detail(row).get(name) for name in ("exchange", "queue", "routing_key")),
                )
                for row in rows
            ),
        )
        yield from compare_bags(
            "tshark.amqp_codes",
            (str(frame["reply_code"]) for frame in frames if "reply_code" in frame),
            (str(row["status"]) for row in rows if row["status"] is not None),
        )


PACKETBEAT: dict[str, Callable[[Row], Any]] = {
    "method": lambda row: row["method"],
    "status": lambda row: "Error" if row["error"] else "OK",
    "amqp.queue": lambda row: _detail(row).get("queue"),
    "amqp.exchange": lambda row: _detail(row).get("exchange"),
    "amqp.routing-key": lambda row: _detail(row).get("routing_key"),
    "amqp.exchange-type": lambda row: _detail(row).get("type"),
    "amqp.durable": lambda row: _detail(row).get("durable") == "true",
    "amqp.exclusive": lambda row: _detail(row).get("exclusive") == "true",
    "amqp.content-type": lambda row: row["request_content_type"] or row["content_type"],
}
"""Its fields, and what stands for them in rows."""


def _packetbeat(capture: Capture, observed: Observed) -> Iterator[Comparison]:
    # It tells of what is done with exchanges, queues and messages.
    told = ("exchange.", "queue.", "basic.")
    rows = [row for row in observed.of("amqp") if str(row["method"]).startswith(told)]
    for truth in capture.truths("elastic") if rows else ():
        for check in truth["facts"].get("events", []):
            if "events_total" in check:
                yield from compare_value("packetbeat.amqp", check["events_total"], len(rows))
            read = PACKETBEAT.get(check.get("field", ""))
            if read is None or check["op"] != "==" or not isinstance(check["event"], int):
                continue
            row = rows[check["event"]] if check["event"] < len(rows) else None
            field = f"packetbeat.{check['event']}.{check['field']}"
            yield from compare_value(field, check["value"], row and read(row))


NDPI = {"Nats": "nats", "MQTT": "mqtt", "AMQP": "amqp", "Kafka": "kafka"}
"""What it calls them, and we."""


def _ndpi(capture: Capture, observed: Observed) -> Iterator[Comparison]:
    for truth in capture.truths("ntop"):
        for name, protocol in NDPI.items():
            counts = truth["facts"].get("protocols", {}).get(name)
            if counts is not None:
                flows = [flow for flow in observed.flows if flow["protocol"] == protocol]
                ids = {flow["flow_id"] for flow in flows}
                yield from compare_value(f"ndpi.{protocol}_flows", counts["flows"], len(ids))


def _published(observed: Observed) -> list[Row]:
    return [row for row in observed.of("mqtt") if "topic" in _detail(row)]


def _first(packet: dict[str, Any]) -> str | None:
    value = packet.get("client_id", packet.get("topic"))
    first: str | None = value[0] if isinstance(value, list) else value
    return first and first[:SHOWN]


def _qos(packet: dict[str, Any]) -> str | None:
    """Of messages; before version 3.1.1 subscriptions had one of their own."""
    return packet.get("qos") if packet["type"] == "Publish Message" else None


def _about(row: Row) -> str | None:
    """The client of CONNECT, the topic or the first filter of others."""
    if row["method"] == "CONNECT":
        client: str | None = row["target"]
        return client
    detail = _detail(row)
    filters = detail.get("topics", "").split(", ")[0]
    return detail.get("topic") or filters.partition(" QoS ")[0] or None


def _words(*words: object) -> str:
    return " ".join(str(word) for word in words if word is not None and word != "")


def _detail(row: Row) -> dict[str, str]:
    detail: dict[str, str] = json.loads(row["detail"] or "{}")
    return detail
