"""One private Docker Engine for all integration tests; each test leaves it empty."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.docker_engine import DockerEngine, why_unavailable


@pytest.fixture(scope="session")
def shared_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DockerEngine]:
    """A running engine of this test session's own."""
    obstacle = why_unavailable()
    if obstacle is not None:
        pytest.skip(obstacle)
    with DockerEngine.start(tmp_path_factory.mktemp("engine")) as engine:
        yield engine


@pytest.fixture
def engine(shared_engine: DockerEngine) -> Iterator[DockerEngine]:
    """The engine, without containers or networks of other tests."""
    yield shared_engine
    shared_engine.remove_everything()
