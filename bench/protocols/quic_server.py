"""Send back what comes on a stream: `quic_server.py ADDRESS PORT KEY CERTIFICATE`."""

from __future__ import annotations

import asyncio
import sys

from aioquic.asyncio.server import serve
from aioquic.quic.configuration import QuicConfiguration
from aioquic.tls import SessionTicket

VERSIONS = [1, 0x6B3343CF]


async def main() -> None:
    """Serve until told to end."""
    address, port, key, certificate = sys.argv[1:]
    configuration = QuicConfiguration(is_client=False, alpn_protocols=["lab"])
    configuration.load_cert_chain(certificate, key)
    configuration.supported_versions = VERSIONS
    tickets: dict[bytes, SessionTicket] = {}
    await serve(
        address,
        int(port),
        configuration=configuration,
        stream_handler=lambda reader, writer: tasks.append(
            asyncio.ensure_future(echo(reader, writer))
        ),
        session_ticket_fetcher=tickets.get,
        session_ticket_handler=lambda ticket: tickets.update({ticket.ticket: ticket}),
    )
    await asyncio.Event().wait()


tasks: list[asyncio.Future[None]] = []
"""Kept, so that none is collected before it is done."""


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer with what was asked, once it is whole."""
    writer.write(await reader.read())
    writer.write_eof()


if __name__ == "__main__":
    asyncio.run(main())
