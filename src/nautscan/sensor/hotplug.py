"""News of interfaces: from the kernel where it tells, else by looking.

Linux tells of every change of a link or address by netlink(7). That something changed is all that
is taken from it: what there is now is then looked up, so that no message can be misread and one
that was lost in a burst costs nothing. Other systems are looked at once a second: macOS has no
such channel without a framework, and Npcap only a list.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
from collections.abc import Callable, Collection
from typing import Final

from nautscan import _engine

_CHANGES: Final = 0x1 | 0x10 | 0x100
"""RTMGRP_LINK, RTMGRP_IPV4_IFADDR, RTMGRP_IPV6_IFADDR of rtnetlink(7)."""

SETTLE_S: Final = 0.1
"""A container's link is made, named, moved and brought up in this time: one look for all of it."""

_DRAIN_BYTES: Final = 65536


def present_interfaces() -> dict[str, int]:
    """Names and numbers of this host's interfaces. A number is never given to another again soon.

    Windows numbers its interfaces under other names than those by which Npcap captures: there it
    is Npcap's list, in which an interface keeps its name for good.
    """
    if sys.platform == "win32":
        return {facts["name"]: 0 for facts in _engine.interfaces()}
    return {name: index for index, name in socket.if_nameindex()}


def open_link_news() -> socket.socket | None:
    """A socket that becomes readable with each change; None where the system has none to give."""
    if sys.platform != "linux":
        return None
    try:
        news = socket.socket(
            socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_NONBLOCK, socket.NETLINK_ROUTE
        )
        news.bind((0, _CHANGES))
    except OSError:  # A sandbox without netlink: looked at once a second, as elsewhere.
        return None
    return news


class Bell:
    """Wakes one waiter when a descriptor becomes readable. Lives on the event loop."""

    def __init__(self) -> None:
        """Nothing is listened to."""
        self._loop = asyncio.get_running_loop()
        self._rang = asyncio.Event()
        self._listening: set[int] = set()
        self._own = open_link_news()

    @property
    def hears_links(self) -> bool:
        """Whether the kernel tells of this host's interfaces."""
        return self._own is not None

    def listen(self, descriptors: Collection[int]) -> None:
        """Listens to these and to the kernel. Each rings once; then it must be listened to anew."""
        self.deafen()
        own = () if self._own is None else (self._own.fileno(),)
        for descriptor in (*own, *descriptors):
            self._loop.add_reader(descriptor, self._heard(descriptor))
            self._listening.add(descriptor)

    def deafen(self) -> None:
        """Listens to nothing: descriptors may be closed now."""
        for descriptor in self._listening:
            self._loop.remove_reader(descriptor)
        self._listening.clear()

    async def wait(self, seconds: float) -> bool:
        """Waits until it rings, and a moment longer; False once `seconds` are over."""
        try:
            async with asyncio.timeout(seconds):
                await self._rang.wait()
        except TimeoutError:
            return False
        await asyncio.sleep(SETTLE_S)
        self._drain()
        self._rang.clear()
        return True

    def close(self) -> None:
        """Ends."""
        self.deafen()
        if self._own is not None:
            self._own.close()

    def _heard(self, descriptor: int) -> Callable[[], None]:
        def ring() -> None:
            self._loop.remove_reader(descriptor)
            self._listening.discard(descriptor)
            self._rang.set()

        return ring

    def _drain(self) -> None:
        # ENOBUFS, an OSError like "nothing more", says that messages were lost: we look anyway.
        if self._own is not None:
            with contextlib.suppress(OSError):
                while self._own.recv(_DRAIN_BYTES):
                    pass
