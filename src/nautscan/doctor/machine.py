"""What kind of machine this is: metal, a virtual machine and whose, WSL2, Docker Desktop's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from nautscan.doctor.evidence import Evidence
from nautscan.doctor.marks import Sign

BARE, VM, WSL2, DOCKER_DESKTOP, UNKNOWN = "bare", "vm", "wsl2", "docker_desktop", "unknown"

_HYPERVISORS: Final = (
    ("VMware", "VMware"),
    ("innotek", "VirtualBox"),
    ("VirtualBox", "VirtualBox"),
    ("QEMU", "QEMU/KVM"),
    ("KVM", "KVM"),
    ("Parallels", "Parallels"),
    ("Xen", "Xen"),
    ("Virtual Machine", "Hyper-V"),
    ("Amazon EC2", "Amazon EC2"),
    ("Google", "Google Compute Engine"),
    ("DigitalOcean", "DigitalOcean"),
    ("Hetzner", "Hetzner"),
    ("OpenStack", "OpenStack"),
    ("Alibaba", "Alibaba Cloud"),
)
"""What stands in the DMI tables, and whose it is."""

_CLOUDS: Final = frozenset(
    {
        "Amazon EC2",
        "Google Compute Engine",
        "DigitalOcean",
        "Hetzner",
        "OpenStack",
        "Alibaba Cloud",
        "Azure",
    }
)
_AZURE_ASSET: Final = "7783-7084-3265-9085-8269-3286-77"
"""The chassis asset tag of every virtual machine in Azure."""

_DESKTOP_RESOLVER: Final = "192.168.65."
"""Docker Desktop's own name server is in this network."""


@dataclass(frozen=True, slots=True)
class Machine:
    """What is around the kernel that runs here."""

    kind: str
    """`bare`, `vm`, `wsl2`, `docker_desktop` or `unknown`."""
    hypervisor: str | None
    cloud: bool
    certain: bool
    signs: tuple[Sign, ...]


def machine(evidence: Evidence) -> Machine:
    """Looks at the kernel's name first, which the makers of VMs choose, then at the hardware."""
    release = evidence.text("/proc/sys/kernel/osrelease") or ""
    desktop = _docker_desktop(evidence, release)
    kernel = Sign("/proc/sys/kernel/osrelease", release, "")
    if desktop:
        return Machine(DOCKER_DESKTOP, "Docker Desktop", cloud=False, certain=True, signs=desktop)
    if "microsoft" in release.lower():
        tells = "the kernel of the Windows Subsystem for Linux"
        is_second = "wsl2" in release.lower() or evidence.exists("/run/WSL")
        sign = Sign(kernel.source, release, tells + (" 2" if is_second else ""))
        return Machine(WSL2, "Hyper-V", cloud=False, certain=is_second, signs=(sign,))
    return _hardware(evidence)


def _docker_desktop(evidence: Evidence, release: str) -> tuple[Sign, ...]:
    if not (release.endswith("-linuxkit") or "microsoft" in release.lower()):
        return ()  # Anybody's network may have those addresses and names.
    signs = []
    if release.endswith("-linuxkit"):
        signs.append(
            Sign("/proc/sys/kernel/osrelease", release, "the kernel of Docker Desktop's VM")
        )
    for line in evidence.lines("/etc/resolv.conf"):
        # The second form is what Docker writes behind its own resolver of user-made networks.
        if _DESKTOP_RESOLVER in line and ("nameserver" in line or "ExtServers" in line):
            signs.append(Sign("/etc/resolv.conf", line, "Docker Desktop's name server"))
            break
    if evidence.text("/proc/sys/kernel/hostname") == "docker-desktop":
        signs.append(Sign("/proc/sys/kernel/hostname", "docker-desktop", "Docker Desktop's VM"))
    return tuple(signs)


def _hardware(evidence: Evidence) -> Machine:
    names = [
        text
        for name in ("sys_vendor", "product_name", "bios_vendor")
        if (text := evidence.text(f"/sys/class/dmi/id/{name}"))
    ]
    said = " ".join(names)
    if evidence.text("/sys/class/dmi/id/chassis_asset_tag") == _AZURE_ASSET:
        said, hypervisor = f"{said} ({_AZURE_ASSET})", "Azure"
    else:
        hypervisor = next((whose for mark, whose in _HYPERVISORS if mark in said), "")
    if hypervisor:
        sign = Sign("/sys/class/dmi/id", said, f"a virtual machine: {hypervisor}")
        cloud = hypervisor in _CLOUDS
        return Machine(VM, hypervisor, cloud=cloud, certain=True, signs=(sign,))
    flag = _hypervisor_flag(evidence)
    if flag:
        sign = Sign("/proc/cpuinfo", "hypervisor", "the processor says that a hypervisor runs it")
        return Machine(VM, None, cloud=False, certain=True, signs=(sign,))
    if flag is False:
        sign = Sign(
            "/proc/cpuinfo", "no hypervisor flag", "no virtual machine, or one that hides it"
        )
        return Machine(BARE, None, cloud=False, certain=bool(said), signs=(sign,))
    return Machine(UNKNOWN, None, cloud=False, certain=False, signs=())


def _hypervisor_flag(evidence: Evidence) -> bool | None:
    """Whether x86 processors admit to a hypervisor; None on processors without such a flag."""
    for line in evidence.lines("/proc/cpuinfo"):
        if line.startswith("flags"):
            return "hypervisor" in line.split()
    return None
