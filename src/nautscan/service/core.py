"""The use-cases put together."""

from __future__ import annotations

from typing import Any


class Service:
    """Everything the doors may ask."""

    source: str
    packets: Any
    containers: Any
    history: Any
    live: Any
    health: Any

    def source_facts(self) -> dict[str, Any]:
        """Where the traffic comes from."""
        raise NotImplementedError
