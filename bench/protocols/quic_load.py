"""Shake hands, ask once, and close, again and again: `quic_load.py ADDRESS PORT HANDSHAKES`.

Prints of each connection which version was agreed on and whether it was resumed.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import ssl
import sys

from aioquic.asyncio.client import connect
from aioquic.asyncio.protocol import QuicConnectionProtocol
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.events import HandshakeCompleted, QuicEvent
from aioquic.tls import SessionTicket

NAMES = {1: "1", 0x6B3343CF: "2"}
QUESTION = b"order 4711" * 100
AT_ONCE = 16
"""Connections; each takes a while to close."""
PORTS = itertools.count(20_000)
"""Of the clients: the system gives some twice, and then two connections are one flow."""


class Observed(QuicConnectionProtocol):
    """Remembers whether the handshake was one of a ticket."""

    is_resumed = False

    def quic_event_received(self, event: QuicEvent) -> None:
        """Go on as it would have."""
        if isinstance(event, HandshakeCompleted):
            self.is_resumed = event.session_resumed
        super().quic_event_received(event)


async def main() -> None:
    """A kind after the other."""
    count = int(sys.argv[3])
    said = [one for number in NAMES for one in await talks(count, number, [])]
    tickets: list[SessionTicket] = []
    said += await talks(1, 1, tickets)
    said += await talks(count, 1, tickets, tickets[0])
    print(json.dumps(said))


async def talks(
    count: int, version: int, tickets: list[SessionTicket], ticket: SessionTicket | None = None
) -> list[tuple[str, bool]]:
    """As many connections of a kind."""
    free = asyncio.Semaphore(AT_ONCE)

    async def one() -> tuple[str, bool]:
        async with free:
            return await talk(version, tickets, ticket)

    return await asyncio.gather(*(one() for _ in range(count)))


async def talk(
    version: int, tickets: list[SessionTicket], ticket: SessionTicket | None
) -> tuple[str, bool]:
    """One connection, of no other version; what tickets come with it go to `tickets`."""
    address, port = sys.argv[1], int(sys.argv[2])
    configuration = QuicConfiguration(alpn_protocols=["lab"], server_name="shop.lab")
    configuration.verify_mode = ssl.CERT_NONE
    configuration.original_version, configuration.supported_versions = version, [version]
    configuration.session_ticket = ticket
    async with connect(
        address,
        port,
        configuration=configuration,
        create_protocol=Observed,
        session_ticket_handler=tickets.append,
        local_port=next(PORTS),
    ) as protocol:
        assert isinstance(protocol, Observed)
        reader, writer = await protocol.create_stream()
        writer.write(QUESTION)
        writer.write_eof()
        if await reader.read() != QUESTION:
            raise ValueError("another answer came back")
        return NAMES[version], protocol.is_resumed


if __name__ == "__main__":
    asyncio.run(main())
