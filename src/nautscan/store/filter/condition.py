"""What a filter becomes: SQL of ours with the caller's values as parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Condition:
    """A boolean SQL expression over one table. Parameters are named f0, f1, and so on."""

    sql: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    heavy: bool = False
    """It looks into headers, which light rows lack."""

    @property
    def everything(self) -> bool:
        """Whether it lets every row through."""
        return self.sql == "TRUE"


EVERYTHING: Final = Condition("TRUE")
