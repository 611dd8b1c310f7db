"""The ``nautscan`` command, also as ``python -m nautscan``."""

from __future__ import annotations

import gc

# What imports make stays: looking for garbage in it takes 20 ms of a command's start. It is looked
# for again as soon as the command's own module is there (`LazyGroup.get_command`).
gc.disable()

from nautscan.cli import main  # noqa: E402

__all__ = ["main"]

if __name__ == "__main__":
    main()
