"""Identity: which container owned which address when, and whose interface is whose."""

from nautscan.identity.directory import Directory, DirectoryLimits, Snapshot
from nautscan.identity.docker import DockerWatcher, WatcherState
from nautscan.identity.interfaces import InterfaceOwner, InterfaceOwners, OwnerKind
from nautscan.identity.model import (
    Attachment,
    Attribution,
    Binding,
    Network,
    PublishedPort,
    Workload,
    WorkloadKind,
)

__all__ = [
    "Attachment",
    "Attribution",
    "Binding",
    "Directory",
    "DirectoryLimits",
    "DockerWatcher",
    "InterfaceOwner",
    "InterfaceOwners",
    "Network",
    "OwnerKind",
    "PublishedPort",
    "Snapshot",
    "WatcherState",
    "Workload",
    "WorkloadKind",
]
