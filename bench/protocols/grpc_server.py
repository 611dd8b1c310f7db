"""Echo messages: `grpc_server.py ADDRESS:PORT`."""

from __future__ import annotations

import sys
from concurrent import futures

import grpc  # type: ignore[import-untyped]


def main() -> None:
    """Serve until told to end."""
    handlers = {"Echo": grpc.unary_unary_rpc_method_handler(lambda request, _: request)}
    server = grpc.server(futures.ThreadPoolExecutor(2))
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("lab.Orders", handlers),))
    server.add_insecure_port(sys.argv[1])
    server.start()
    server.wait_for_termination()


if __name__ == "__main__":
    main()
