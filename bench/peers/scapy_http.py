"""Count HTTP requests with scapy's own HTTP layer, packet by packet."""

import sys

from scapy.all import PcapReader  # type: ignore[import-not-found]
from scapy.layers.http import HTTPRequest  # type: ignore[import-not-found]

with PcapReader(sys.argv[1]) as reader:
    print(sum(1 for packet in reader if packet.haslayer(HTTPRequest)))
