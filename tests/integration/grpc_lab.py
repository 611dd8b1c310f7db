"""A service of gRPC with a schema of its own, compiled when a test wants it, and who calls it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Final

SCHEMA: Final = """
    syntax = "proto3";

    package lab;

    import "google/protobuf/any.proto";
    import "google/protobuf/duration.proto";
    import "google/protobuf/struct.proto";
    import "google/protobuf/timestamp.proto";
    import "google/protobuf/wrappers.proto";

    enum State {
      OPEN = 0;
      SENT = 1;
    }

    message Item {
      string name = 1;
      uint32 count = 2;
    }

    message Order {
      int64 order_id = 1;
      State state = 2;
      repeated Item items = 3;
      map<string, sint32> labels = 4;
      bytes seal = 5;
      double price = 6;
      repeated fixed32 codes = 7;
      google.protobuf.Timestamp made = 8;
      google.protobuf.Duration took = 9;
      google.protobuf.Any extra = 10;
      google.protobuf.Struct free = 11;
      google.protobuf.BoolValue paid = 12;
      optional string note = 13;
      Order before = 14;
      string card_number = 15;
    }

    service Shop {
      rpc Find(Item) returns (Order);
      rpc Watch(Item) returns (stream Order);
      rpc Sum(stream Item) returns (Order);
      rpc Both(stream Item) returns (stream Order);
    }
"""

SERVICE: Final = """
    import datetime
    import lab_pb2, lab_pb2_grpc

    def order(item, number):
        made = lab_pb2.Order(
            order_id=2**40 + number, state=number % 2, items=[item], labels={"a": -1, "b": number},
            seal=bytes([number, 255]), price=number / 4, codes=[number, 7], note="",
            card_number=f"4111-{number}",
        )
        made.made.FromDatetime(datetime.datetime(2026, 1, 2, 3, 4, 5, number * 1000))
        made.took.FromMilliseconds(1500 + number)
        made.extra.Pack(item)
        made.free.update({"deep": [1.5, None, {"x": True}]})
        made.paid.value = False
        made.before.order_id = number
        return made

    class Shop(lab_pb2_grpc.ShopServicer):
        def Find(self, request, context):
            if request.name == "none":
                import grpc
                context.abort(grpc.StatusCode.NOT_FOUND, "no such item")
            return order(request, request.count)

        def Watch(self, request, context):
            for number in range(3):
                yield order(request, number)

        def Sum(self, requests, context):
            names = [request.name for request in requests]
            return order(lab_pb2.Item(name=",".join(names)), len(names))

        def Both(self, requests, context):
            for number, request in enumerate(requests):
                yield order(request, number)
"""
"""What a server does, over any transport."""

SERVER: Final = (
    SERVICE
    + """
    import sys
    from concurrent import futures
    import grpc

    server = grpc.server(futures.ThreadPoolExecutor(8))
    lab_pb2_grpc.add_ShopServicer_to_server(Shop(), server)
    assert server.add_insecure_port(sys.argv[1])
    server.start()
    print("up", flush=True)
    server.wait_for_termination()
"""
)

CLIENT: Final = """
    import json, sys
    import grpc
    from google.protobuf.json_format import MessageToDict
    import lab_pb2, lab_pb2_grpc

    log = []
    channel = grpc.insecure_channel(sys.argv[1])
    shop = lab_pb2_grpc.ShopStub(channel)

    def did(method, sent, call):
        code, received = grpc.StatusCode.OK, []
        try:
            answer = call()
            received = [answer] if isinstance(answer, lab_pb2.Order) else list(answer)
        except grpc.RpcError as error:
            code = error.code()
        sides = [[MessageToDict(message) for message in side] for side in (sent, received)]
        log.append([method, code.name, *sides])

    items = [lab_pb2.Item(name=f'"{n}"\\n', count=n) for n in range(4)]
    did("Find", items[:1], lambda: shop.Find(items[0]))
    missing = lab_pb2.Item(name="none")
    did("Find", [missing], lambda: shop.Find(missing))
    did("Watch", items[1:2], lambda: shop.Watch(items[1]))
    did("Sum", items, lambda: shop.Sum(iter(items)))
    did("Both", items[1:], lambda: shop.Both(iter(items[1:])))
    channel.close()
    print(json.dumps(log))
"""
"""Calls in all four shapes; what each sent and got, as the library of Protocol Buffers tells it."""

WEB_SERVER: Final = (
    SERVICE
    + """
    import base64, http.server, sys

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            content = self.rfile.read(int(self.headers["Content-Length"]))
            kind = self.headers["Content-Type"]
            is_text = kind.startswith("application/grpc-web-text")
            content = base64.b64decode(content) if is_text else content
            request = lab_pb2.Item.FromString(content[5:])
            method = self.path.rsplit("/", 1)[1]
            trailers = b"grpc-status:0\\r\\n"
            answers = []
            if method == "Watch":
                answers = list(Shop().Watch(request, None))
            elif request.name == "none":
                trailers = b"grpc-status:5\\r\\ngrpc-message:no%20item\\r\\n"
            else:
                answers = [Shop().Find(request, None)]
            frames = [b"\\0" + len(m).to_bytes(4, "big") + m
                      for m in (answer.SerializeToString() for answer in answers)]
            frames.append(b"\\x80" + len(trailers).to_bytes(4, "big") + trailers)
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for frame in frames:
                # Each piece is padded by itself, as servers do that send as they go.
                piece = base64.b64encode(frame) if is_text else frame
                self.wfile.write(b"%x\\r\\n%s\\r\\n" % (len(piece), piece))
            self.wfile.write(b"0\\r\\n\\r\\n")

        def log_message(self, *arguments):
            pass

    address, port = sys.argv[1].rsplit(":", 1)
    http.server.ThreadingHTTPServer((address, int(port)), Handler).serve_forever()
"""
)
"""gRPC-Web by its description: a real server of HTTP, messages by the real library."""

WEB_CLIENT: Final = """
    import base64, http.client, json, sys
    from google.protobuf.json_format import MessageToDict
    import lab_pb2

    log = []
    connection = http.client.HTTPConnection(sys.argv[1], timeout=20)

    def call(kind, method, item):
        content = item.SerializeToString()
        content = b"\\0" + len(content).to_bytes(4, "big") + content
        is_text = "-text" in kind
        content = base64.b64encode(content) if is_text else content
        connection.request("POST", f"/lab.Shop/{method}", content, {"Content-Type": kind})
        answer = connection.getresponse().read()
        if is_text:
            quads = [answer[at : at + 4] for at in range(0, len(answer), 4)]
            answer = b"".join(map(base64.b64decode, quads))
        received, status = [], None
        while answer:
            flags, size = answer[0], int.from_bytes(answer[1:5], "big")
            frame, answer = answer[5 : 5 + size], answer[5 + size :]
            if flags & 0x80:
                fields = dict(line.split(b":", 1) for line in frame.strip().split(b"\\r\\n"))
                status = int(fields[b"grpc-status"])
            else:
                received.append(MessageToDict(lab_pb2.Order.FromString(frame)))
        log.append([method, status, [MessageToDict(item)], received])

    for kind in ("application/grpc-web+proto", "application/grpc-web-text"):
        call(kind, "Find", lab_pb2.Item(name="web", count=3))
        call(kind, "Watch", lab_pb2.Item(name="web"))
        call(kind, "Find", lab_pb2.Item(name="none"))
    connection.close()
    print(json.dumps(log))
"""


def compiled(folder: Path) -> Path:
    """Writes `lab.proto`, what the compiler makes of it for Python, and the set `lab.desc`.

    Gives the folder.
    """
    (folder / "lab.proto").write_text(SCHEMA)
    subprocess.run(
        [
            sys.executable, "-m", "grpc_tools.protoc", f"-I{folder}", f"--python_out={folder}",
            f"--grpc_python_out={folder}", "--include_imports",
            f"--descriptor_set_out={folder / 'lab.desc'}", "lab.proto",
        ],
        check=True,
        capture_output=True,
    )  # fmt: skip
    return folder
