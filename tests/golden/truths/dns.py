"""DNS, mDNS and LLMNR beside tshark: questions, answers, and the time between them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tests.golden import peers
from tests.golden.captures import Capture
from tests.golden.mismatch import Comparison, compare_bags
from tests.golden.observed import Observed, Row

PROTOCOLS = ("dns", "mdns", "llmnr")
QUERY = 0
WORDS = {"*": "ANY", "<Root>": "."}
"""What tshark writes for types and names, as dig does."""
MICROSECOND_NS = 1_000


def compare(capture: Capture, observed: Observed) -> Iterator[Comparison]:
    """Each message by protocol, type, name and outcome; each latency."""
    rows = observed.of(*PROTOCOLS)
    for truth in capture.truths("tshark"):
        facts = truth["facts"]
        if "dns_total" in facts:
            continue
        theirs = facts.get("dns", [])
        yield from compare_bags(
            "tshark.dns_questions",
            (_their_question(message) for message in theirs if not message["response"]),
            (question for row in rows for question in _our_questions(row)),
        )
        yield from compare_bags(
            "tshark.dns_answers",
            (_their_answer(message) for message in theirs if message["response"]),
            (_our_answer(row) for row in rows if row["status"] is not None),
        )
    known = peers.load().get(capture.name, {})
    if "dns_times" in known:
        yield from compare_bags(
            "tshark.dns_times",
            known["dns_times"],
            (str(time) for time in map(_latency, rows) if time is not None),
        )


def _their_question(message: dict[str, Any]) -> str:
    asked = (message.get("queries") or [{}])[0]
    kind, name = asked.get("type", "-"), asked.get("name", "-")
    return f"{message.get('kind', 'dns')} {WORDS.get(kind, kind)} {WORDS.get(name, name)}"


def _their_answer(message: dict[str, Any]) -> str:
    return f"{_their_question(message)} {message.get('rcode', '-')}"


def _our_questions(row: Row) -> Iterator[str]:
    if row["request_bytes"] is not None:
        copies = int(_detail(row).get("retransmissions", 0))
        yield from [_our_question(row)] * (1 + copies)


def _our_question(row: Row) -> str:
    method = _detail(row).get("type", row["method"] or "-")
    kind = "Unknown" if method.startswith("TYPE") else method
    return f"{row['protocol']} {kind} {row['target'] or '-'}"


def _our_answer(row: Row) -> str:
    # An announcement has no question: its row has the first record instead.
    announced = row["protocol"] == "mdns" and "questions" not in _detail(row)
    question = "mdns - -" if announced and row["request_bytes"] is None else _our_question(row)
    # tshark shows the code of the header, without the bits that EDNS adds.
    return f"{question} {row['status'] & 15}"


def _latency(row: Row) -> int | None:
    """In microseconds, as few captures are finer."""
    if row["ttfb_ns"] is None:
        return None
    return int(row["ttfb_ns"]) // MICROSECOND_NS


def _detail(row: Row) -> dict[str, str]:
    detail: dict[str, str] = json.loads(row["detail"] or "{}")
    return detail
