"""A capture of the demo's shop, and the command line in this process."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from nautscan.cli.main import run
from nautscan.demo import generate
from nautscan.demo.ledger import Exchange


@dataclass(frozen=True)
class Shop:
    """A written demo and what it holds."""

    path: Path
    packets: int
    exchanges: list[Exchange]


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """Ten seconds of the shop."""
    stream, account = io.BytesIO(), list[Exchange]()
    packets = generate.write(stream, 2, 10.0, account=account.append)
    path = tmp_path_factory.mktemp("shop") / "shop.pcap"
    path.write_bytes(stream.getvalue())
    return Shop(path, packets, account)


@dataclass(frozen=True)
class Result:
    """What a command line left behind."""

    code: int
    out: str
    err: str


Nautscan = Callable[..., Result]


@pytest.fixture
def nautscan(capfdbinary: pytest.CaptureFixture[bytes]) -> Nautscan:
    """Run the command line; arguments may be paths."""

    def call(*arguments: str | Path) -> Result:
        code = run([str(argument) for argument in arguments])
        out, err = capfdbinary.readouterr()
        return Result(code, out.decode(), err.decode())

    return call
