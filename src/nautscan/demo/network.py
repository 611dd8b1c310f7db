"""The bridge that every frame of the demo crosses: connections, name look-ups, the account."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple

from nautscan.demo import dns, wire
from nautscan.demo.http import Request, Response
from nautscan.demo.ledger import Exchange
from nautscan.demo.pcap import Frame
from nautscan.demo.shop import BRIDGE_MAC, NAMES, RESOLVER
from nautscan.demo.tcp import Mishap, Sent, Side, TcpConnection
from nautscan.demo.wire import Endpoint, Host

MILLISECOND = 1_000_000
SECOND = 1_000_000_000
KEEP_ALIVE_NS = 15 * SECOND
NAME_TTL_NS = 30 * SECOND
FIRST_PORT, LAST_PORT = 32_768, 60_999
"""Linux's range of ephemeral ports."""


class Answer(NamedTuple):
    """A response and when the server starts to send it; no response: it aborts instead."""

    response: Response | None
    at: int


class Reply(NamedTuple):
    """What the caller has in hand, and since when."""

    response: Response | None
    at: int


class Talk(NamedTuple):
    """A question, its answer, and how long the server thinks between them.

    `protocol`, `method` and `target` are what the account says of it.
    """

    protocol: str
    method: str
    target: str
    ask: bytes
    answer: bytes
    think_ns: int


class Seen(NamedTuple):
    """A message of an exchange: when it was seen and how many bytes of content it has."""

    sent: Sent
    content: int


Handler = Callable[[int], Answer]
"""Given when the request has arrived, the answer. It may make calls of its own."""


@dataclass
class Network:
    """Emits the frames of conversations, not in order of time across conversations."""

    random: Random
    emit: Callable[[Frame], None]
    record: Callable[[Exchange], None]
    mishap_rate: float = 0.004
    _pools: dict[tuple[Host, Endpoint], list[TcpConnection]] = field(default_factory=dict)
    _resolved: dict[tuple[Host, str], int] = field(default_factory=dict)
    _port: int = FIRST_PORT

    def call(
        self, at: int, client: Host, server: Endpoint, request: Request, handler: Handler
    ) -> Reply:
        """One HTTP exchange on a connection kept alive."""
        connection, at = self._connection(at, client, server)
        message, size = request.encode()
        asked = Seen(connection.send(at, Side.CLIENT, message, self._mishap()), size)
        half = connection.round_trip_ns // 2
        response, ready = handler(asked.sent.last + half)
        if response is None:
            connection.reset(ready, Side.SERVER)
            self._note(connection, request, asked, None, None)
            return Reply(None, ready + half)
        message, size = response.encode(request.method)
        answered = Seen(connection.send(ready, Side.SERVER, message, self._mishap()), size)
        self._note(connection, request, asked, response, answered)
        if response.headers.get("Connection") == "close":
            connection.close(connection.free_at, Side.SERVER)
        return Reply(response, answered.sent.last + half)

    def exchange(self, at: int, client: Host, server: Endpoint, talk: Talk) -> int:
        """One question and answer of a protocol that is not HTTP. Gives the time after it."""
        connection, at = self._connection(at, client, server)
        half = connection.round_trip_ns // 2
        asked = connection.send(at, Side.CLIENT, talk.ask)
        answer_at = asked.last + half + talk.think_ns
        answered = connection.send(answer_at, Side.SERVER, talk.answer)
        self.record(
            Exchange(
                time=asked.first,
                protocol=talk.protocol,
                transport="tcp",
                client_ip=str(client.ip),
                client_port=connection.client.port,
                server_ip=str(server.host.ip),
                server_port=server.port,
                method=talk.method,
                host=None,
                target=talk.target,
                status=None,
                ttfb_ns=answered.first - asked.first,
                duration_ns=answered.last - asked.first,
                request_bytes=len(talk.ask),
                response_bytes=len(talk.answer),
                completeness="complete",
            )
        )
        return answered.last + half

    def resolve(self, at: int, client: Host, name: str) -> int:
        """Look a name up, unless it is remembered. Gives the time after it."""
        known_until = self._resolved.get((client, name), 0)
        if at < known_until:
            return at
        self._resolved[client, name] = at + NAME_TTL_NS
        ident = self.random.getrandbits(16)
        asker = Endpoint(client, self._next_port())
        answered = at + self.random.randint(200_000, 900_000)
        query = dns.query(ident, name)
        self._datagram(at, asker, RESOLVER.endpoint, query)
        reply = dns.answer(ident, name, NAMES.get(name))
        self._datagram(answered, RESOLVER.endpoint, asker, reply)
        self.record(
            Exchange(
                time=at,
                protocol="dns",
                transport="udp",
                client_ip=str(client.ip),
                client_port=asker.port,
                server_ip=str(RESOLVER.endpoint.host.ip),
                server_port=RESOLVER.endpoint.port,
                method="A",
                host=None,
                target=name,
                status=0 if name in NAMES else dns.NAME_ERROR,
                ttfb_ns=answered - at,
                duration_ns=answered - at,
                request_bytes=len(query),
                response_bytes=len(reply),
                completeness="complete",
            )
        )
        return answered + 60_000

    def close_idle(self, now: int) -> None:
        """Close the connections that nobody used for a while, from the server's side."""
        for key, pool in list(self._pools.items()):
            for connection in pool:
                if connection.is_open and now - connection.free_at > KEEP_ALIVE_NS:
                    connection.close(now, Side.SERVER)
            self._pools[key] = [connection for connection in pool if connection.is_open]
            if not self._pools[key]:
                del self._pools[key]

    def close_all(self, now: int) -> None:
        """Close every connection, from the side of the client, once it is free."""
        for pool in self._pools.values():
            for connection in pool:
                if connection.is_open:
                    connection.close(max(now, connection.free_at), Side.CLIENT)
        self._pools.clear()

    def _connection(self, at: int, client: Host, server: Endpoint) -> tuple[TcpConnection, int]:
        pool = self._pools.setdefault((client, server), [])
        for connection in pool:
            if connection.is_open and connection.free_at <= at:
                return connection, at
        connection = TcpConnection(
            Endpoint(client, self._next_port()), server, self.random, self.emit
        )
        connection.round_trip_ns = self._round_trip(client, server)
        pool.append(connection)
        return connection, connection.open(at)

    def _round_trip(self, client: Host, server: Endpoint) -> int:
        """Microseconds on the bridge, tens of milliseconds to the outside."""
        if BRIDGE_MAC not in (client.mac, server.host.mac):
            return self.random.randint(90_000, 260_000)
        return self.random.randint(9 * MILLISECOND, 48 * MILLISECOND)

    def _next_port(self) -> int:
        self._port = FIRST_PORT if self._port >= LAST_PORT else self._port + 1
        return self._port

    def _mishap(self) -> Mishap | None:
        if self.random.random() >= self.mishap_rate:
            return None
        return self.random.choice(list(Mishap))

    def _datagram(self, at: int, source: Endpoint, target: Endpoint, payload: bytes) -> None:
        datagram = wire.udp(source, target, payload)
        packet = wire.ip(
            source.host.ip,
            target.host.ip,
            wire.PROTOCOL_UDP,
            datagram,
            self.random.getrandbits(16),
        )
        self.emit(Frame(at, wire.ethernet(source.host, target.host, packet)))

    def _note(
        self,
        connection: TcpConnection,
        request: Request,
        asked: Seen,
        response: Response | None,
        answered: Seen | None,
    ) -> None:
        client, server = connection.client, connection.server
        start = asked.sent.first
        self.record(
            Exchange(
                time=start,
                protocol="http",
                transport="tcp",
                client_ip=str(client.host.ip),
                client_port=client.port,
                server_ip=str(server.host.ip),
                server_port=server.port,
                method=request.method,
                host=request.host,
                target=request.target,
                status=response.status if response else None,
                ttfb_ns=answered.sent.first - start if answered else None,
                duration_ns=answered.sent.last - start if answered else None,
                request_bytes=asked.content,
                response_bytes=answered.content if answered else None,
                completeness="complete" if answered else "request_only",
            )
        )
