"""Whether container engines can be asked who owns which address: Docker's socket, and Podman's."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Mapping
from typing import Any, Final

from nautscan.doctor.context import Context
from nautscan.doctor.model import Check, State
from nautscan.doctor.place import Kind
from nautscan.errors import NautScanError
from nautscan.identity.client import EngineClient
from nautscan.identity.endpoint import Endpoint, find_endpoint, usual_sockets
from nautscan.identity.trouble import EngineUnavailable, NoSuchObject, Trouble

ANSWER_S: Final = 0.9
"""An engine that takes longer is reported as not answering; two are asked within the deadline."""

_TITLE: Final = "Container engine"
_WHY: Final = (
    "The engine tells which container owned which address when. Without it, traffic is shown by "
    "address only; nothing is lost."
)
_PODMAN: Final = "Podman's socket"
_WHY_PODMAN: Final = (
    "Podman answers the same questions as Docker, through a socket that must be switched on."
)


def check(context: Context) -> list[Check]:
    """Asks the engine that the settings lead to, and looks for Podman beside it."""
    if not context.config.docker:
        found = "Switched off by NAUTSCAN_DOCKER."
        return [Check("engine.docker", _TITLE, State.OK, found, _WHY, facts={"state": "off"})]
    try:
        endpoint = find_endpoint(context.config.docker_host, context.evidence.environ)
    except NautScanError as error:
        facts = {"state": "misconfigured"}
        return [
            Check("engine.docker", _TITLE, State.FAILED, error.message, _WHY, error.remedy, facts)
        ]
    return [_engine(context, endpoint), _podman(context, endpoint)]


def _engine(context: Context, endpoint: Endpoint) -> Check:
    facts: dict[str, Any] = {"endpoint": str(endpoint)}
    try:
        facts |= ask(endpoint)
    except EngineUnavailable as trouble:
        return _unavailable(context, trouble, facts | {"state": trouble.trouble.value})
    except NoSuchObject as answer:
        found = f"What listens at {endpoint} does not speak the Docker Engine API: {answer}"
        remedy = "Set DOCKER_HOST to a Docker Engine, or to Podman's compatible socket."
        facts["state"] = "misconfigured"
        return Check("engine.docker", _TITLE, State.WARNING, found, _WHY, remedy, facts)
    found = (
        f"{facts['version'] or 'An engine'} answers at {endpoint}: "
        f"{facts['containers']} containers, {facts['running']} of them running."
    )
    facts["state"] = "connected"
    return Check("engine.docker", _TITLE, State.OK, found, _WHY, facts=facts)


def ask(endpoint: Endpoint) -> dict[str, Any]:
    """Version and number of containers. Raises EngineUnavailable or NoSuchObject."""
    return asyncio.run(_ask(endpoint))


async def _ask(endpoint: Endpoint) -> dict[str, Any]:
    try:
        async with asyncio.timeout(ANSWER_S), EngineClient(endpoint) as client:
            await client.connect()
            found = await client.containers()
            return {
                "version": client.engine_version,
                "api_version": client.api_version,
                "containers": len(found),
                "running": sum(item.get("State") == "running" for item in found),
            }
    except TimeoutError as error:
        raise EngineUnavailable(
            Trouble.UNREACHABLE,
            f"The container engine at {endpoint} does not answer within {ANSWER_S:g} s.",
            "See whether it hangs:\n    docker info\n    journalctl -u docker -n 50",
        ) from error


def _unavailable(context: Context, trouble: EngineUnavailable, facts: dict[str, Any]) -> Check:
    absent = trouble.trouble is Trouble.ABSENT
    if absent and context.place.engine is not None:
        return Check(
            "engine.docker",
            _TITLE,
            State.WARNING,
            f"{trouble.reason} In a container, the engine's socket must be handed in.",
            _WHY,
            _hand_in(context),
            facts,
        )
    # None installed is an ordinary state; one that does not answer as it should is not.
    state = State.OK if absent else State.WARNING
    return Check("engine.docker", _TITLE, state, trouble.reason, _WHY, trouble.remedy, facts)


def _hand_in(context: Context) -> str:
    if context.place.kind in (Kind.POD, Kind.POD_HOST):
        return (
            "Kubernetes' own runtime has no such socket. Where the nodes run Docker, mount it as a "
            "hostPath volume at /var/run/docker.sock."
        )
    if context.place.engine == "podman":
        return (
            "Switch Podman's socket on, and mount it when the container is started:\n"
            "    sudo systemctl enable --now podman.socket\n"
            "    podman run -v /run/podman/podman.sock:/var/run/docker.sock nautscan serve"
        )
    return (
        "Best through a proxy that lets only reading through (deploy/docker-compose.host.yml has "
        "one); then\n"
        "    docker run -e DOCKER_HOST=tcp://PROXY:2375 nautscan serve\n"
        "Or by mounting the socket, which equals root on the host:\n"
        "    docker run -v /var/run/docker.sock:/var/run/docker.sock nautscan serve"
    )


def _podman(context: Context, used: Endpoint) -> Check:
    environment = context.evidence.environ
    sockets = [path for path in podman_sockets(environment) if context.evidence.exists(path)]
    facts: dict[str, Any] = {"sockets": sockets}
    if not sockets:
        return _no_podman_socket(facts)
    path = sockets[0]
    if used.address == path:
        found = f"It is the engine that is asked: {path}."
        return Check("engine.podman", _PODMAN, State.OK, found, _WHY_PODMAN, facts=facts)
    try:
        facts |= ask(Endpoint("unix", path))
    except (EngineUnavailable, NoSuchObject) as trouble:
        found = f"{path} is there, but does not answer: {trouble}"
        remedy = "Switch it on anew:\n    sudo systemctl restart podman.socket"
        return Check("engine.podman", _PODMAN, State.WARNING, found, _WHY_PODMAN, remedy, facts)
    found = f"Podman answers at {path}: {facts['containers']} containers. {used} is asked, not it."
    remedy = f"To name Podman's containers instead:\n    DOCKER_HOST=unix://{path} nautscan serve"
    return Check("engine.podman", _PODMAN, State.OK, found, _WHY_PODMAN, remedy, facts)


def podman_sockets(environment: Mapping[str, str]) -> list[str]:
    """Where Podman puts its socket, among the places where engines are looked for."""
    return [path for path in usual_sockets(environment) if "podman" in path]


def _no_podman_socket(facts: dict[str, Any]) -> Check:
    installed = shutil.which("podman")
    facts["installed"] = installed is not None
    if installed is None:
        found = "Podman is not installed here, and there is no socket of it."
        return Check("engine.podman", _PODMAN, State.OK, found, _WHY_PODMAN, facts=facts)
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    command = "sudo systemctl" if root else "systemctl --user"
    path = "/run/podman/podman.sock" if root else "$XDG_RUNTIME_DIR/podman/podman.sock"
    remedy = (
        f"Switch it on, and lead NautScan to it:\n    {command} enable --now podman.socket\n"
        f"    DOCKER_HOST=unix://{path} nautscan serve"
    )
    found = "Podman is installed, but its socket is not switched on: containers have no names."
    return Check("engine.podman", _PODMAN, State.WARNING, found, _WHY_PODMAN, remedy, facts)
