"""The OpenAPI document. `python -m nautscan.api.openapi` prints it, e.g. to generate types."""

from __future__ import annotations

import json
import sys
from typing import Any

from fastapi import FastAPI
from pydantic.json_schema import models_json_schema

from nautscan.api.models import LIVE_MODELS

_REFERENCE = "#/components/schemas/{model}"


def document(app: FastAPI) -> dict[str, Any]:
    """The document: FastAPI's, with our one error shape and the WebSocket's messages."""
    from fastapi.openapi.utils import get_openapi

    result = get_openapi(
        title=app.title, version=app.version, description=app.description, routes=app.routes
    )
    schemas = result.setdefault("components", {}).setdefault("schemas", {})
    for path in result["paths"].values():
        for operation in path.values():
            operation["responses"].pop("422", None)
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    _, live = models_json_schema(
        [(model, "serialization") for model in LIVE_MODELS], ref_template=_REFERENCE
    )
    for name, shape in live["$defs"].items():
        schemas.setdefault(name, shape)
    return result


def main() -> None:
    """Print the document to standard output."""
    from nautscan.api.app import create_app

    json.dump(create_app().openapi(), sys.stdout, indent=1)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
