"""Throughput a protocol: a file each, with the traffic that it is measured on.

To add one: a file with a `TRAFFIC`, of real servers and their own load tools (`Made`) or, where
there is no server to be had, of captures repeated (`Repeated`), and a line below.
"""

from __future__ import annotations

from bench.protocols import (
    amqp,
    dns,
    fastcgi,
    grpc,
    http,
    http2,
    kafka,
    memcached,
    mongodb,
    mqtt,
    mysql,
    nats,
    postgresql,
    quic,
    redis,
    tls,
    websocket,
)
from bench.protocols.traffic import Traffic

ALL: tuple[Traffic, ...] = (
    http.TRAFFIC,
    http2.TRAFFIC,
    grpc.TRAFFIC,
    websocket.TRAFFIC,
    tls.TRAFFIC,
    quic.TRAFFIC,
    dns.TRAFFIC,
    redis.TRAFFIC,
    postgresql.TRAFFIC,
    mysql.TRAFFIC,
    mongodb.TRAFFIC,
    memcached.TRAFFIC,
    mqtt.TRAFFIC,
    nats.TRAFFIC,
    amqp.TRAFFIC,
    kafka.TRAFFIC,
    fastcgi.TRAFFIC,
)
