"""A capture of the demo's shop, for tests of everything that reads captures."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from nautscan.demo import generate
from nautscan.demo.ledger import Exchange

SEED = 2
SECONDS = 10.0


@dataclass(frozen=True)
class Shop:
    """A written demo and what it holds."""

    path: Path
    packets: int
    exchanges: list[Exchange]


def write_shop(folder: Path) -> Shop:
    """Ten seconds of the shop as a capture file."""
    path, account = folder / "shop.pcap", list[Exchange]()
    with path.open("wb") as stream:
        packets = generate.write(stream, SEED, SECONDS, account=account.append)
    return Shop(path, packets, account)
