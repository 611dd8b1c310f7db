"""Count HTTP requests with dpkt: a loop over packets, each segment parsed by itself.

This is how dpkt is commonly used; it does not reassemble, so it sees only messages whose headers
lie in one segment, and pairs nothing.
"""

import sys

import dpkt  # type: ignore[import-not-found]


def main() -> None:
    """Print packets, and requests seen in single segments."""
    packets = requests = 0
    with open(sys.argv[1], "rb") as file:  # noqa: PTH123 (dpkt takes an open file)
        for _, data in dpkt.pcap.Reader(file):
            packets += 1
            segment = dpkt.ethernet.Ethernet(data).data
            payload = getattr(getattr(segment, "data", None), "data", b"")
            if payload[:4] in {b"GET ", b"POST"}:
                try:
                    dpkt.http.Request(payload)
                except dpkt.UnpackError:
                    continue
                requests += 1
    print(packets, requests)


main()
