"""One JSON shape for every error, whoever raised it."""

from __future__ import annotations

import logging
import secrets
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from nautscan.errors import BadRequest, MethodNotAllowed, NautScanError, NotFound, TooLarge

log = logging.getLogger("nautscan.api")


def answer(error: NautScanError) -> JSONResponse:
    """The error as a response."""
    headers = {"WWW-Authenticate": "Bearer"} if error.status == 401 else None
    return JSONResponse({"error": error.as_dict()}, status_code=error.status, headers=headers)


def unexpected(error: BaseException) -> NautScanError:
    """A fault of ours: logged under an id, of which the caller is told, and nothing more."""
    number = secrets.token_hex(6)
    log.error("internal error %s", number, exc_info=error)
    return NautScanError(
        "An internal error occurred",
        remedy=f"The server's log has the particulars under {number}. Please report it.",
        detail={"id": number},
    )


def install(app: FastAPI) -> None:
    """Make the application answer every failure in the one shape."""
    app.add_exception_handler(NautScanError, _known)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unknown)


async def _known(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, NautScanError)  # noqa: S101 (registered for this class)
    return answer(error)


async def _unknown(_request: Request, error: Exception) -> JSONResponse:
    return answer(unexpected(error))


async def _invalid(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 (registered for this class)
    return answer(_bad_request(error))


def _bad_request(error: RequestValidationError) -> BadRequest:
    problems = [_problem(item) for item in error.errors()]
    first = problems[0] if problems else {"where": "request", "problem": "cannot be read"}
    return BadRequest(
        f"{first['where']}: {first['problem']}",
        remedy="/docs lists each parameter and what it may be.",
        detail={"problems": problems[:20]},
    )


def _problem(item: Any) -> dict[str, str]:
    places = [str(part) for part in item.get("loc", ()) if part not in {"body", "query", "path"}]
    return {"where": ".".join(places) or "body", "problem": str(item.get("msg", "is wrong"))}


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 (registered for this class)
    return answer(_of_status(request, error))


def _of_status(request: Request, error: HTTPException) -> NautScanError:
    path = request.url.path
    if error.status_code == 404:
        return NotFound(f"There is nothing at {path}", remedy="/docs lists what there is.")
    if error.status_code == 405:
        return MethodNotAllowed(
            f"{path} does not take {request.method}", remedy="/docs lists what it takes."
        )
    if error.status_code == 413:
        return TooLarge(str(error.detail), remedy="Send less.")
    return NautScanError(
        str(error.detail) or "The request failed",
        code="bad_request" if error.status_code < 500 else "internal",
        status=error.status_code,
        remedy="/docs lists what there is.",
    )
