"""The engine's account of the demo is the generator's own, to the nanosecond."""

from __future__ import annotations

from dataclasses import asdict, fields
from pathlib import Path

import pytest

from nautscan.demo import generate
from nautscan.demo.ledger import Exchange
from tests.golden.observed import observe

COLUMNS = [field.name for field in fields(Exchange)]
SECONDS = 60.0


@pytest.mark.parametrize("seed", [1, 7, 2026])
def test_engine_reports_what_was_generated(seed: int, tmp_path: Path) -> None:
    capture, account = tmp_path / "demo.pcap", list[Exchange]()
    with capture.open("wb") as stream:
        packets = generate.write(stream, seed, SECONDS, account=account.append)
    observed = observe(capture)
    assert observed.summary["packets"] == packets
    assert observed.summary["parse_errors"] == observed.summary["decode_errors"] == 0
    assert observed.summary["gap_bytes"] == 0
    generated = sorted((asdict(exchange) for exchange in account), key=_order)
    reported = sorted(
        ({name: row[name] for name in COLUMNS} for row in observed.requests), key=_order
    )
    assert reported == generated


def _order(row: dict[str, object]) -> tuple[object, ...]:
    return row["time"], row["client_ip"], row["client_port"]
