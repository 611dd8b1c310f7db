"""Publish to a NATS server and receive it all: `nats_load.py ADDRESS PORT MESSAGES`."""

from __future__ import annotations

import socket
import sys
import threading

AT_ONCE = 20
"""Messages that are written together."""
PAYLOAD = b'{"order": 4711, "state": "shipped", "lines": [{"sku": "KL-2210", "quantity": 2}]}'


def main() -> int:
    """Publish; end when all has come."""
    address, port, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    listener, publisher = connected(address, port), connected(address, port)
    listener.sendall(b"SUB lab.orders.* 1\r\n")
    settle(listener)
    received = threading.Thread(target=receive, args=(listener, count))
    received.start()
    message = b"PUB lab.orders.new %d\r\n%s\r\n" % (len(PAYLOAD), PAYLOAD)
    for at in range(0, count, AT_ONCE):
        publisher.sendall(message * min(AT_ONCE, count - at))
    settle(publisher)
    received.join()
    return 0


def connected(address: str, port: int) -> socket.socket:
    """Open a connection that the server has accepted."""
    connection = socket.create_connection((address, port), timeout=60)
    connection.sendall(b'CONNECT {"verbose":false,"pedantic":false,"name":"bench"}\r\n')
    settle(connection)
    return connection


def settle(connection: socket.socket) -> None:
    """Wait until the server has seen all that was sent."""
    connection.sendall(b"PING\r\n")
    said = b""
    while not said.endswith(b"PONG\r\n"):
        more = connection.recv(65536)
        if not more:
            raise ConnectionError("the server has closed the connection")
        said += more


def receive(connection: socket.socket, count: int) -> None:
    """Read until so many messages have come; they are all alike."""
    head = b"MSG lab.orders.new 1 %d\r\n" % len(PAYLOAD)
    left = count * (len(head) + len(PAYLOAD) + 2)
    while left > 0:
        more = connection.recv(1 << 20)
        if not more:
            raise ConnectionError("the server has closed the connection")
        left -= len(more)


if __name__ == "__main__":
    sys.exit(main())
