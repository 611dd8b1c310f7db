"""Send messages and await each again: `websocket_load.py ADDRESS PORT CONNECTIONS MESSAGES`.

Prints of each connection whether it was compressed, and how many texts and binaries came back.
"""

from __future__ import annotations

import asyncio
import json
import sys

from websockets.asyncio.client import connect

TEXT = '{"order": 4711, "state": "shipped", "lines": [{"sku": "KL-2210", "quantity": 2}]}'
BINARY = TEXT.encode() * 4
AT_ONCE = 10
"""Messages on the way."""


async def main() -> None:
    """Half of the connections offer to compress."""
    address, (port, connections, messages) = sys.argv[1], map(int, sys.argv[2:])
    url = f"ws://{address}:{port}/orders"
    talks = [talk(url, kind, messages) for kind in ("deflate", None) for _ in range(connections)]
    print(json.dumps(await asyncio.gather(*talks)))


async def talk(url: str, compression: str | None, messages: int) -> tuple[bool, int, int]:
    """Every fifth message is binary."""
    texts = binaries = 0
    async with connect(url, compression=compression, ping_interval=None) as connection:
        for begin in range(0, messages, AT_ONCE):
            sent = [BINARY if n % 5 == 4 else TEXT for n in range(begin, begin + AT_ONCE)]
            for message in sent:
                await connection.send(message)
            for message in sent:
                back = await connection.recv()
                if back != message:
                    raise ValueError("another message came back")
                texts += isinstance(back, str)
                binaries += isinstance(back, bytes)
    return compression is not None, texts, binaries


if __name__ == "__main__":
    asyncio.run(main())
