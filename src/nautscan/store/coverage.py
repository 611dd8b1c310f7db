"""The SQL of what the sensors counted over time: how much there was, and how much was lost."""

from __future__ import annotations

from typing import Final

from nautscan.store.interface import Row, Span
from nautscan.store.reader import Question

COUNTED: Final = (
    ("capture", "received"),
    ("capture", "kernel_drops"),
    ("capture", "interface_drops"),
    ("decode", "packets"),
    ("decode", "bytes"),
    ("decode", "errors"),
    ("flow", "evicted"),
    ("stream", "gaps"),
    ("stream", "gap_bytes"),
    ("proto", "requests"),
    ("proto", "parse_errors"),
    ("proto", "opaque_bytes"),
    ("queue", "rows_dropped"),
)
"""Counters whose course is asked for; they only ever grow."""

_BEFORE_NS: Final = 30_000_000_000
"""How far before the span the value that its first one grew from is looked for."""


def counted(question: Question, span: Span, bucket_ns: int) -> list[Row]:
    """How much each counter grew in each bucket from `span.since_ns`: only where it did, or was 0.

    Values are cumulative since their sensor started: one below that before it counts from zero
    anew. A value that none comes before, not within half a minute either, is where counting
    began: what it had counted until then belongs to no known time, and is left out.
    """
    pairs = ", ".join(f"('{stage}', '{name}')" for stage, name in COUNTED)
    return question.records(
        f"""WITH grown AS (
            SELECT time, stage, name, interface, CASE WHEN value >= before THEN value - before
                ELSE value END AS grown
            FROM (SELECT time, stage, name, interface, value, lag(value) OVER (
                    PARTITION BY sensor, interface, stage, name ORDER BY time) AS before
                FROM stats WHERE (stage, name) IN ({pairs})
                AND time >= make_timestamp_ns($early) AND time < make_timestamp_ns($until))
            WHERE before IS NOT NULL AND time >= make_timestamp_ns($since))
        SELECT (epoch_ns(time) - $since) // {int(bucket_ns)} AS bucket, stage, name, interface,
            CAST(sum(grown) AS BIGINT) AS grown
        FROM grown GROUP BY bucket, stage, name, interface""",
        {
            "since": span.since_ns or 0,
            "early": max(0, (span.since_ns or 0) - _BEFORE_NS),
            "until": span.until_ns,
        },
    )
