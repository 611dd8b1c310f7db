"""Stored rows."""

from typing import NamedTuple


class PageQuery(NamedTuple):
    """What a page of rows is asked for with."""

    filter: str = ""
    from_: str | None = None
    to: str | None = None
    limit: int = 100
    cursor: str | None = None
    order: str = "desc"
