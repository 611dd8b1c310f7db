"""Images for a test's Docker Engine, made from this machine: nothing is pulled and nothing built.

NautScan's image holds this interpreter, the packages of requirements.txt, the package under test
and the libraries that these are linked with; what the Dockerfile's last stage declares (entry
point, variables, health check) is taken from the Dockerfile. The socket proxy's holds this
machine's haproxy with the repository's configuration.
"""

from __future__ import annotations

import importlib.metadata
import io
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
from collections.abc import Iterable
from pathlib import Path
from typing import Self

import nautscan
from tests.integration.docker_engine import DockerEngine

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"

NAUTSCAN_IMAGE = "nautscan-test/nautscan:1"
PROXY_IMAGE = "nautscan-test/socket-proxy:1"

_UID = 990
_LIBRARY = "/opt/nautscan/lib"
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_DECLARATIONS = ("ENV", "VOLUME", "EXPOSE", "HEALTHCHECK", "ENTRYPOINT", "CMD")
_LEFT_OUT = {"test", "tests", "idlelib", "tkinter", "ensurepip", "site-packages"}
_UNUSED = re.compile(r"\.opt-[12]\.pyc$|\.a$|^config-")
"""For optimised runs, and for embedding Python."""
_LIBPCAP = ("libpcap.so.1", "libpcap.so.0.8")


def import_nautscan(engine: DockerEngine) -> None:
    """Make `NAUTSCAN_IMAGE` in the engine."""
    archive = engine.folder / "nautscan.tar"
    with _Archive(archive) as image:
        _system(image, {"root": 0, "nautscan": _UID})
        image.folder("/var/lib/nautscan", owner=_UID)
        _python(image)
        _packages(image)
        image.tree(Path(nautscan.__file__).parent, f"{_LIBRARY}/nautscan")
        start = f"#!{_interpreter()}\nfrom nautscan.__main__ import main; main()\n"
        image.text("/opt/nautscan/bin/nautscan", start, 0o755)
        image.libraries()
    _import(engine, archive, NAUTSCAN_IMAGE, DEPLOY / "Dockerfile", f"ENV PYTHONPATH={_LIBRARY}")


def import_proxy(engine: DockerEngine) -> None:
    """Make `PROXY_IMAGE` in the engine."""
    archive = engine.folder / "proxy.tar"
    with _Archive(archive) as image:
        _system(image, {"root": 0})
        image.folder("/var/lib/docker-api")
        image.file(_found("haproxy"), "/usr/sbin/haproxy")
        image.file(DEPLOY / "socket-proxy" / "haproxy.cfg", "/etc/haproxy/haproxy.cfg")
        image.libraries()
    _import(engine, archive, PROXY_IMAGE, DEPLOY / "socket-proxy" / "Dockerfile")


def declarations(dockerfile: Path) -> list[str]:
    """What the last stage says about running the image."""
    stage = re.split(r"^FROM ", dockerfile.read_text(), flags=re.MULTILINE)[-1]
    lines = re.sub(r"\\\n", "", stage).splitlines()
    return [line for line in lines if line.split(" ", 1)[0] in _DECLARATIONS]


def _import(
    engine: DockerEngine, archive: Path, image: str, dockerfile: Path, *changes: str
) -> None:
    words = [f"ENV PATH={_PATH}", *declarations(dockerfile), *changes]
    arguments = [word for change in words for word in ("--change", change)]
    engine.docker("import", *arguments, str(archive), image)
    archive.unlink()


class _Archive:
    """A tar archive in the making, which remembers the programs whose libraries it needs."""

    def __init__(self, path: Path) -> None:
        self._tar = tarfile.open(path, "w")  # noqa: SIM115 (closed by __exit__)
        self._names: set[str] = set()
        self._linked: set[Path] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._tar.close()

    def folder(self, name: str, owner: int = 0, mode: int = 0o755) -> None:
        entry = tarfile.TarInfo(name.lstrip("/"))
        entry.type, entry.mode, entry.uid, entry.gid = tarfile.DIRTYPE, mode, owner, owner
        self._tar.addfile(entry)

    def text(self, name: str, text: str, mode: int = 0o644) -> None:
        entry = tarfile.TarInfo(name.lstrip("/"))
        content = text.encode()
        entry.size, entry.mode = len(content), mode
        self._add(entry, io.BytesIO(content))

    def link(self, name: str, target: str) -> None:
        entry = tarfile.TarInfo(name.lstrip("/"))
        entry.type, entry.linkname = tarfile.SYMTYPE, target
        self._add(entry, None)

    def file(self, source: Path, name: str) -> None:
        real = source.resolve()
        entry = tarfile.TarInfo(name.lstrip("/"))
        entry.size = real.stat().st_size
        entry.mtime = int(real.stat().st_mtime)  # Or compiled modules count as stale.
        # Readable by everybody, wherever it comes from.
        entry.mode = 0o755 if real.stat().st_mode & 0o100 or ".so" in name else 0o644
        if entry.mode == 0o755:
            self._linked.add(real)
        with real.open("rb") as content:
            self._add(entry, content)

    def tree(self, source: Path, name: str) -> None:
        for path in sorted(source.rglob("*")):
            inside = path.relative_to(source)
            if (
                path.is_file()
                and not _LEFT_OUT & set(inside.parts)
                and not _UNUSED.search(str(inside))
            ):
                self.file(path, f"{name}/{inside.as_posix()}")

    def libraries(self) -> None:
        """What the programs in it are linked with, at the same places."""
        found = _linked_with(self._linked)
        for library in sorted(found):
            self.file(Path(library), library)

    def _add(self, entry: tarfile.TarInfo, content: object) -> None:
        if entry.name not in self._names:
            self._names.add(entry.name)
            self._tar.addfile(entry, content)  # type: ignore[arg-type]


def _system(image: _Archive, users: dict[str, int]) -> None:
    for name in ("/tmp", "/run", "/etc", "/usr/bin", "/usr/lib", "/usr/lib64"):
        image.folder(name, mode=0o1777 if name == "/tmp" else 0o755)
    image.file(_found("busybox"), "/usr/bin/busybox")
    for applet in ("sh", "cat", "ls", "env", "id"):
        image.link(f"/usr/bin/{applet}", "busybox")
    for name in ("bin", "sbin", "lib", "lib64"):
        image.link(f"/{name}", f"usr/{name.replace('sbin', 'bin')}")
    rows = [f"{user}:x:{uid}:{uid}::/var/lib/{user}:/bin/sh" for user, uid in users.items()]
    image.text("/etc/passwd", "\n".join(rows) + "\n")
    image.text("/etc/group", "".join(f"{user}:x:{uid}:\n" for user, uid in users.items()))


def _interpreter() -> str:
    return str(Path(sys.executable).resolve())


def _python(image: _Archive) -> None:
    image.file(Path(_interpreter()), _interpreter())
    image.link("/usr/bin/python3", _interpreter())
    standard = sysconfig.get_path("stdlib", vars={"base": sys.base_prefix})
    image.tree(Path(standard), standard)


def _packages(image: _Archive) -> None:
    """The runtime's packages, as requirements.txt names them and where this system has them."""
    names = re.findall(
        r"^([A-Za-z0-9_.-]+)==", (ROOT / "requirements.txt").read_text(), re.MULTILINE
    )
    for name in names:
        try:
            distribution = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            continue  # of another platform
        for file in distribution.files or ():
            path = Path(str(distribution.locate_file(file)))
            if ".." not in file.parts and path.is_file():
                image.file(path, f"{_LIBRARY}/{file.as_posix()}")


def _found(program: str) -> Path:
    path = shutil.which(program)
    assert path is not None, program
    return Path(path)


def _linked_with(programs: Iterable[Path]) -> set[str]:
    """Paths of shared libraries, by ldd."""
    asked = subprocess.run(
        ["ldd", *map(str, programs)], capture_output=True, text=True, check=False
    )
    found = set(re.findall(r"(?:=> |^\t)(/\S+) \(0x", asked.stdout, re.MULTILINE))
    cached = subprocess.run(["ldconfig", "-p"], capture_output=True, text=True, check=True)
    if any("python" in str(program) for program in programs):
        paths = dict(re.findall(r"^\t(\S+) .*=> (/\S+)$", cached.stdout, re.MULTILINE))
        loaded = [Path(paths[name]) for name in _LIBPCAP if name in paths]
        found |= set(map(str, loaded)) | (_linked_with_one(loaded) if loaded else set())
    return found


def _linked_with_one(libraries: list[Path]) -> set[str]:
    asked = subprocess.run(
        ["ldd", *map(str, libraries)], capture_output=True, text=True, check=True
    )
    return set(re.findall(r"=> (/\S+) \(0x", asked.stdout))
