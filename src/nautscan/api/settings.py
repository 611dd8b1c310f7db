"""The settings: what is set and by whom, and changing what can change while it runs."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body
from pydantic import Field

from nautscan.api.common import ERRORS, ServiceDep
from nautscan.api.models import Shape, SourceName
from nautscan.service.core import Service

router = APIRouter(prefix="/api/settings", tags=["settings"], responses=ERRORS)


class SettingFacts(Shape):
    """One setting. Values are text, as its variable takes them."""

    name: str
    env: str = Field(description="Its environment variable")
    group: str
    kind: Literal["text", "number", "size", "duration", "switch", "list", "lines"]
    doc: str
    value: str | None = Field(description="null where there is none, and always for secrets")
    is_set: bool = Field(description="Whether there is a value; of secrets no more is told")
    default: str = Field(description="What holds where nothing is given, in words")
    origin: Literal["default", "environment", "flag", "saved"]
    change: Literal["now", "pinned", "capture", "restart"] = Field(
        description="now: PATCH takes effect at once and is kept. pinned: it could, but was given "
        "at the start. capture: POST /api/packets/start, for the capture under way. restart: by "
        "its variable"
    )
    least: float | None
    most: float | None


class SettingList(Shape):
    """Every setting."""

    settings: list[SettingFacts]
    saved_in: str = Field(description="File that keeps what was changed while running")
    source: SourceName


class SettingsChanged(SettingList):
    """Every setting after a change."""

    changed: list[str]


@router.get("", response_model=SettingList)
async def settings(service: ServiceDep) -> dict[str, Any]:
    """What is set, and where it came from."""
    return _listed(service)


@router.patch("", response_model=SettingsChanged)
async def change(
    service: ServiceDep,
    wanted: Annotated[
        dict[str, Annotated[str, Field(max_length=20_000)] | None],
        Body(
            max_length=64,
            description="New values as text by name; null goes back to the default",
            examples=[{"retention_age": "3d", "live_rows": None}],
        ),
    ],
) -> dict[str, Any]:
    """Change settings while NautScan runs: all of them or, where one does not fit, none.

    What has `change` = `now` takes effect at once and holds over restarts.
    """
    changed = service.settings.change(wanted)
    return _listed(service) | {"changed": changed}


def _listed(service: Service) -> dict[str, Any]:
    return {
        "settings": service.settings.all(),
        "saved_in": str(service.settings.config.saved_settings_path),
        "source": service.source,
    }
