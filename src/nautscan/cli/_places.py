"""Where containers are, for `nautscan capture --container`: `python -m nautscan.cli._places NAME…`.

A process of its own, since capturing gives up the right to ask the container engine, and asking
takes no right to capture. It prints one JSON object for each change, the first as soon as it is
known how it stands, and ends with its standard input.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
from contextlib import suppress
from typing import Any, Final

from nautscan.cli._options import log_to_stderr
from nautscan.config import Config
from nautscan.errors import NautScanError
from nautscan.identity import Directory, DockerWatcher
from nautscan.sensor import installation, naming, privileges
from nautscan.sensor.children import watch_lifeline
from nautscan.sensor.users import Identity, is_root
from nautscan.service.inside import InsideContainers

CONNECT_S: Final = 10.0
"""So long the first answer waits for the container engine."""


def main(arguments: list[str] | None = None) -> None:
    """Prints places until it is told to end."""
    parser = argparse.ArgumentParser(prog="nautscan _places")
    parser.add_argument("--drop-user", type=Identity.parse, help="UID:GID or UID:GID:GROUP,GROUP")
    parser.add_argument("containers", nargs="+")
    options = parser.parse_args(arguments)
    config = Config.load()
    log_to_stderr("error")
    if options.drop_user is not None and is_root():
        installation.prepare(options.drop_user, installation.SENSOR_MODULES)
        privileges.become(options.drop_user)
    else:
        privileges.become(None)
    watch_lifeline(lambda: os.kill(os.getpid(), signal.SIGTERM))
    with suppress(KeyboardInterrupt):
        asyncio.run(_print_places(config, options.containers))


class _Printer:
    """Stands where the sensor stands in the server: what it is told is printed."""

    async def request(self, op: str, *, timeout_s: float = 0, **params: Any) -> dict[str, Any]:
        """Print the places."""
        if op != "places" or timeout_s:
            raise NautScanError(f"nobody here does {op!r}")
        print(json.dumps(params["places"]), flush=True)
        return {"ok": True}


async def _print_places(config: Config, containers: list[str]) -> None:
    directory = Directory()
    watcher = DockerWatcher(directory, config.docker_host) if config.docker else None
    names = [naming.inside(naming.ALL, container) for container in containers]
    inside = InsideContainers(
        directory,
        _Printer(),
        lambda: (0, {"requested": names}),
        lambda: watcher.state if watcher is not None else None,
    )
    async with asyncio.TaskGroup() as tasks:
        if watcher is not None:
            tasks.create_task(watcher.run())
            with suppress(TimeoutError):
                async with asyncio.timeout(CONNECT_S):
                    while watcher.state.status == "connecting":  # noqa: ASYNC110 (it has no event)
                        await asyncio.sleep(0.02)
        tasks.create_task(inside.run())


if __name__ == "__main__":
    main()
