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
    memcached,
    mongodb,
    mqtt,
    mysql,
    nats,
    postgresql,
    redis,
    tls,
)
from bench.protocols.traffic import Traffic

ALL: tuple[Traffic, ...] = (
    http.TRAFFIC,
    http2.TRAFFIC,
    grpc.TRAFFIC,
    tls.TRAFFIC,
    dns.TRAFFIC,
    redis.TRAFFIC,
    postgresql.TRAFFIC,
    mysql.TRAFFIC,
    mongodb.TRAFFIC,
    memcached.TRAFFIC,
    mqtt.TRAFFIC,
    nats.TRAFFIC,
    amqp.TRAFFIC,
    fastcgi.TRAFFIC,
)
