"""The WebSocket of live rows."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from fastapi import APIRouter, WebSocket, WebSocketDisconnect
from pydantic import ValidationError

from nautscan.api.models import LiveSubscribe
from nautscan.errors import BadRequest, NautScanError
from nautscan.service.core import Service
from nautscan.service.live import Subscription

router = APIRouter()

HEALTH_SECONDS = 1.0
MAX_MESSAGE = 16_384
"""Bytes of a message from a viewer."""


@router.websocket("/api/live")
async def live(socket: WebSocket, table: str = "requests", filter: str = "") -> None:  # noqa: A002
    """Rows as they come: hello, then rows and health, until either side ends it."""
    service: Service = socket.app.state.service
    await socket.accept()
    try:
        wanted = _subscribe({"table": table, "filter": filter})
        subscription = await service.live.subscribe(wanted.table, wanted.filter)
    except NautScanError as error:
        await _refuse(socket, error)
        return
    try:
        await _serve(socket, service, subscription)
    finally:
        service.live.unsubscribe(subscription)


async def _serve(socket: WebSocket, service: Service, subscription: Subscription) -> None:
    sending = asyncio.create_task(_send(socket, service, subscription))
    receiving = asyncio.create_task(_receive(socket, service, subscription))
    try:
        done, _ = await asyncio.wait({sending, receiving}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        sending.cancel()
        receiving.cancel()
        await asyncio.gather(sending, receiving, return_exceptions=True)
    for task in done:
        error = task.exception()
        if error is not None and not isinstance(error, (WebSocketDisconnect, RuntimeError)):
            raise error


async def _send(socket: WebSocket, service: Service, subscription: Subscription) -> None:
    """One writer for the socket: hello, rows and health go out in one order."""
    loop = asyncio.get_running_loop()
    next_health = loop.time()
    while True:
        wait = max(0.0, next_health - loop.time())
        message = await subscription.next(wait)
        if message is not None:
            await socket.send_text(message)
        if loop.time() >= next_health:
            next_health = loop.time() + HEALTH_SECONDS
            health = await service.health.snapshot_text()
            await socket.send_text(f'{{"type":"health","health":{health}}}')


async def _receive(socket: WebSocket, service: Service, subscription: Subscription) -> None:
    while True:
        text = await socket.receive_text()
        try:
            wanted = _subscribe(_decoded(text))
            await service.live.resubscribe(subscription, wanted.table, wanted.filter)
        except NautScanError as error:
            subscription.tell({"type": "error", "error": error.as_dict()})


def _decoded(text: str) -> Any:
    if len(text) > MAX_MESSAGE:
        raise BadRequest("The message is too long", remedy="Send a subscribe message.")
    try:
        return json.loads(text)
    except ValueError as error:
        raise BadRequest("The message is not JSON", remedy="Send a subscribe message.") from error


def _subscribe(value: Any) -> LiveSubscribe:
    if isinstance(value, dict):
        value = {"type": "subscribe", **value}
    try:
        return LiveSubscribe.model_validate(value)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "message"
        raise BadRequest(
            f"{where}: {first['msg']}",
            remedy='Send {"type": "subscribe", "table": "requests", "filter": "status >= 500"}.',
        ) from error


async def _refuse(socket: WebSocket, error: NautScanError) -> None:
    await socket.send_text(json.dumps({"type": "error", "error": error.as_dict()}))
    await socket.close(code=1008, reason=error.message[:100])
