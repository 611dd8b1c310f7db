"""The command line in this process, over a capture of the demo's shop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from nautscan.cli.main import run
from tests.unit.shop import Shop, write_shop


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """Ten seconds of the shop."""
    return write_shop(tmp_path_factory.mktemp("shop"))


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
