"""Send back what comes: `websocket_server.py ADDRESS PORT`."""

from __future__ import annotations

import asyncio
import sys

from websockets.asyncio.server import ServerConnection, serve


async def echo(connection: ServerConnection) -> None:
    """Answer each message with itself, until the client closes."""
    async for message in connection:
        await connection.send(message)


async def main() -> None:
    """Serve until told to end."""
    async with serve(echo, sys.argv[1], int(sys.argv[2]), ping_interval=None):
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
