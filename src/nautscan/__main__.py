"""``python -m nautscan``: the same as the ``nautscan`` command."""

from __future__ import annotations

from nautscan.cli import main

if __name__ == "__main__":
    main()
