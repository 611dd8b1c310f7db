"""What all tests share: a clean environment, and honest skips for what a machine cannot do."""

from __future__ import annotations

import os
import shutil
import signal
from typing import Any, Final

import pytest

SETTINGS_OF_USERS = ("NAUTSCAN_", "NETWORK_INTERFACES", "DOCKER_HOST")
SETTINGS_OF_TESTS = ("NAUTSCAN_SHARED_PCAPS",)


AT_A_STRETCH: Final = ("tests/e2e/", "tests/golden/")
"""Folders whose files share what takes long to make: servers, captures that were read."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Who runs what, with several workers: a file, or one of the folders above, is one's alone.

    They are taken in the order of the tests, the long ones first. Two browsers at once would
    be in each other's way.
    """
    from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

    class ByFile(LoadScopeScheduling):  # type: ignore[misc]
        """Hands out files."""

        def _split_scope(self, nodeid: str) -> str:
            together = (folder for folder in AT_A_STRETCH if nodeid.startswith(folder))
            return next(together, nodeid.partition("::")[0])

    config.option.loadscopereorder = False
    return ByFile(config, log)


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


def _missing(*commands: str) -> list[str]:
    return [command for command in commands if shutil.which(command) is None]


def _why_not(marker: str) -> str | None:
    """Say why tests with this marker cannot run here, or None if they can."""
    if marker in {"root", "docker"} and not _is_root():
        return "needs root"
    needed = {
        "root": ("ip",),
        "docker": ("dockerd", "ip", "iptables"),
        "browser": ("chromium", "node"),
    }
    missing = _missing(*needed.get(marker, ()))
    return f"not installed: {', '.join(missing)}" if missing else None


def pytest_configure() -> None:
    """Drop the settings of whoever runs the tests, before anything reads them.

    Run in the background by a script, tests start with Ctrl-C ignored, and so would every program
    that they start and end by it.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    for name in list(os.environ):
        if name.startswith(SETTINGS_OF_USERS) and name not in SETTINGS_OF_TESTS:
            del os.environ[name]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip, with the reason, what needs rights or programs that are not here."""
    reasons = {marker: _why_not(marker) for marker in ("root", "docker", "browser")}
    for item in items:
        for marker, reason in reasons.items():
            if reason is not None and item.get_closest_marker(marker) is not None:
                item.add_marker(pytest.mark.skip(reason=reason))
