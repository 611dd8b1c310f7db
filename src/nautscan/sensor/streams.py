"""Packets from a stream instead of interfaces: standard input, or the demo's generator.

The sensor may need the stream more than once: after a stop and a start, or after the sensor
itself was restarted. So the supervisor keeps a `StreamGiver`, and the sensor asks it for a file
descriptor over a socket pair each time. Unix only, like passing descriptors.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from nautscan.errors import Conflict, NautScanError

log = logging.getLogger(__name__)

_ASK: Final = b"open\n"
_MAX_ANSWER: Final = 4096
_ANSWER_S: Final = 10.0
_STOP_S: Final = 2.0


class StreamSource(Protocol):
    """Where the sensor gets its stream from."""

    @property
    def name(self) -> str:
        """What rows show as the interface."""
        ...

    async def open(self) -> int:
        """A descriptor at the beginning of a capture, owned by the caller. NautScanError."""
        ...


class DescriptorStream:
    """A descriptor that is there from the start, and can be read once."""

    def __init__(self, descriptor: int, name: str) -> None:
        """Takes the descriptor over."""
        self._descriptor: int | None = descriptor
        self._name = name

    @property
    def name(self) -> str:
        """What rows show as the interface."""
        return self._name

    async def open(self) -> int:
        """The descriptor, once. Raises Conflict from then on."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is None:
            raise _spent(self._name)
        return descriptor


class SocketStream:
    """Asks the supervisor's `StreamGiver`."""

    def __init__(self, sock: socket.socket, name: str) -> None:
        """`sock` is one end of the pair whose other end the giver holds."""
        self._sock = sock
        self._name = name

    @property
    def name(self) -> str:
        """What rows show as the interface."""
        return self._name

    async def open(self) -> int:
        """A descriptor at the beginning of a capture. Raises NautScanError."""
        return await asyncio.to_thread(self._open)

    def _open(self) -> int:
        self._sock.settimeout(_ANSWER_S)
        try:
            self._sock.sendall(_ASK)
            answer, descriptors, _, _ = socket.recv_fds(self._sock, _MAX_ANSWER, 1)
        except OSError as error:
            raise NautScanError(f"the stream {self._name!r} cannot be opened: {error}") from error
        if descriptors:
            return descriptors[0]
        if not answer:
            raise NautScanError(f"the stream {self._name!r} is gone: the supervisor ended")
        raise NautScanError.from_dict(json.loads(answer))


@dataclass(frozen=True, slots=True)
class StreamSpec:
    """The stream of a run: a command that writes pcap to its standard output, or our own input."""

    name: str
    command: tuple[str, ...] | None = None
    """None: standard input."""


class StreamGiver:
    """The supervisor's end: gives a new stream whenever the sensor asks."""

    def __init__(self, spec: StreamSpec) -> None:
        """Makes the socket pair; hand `sensor_end` to each sensor that is started."""
        self._spec = spec
        self._own, self.sensor_end = socket.socketpair()
        self._process: asyncio.subprocess.Process | None = None
        self._input: int | None = os.dup(0) if spec.command is None else None

    async def run(self) -> None:
        """Answers until cancelled, then ends the command."""
        loop = asyncio.get_running_loop()
        self._own.setblocking(False)  # noqa: FBT003 - the standard library has it so
        try:
            while await loop.sock_recv(self._own, len(_ASK)):
                await self._answer()
        finally:
            await self._end_command()
            self._own.close()

    async def _answer(self) -> None:
        try:
            descriptor = await self._new_stream()
        except NautScanError as error:
            self._own.send(json.dumps(error.as_dict()).encode()[:_MAX_ANSWER])
            return
        try:
            socket.send_fds(self._own, [b"stream"], [descriptor])
        finally:
            os.close(descriptor)

    async def _new_stream(self) -> int:
        if self._spec.command is not None:
            return await self._run_command(self._spec.command)
        descriptor, self._input = self._input, None
        if descriptor is None:
            raise _spent(self._spec.name)
        return descriptor

    async def _run_command(self, command: Sequence[str]) -> int:
        await self._end_command()
        reading, writing = os.pipe()
        try:
            self._process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=writing,
                start_new_session=True,
            )
        except OSError as error:
            os.close(reading)
            raise NautScanError(f"{command[0]} cannot be run: {error.strerror}") from error
        finally:
            os.close(writing)
        return reading

    async def _end_command(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(_STOP_S):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


def _spent(name: str) -> Conflict:
    return Conflict(
        f"The stream {name!r} has been read and cannot be read again",
        remedy="Start nautscan again with a new stream.",
        detail=_detail(name),
    )


def _detail(name: str) -> dict[str, Any]:
    return {"stream": name}
