"""Where containers are, as another process tells it: for captures without a server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from typing import Final

from nautscan.errors import UnknownContainer
from nautscan.sensor.inside import Places, parse_places
from nautscan.sensor.users import Identity

FIRST_S: Final = 15.0
"""So long the first answer may take."""

_END_S: Final = 3.0


class PlaceFeed:
    """Reads what `nautscan.cli._places` prints. Ends it when closed.

    To be made while the rights to ask the container engine are still there.
    """

    def __init__(self, containers: Sequence[str], identity: Identity | None) -> None:
        """Asks for the containers, as `identity` if we are root."""
        command = [sys.executable, "-P", "-m", "nautscan.cli._places"]
        if identity is not None:
            command += ["--drop-user", str(identity)]
        self._process = subprocess.Popen(  # noqa: S603 (our own module)
            [*command, "--", *containers],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=dict(os.environ),
            start_new_session=True,  # Ctrl-C is for the capture: it ends this one.
        )
        self._arrived = threading.Condition()
        self._newest: Places | None = None
        self._over = False

    def begin(self) -> None:
        """Starts to listen. A thread: to be called once rights were given up."""
        threading.Thread(target=self._read, name="nautscan-places", daemon=True).start()

    def first(self) -> Places:
        """The first answer. Raises `UnknownContainer` where none comes."""
        with self._arrived:
            self._arrived.wait_for(lambda: self._newest is not None or self._over, FIRST_S)
            if self._newest is None:
                raise UnknownContainer(
                    "It could not be found out where the container is",
                    remedy="`nautscan doctor` says how it stands with the container engine.",
                )
            return self._newest

    @property
    def newest(self) -> Places:
        """The last answer."""
        with self._arrived:
            return self._newest or {}

    def close(self) -> None:
        """Ends the other process."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(_END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _read(self) -> None:
        assert self._process.stdout is not None  # noqa: S101 (asked for above)
        for line in self._process.stdout:
            places = parse_places(json.loads(line))
            with self._arrived:
                self._newest = places
                self._arrived.notify_all()
        with self._arrived:
            self._over = True
            self._arrived.notify_all()
