"""Which protocols the engine reads, in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nautscan import _engine
from nautscan.errors import NotFound


def known(names: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Facts of every protocol by name, or of those that `names` has, in that order.

    Keys: name (the value of the `protocol` columns), transports, table (`requests`, or `flows`: it
    is summarised on the flow), title, extracts, limits (list of text), oddities (name to meaning).

    Raises:
        NotFound: a name is none of them.
    """
    every = {facts["name"]: facts | {"oddities": dict(facts["oddities"])} for facts in _all()}
    missing = [name for name in names if name not in every]
    if missing:
        raise NotFound(
            f"no protocol is called {missing[0]!r}", remedy=f"These are read: {', '.join(every)}."
        )
    return [every[name] for name in names or every]


def _all() -> list[dict[str, Any]]:
    return _engine.protocols()
