"""The servers that the scenarios look at: one with live capture, one with the demo."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e import browser
from tests.e2e.running import Running
from tests.e2e.target import Target


@pytest.fixture(scope="session", autouse=True)
def page_is_built() -> None:
    """Skip, with the reason, where the page or the browser's driver is missing."""
    reason = browser.why_not()
    if reason is not None:
        pytest.skip(reason)


@pytest.fixture(scope="session")
def target() -> Iterator[Target]:
    """An HTTP server behind an interface of its own."""
    with Target() as made:
        yield made


@pytest.fixture(scope="session")
def live(target: Target) -> Iterator[Running]:
    """NautScan capturing on that interface."""
    with Running("serve", "--interface", target.interface) as running:
        yield running


@pytest.fixture(scope="session")
def demo() -> Iterator[Running]:
    """The demo."""
    with Running("demo") as running:
        yield running
