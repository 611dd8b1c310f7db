"""The progress bar of long passes: on a terminal only, and imported only there."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from nautscan._engine import Reader


@contextmanager
def watched(reader: Reader, *, wanted: bool) -> Iterator[Callable[[], None]]:
    """Gives a function to call now and then; it moves the bar, if there is one."""
    if not (wanted and sys.stderr.isatty()):
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("reading", total=reader.progress()[1])

        def move() -> None:
            done, total = reader.progress()
            progress.update(task, completed=done, total=total)

        yield move
