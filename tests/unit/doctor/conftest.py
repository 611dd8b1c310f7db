"""Contexts of recorded places."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from nautscan.config import Config
from nautscan.doctor.context import Context, Where
from nautscan.doctor.place import find_place
from nautscan.sensor.permission import Host
from tests.unit.doctor.recorded import evidence_of

At = Callable[..., Context]


@pytest.fixture
def at(tmp_path: Path) -> At:
    """A context at a recorded place; other arguments are settings."""

    def context(name: str, where: Where = "command", **settings: object) -> Context:
        folder = tmp_path / f"place-{name}"
        folder.mkdir()
        evidence = evidence_of(name, folder)
        place = find_place(evidence)
        config = Config.load({}, **{"data_dir": tmp_path / "data", **settings})
        host = Host("linux", 1000, frozenset(), "/opt/py/bin/python3", "/opt/bin/nautscan",
                    in_container=place.engine is not None)  # fmt: skip
        return Context(config, where, evidence, place, host)

    return context
