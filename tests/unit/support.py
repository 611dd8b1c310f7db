"""Rows for tests: real Arrow tables in the engine's schema."""

from __future__ import annotations

import duckdb
from arro3.core import Table


def arrow(sql: str) -> Table:
    """The rows of a query as an Arrow table."""
    relation = duckdb.connect(":memory:").sql(sql)
    assert relation is not None
    return Table.from_arrow(relation)
