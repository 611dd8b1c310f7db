"""A WebSocket client that a scenario drives, and the server that it talks to.

`talker.py listen ADDRESS PORT` answers each message with what it heard. `talker.py talk URL` sends
each line of its input and prints the answer; the end of its input closes the connection.
"""

from __future__ import annotations

import sys

from websockets.sync.client import connect
from websockets.sync.server import ServerConnection, serve


def _answer(connection: ServerConnection) -> None:
    for message in connection:
        connection.send(f"heard {message!r}")


def _listen(address: str, port: int) -> None:
    with serve(_answer, address, port) as server:
        print("listening", flush=True)
        server.serve_forever()


def _talk(url: str) -> None:
    with connect(url) as connection:
        print("connected", flush=True)
        for line in sys.stdin:
            connection.send(line.rstrip("\n"))
            print(connection.recv(), flush=True)


if __name__ == "__main__":
    if sys.argv[1] == "listen":
        _listen(sys.argv[2], int(sys.argv[3]))
    else:
        _talk(sys.argv[2])
