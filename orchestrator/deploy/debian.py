"""Debian's packages, fetched by the host where it has apt: a build that gets them in its context needs no network.

As with the wheels: a container may have no way to a mirror (a proxy, a firewall, no masquerading) where the host has
one. They come with all that they depend on, as a repository in a folder, so that apt in the build takes what its image
lacks. Where the host cannot (it is no Debian, or the engine runs on another machine), the build fetches them itself.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from catenet.orchestrator.deploy.base import RELEASE, host_mirror

__all__ = ["FOLDER", "PACKAGES", "fetched"]

FOLDER = ".debs"
"""Where a build's context has them."""
PACKAGES = "packages.txt"
"""In the folder of a Dockerfile: the packages that it wants to find there."""
_KEYS = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
_PROGRAMS = ("apt-get", "dpkg-deb")
_LONGEST = 300.0  # seconds for each of the two
_TRIES = 2  # a mirror that is updated between the index and the package answers 404


def fetched(packages: Sequence[str]) -> dict[str, bytes]:
    """Path below the context → content: the packages with what they need, and the index of a repository of them.

    Empty where this host cannot fetch them.
    """
    mirror = host_mirror()
    if not mirror or not _KEYS.is_file() or not all(map(shutil.which, _PROGRAMS)):
        return {}
    with tempfile.TemporaryDirectory(prefix="catenet-debs-") as folder:
        root = Path(folder)
        if not any(_fetch(root, mirror, packages) for _ in range(_TRIES)):
            return {}
        found = sorted(root.glob("archives/*.deb"))
        files = {f"{FOLDER}/{file.name}": file.read_bytes() for file in found}
        return {**files, f"{FOLDER}/Packages": b"\n".join(map(_stanza, found))}


def _fetch(root: Path, mirror: str, packages: Sequence[str]) -> bool:
    """By an apt that knows nothing of the host's own packages and sources."""
    for place in ("lists/partial", "archives/partial", "empty"):
        (root / place).mkdir(parents=True, exist_ok=True)
    (root / "status").touch()
    (root / "sources.list").write_text(f"deb [signed-by={_KEYS}] {mirror} {RELEASE} main\n")
    options = {
        "Dir::State": root,
        "Dir::State::lists": root / "lists",
        "Dir::State::status": root / "status",
        "Dir::Cache": root,
        "Dir::Cache::archives": root / "archives",
        "Dir::Etc::sourcelist": root / "sources.list",
        "Dir::Etc::sourceparts": root / "empty",
        "Dir::Etc::preferencesparts": root / "empty",
        "Acquire::Languages": "none",
        "APT::Sandbox::User": "root",
        "Debug::NoLocking": "true",
    }
    apt = ["apt-get", "-qq", *(f"-o{name}={value}" for name, value in options.items())]
    install = [*apt, "install", "--yes", "--download-only", "--no-install-recommends", *packages]
    return _succeeds([*apt, "update"]) and _succeeds(install)


def _succeeds(command: Sequence[str]) -> bool:
    try:
        return subprocess.run(command, capture_output=True, timeout=_LONGEST, check=False).returncode == 0
    except subprocess.TimeoutExpired:
        return False


def _stanza(file: Path) -> bytes:
    """What the index says of one package (deb822(5), as in dpkg-scanpackages(1))."""
    control = subprocess.run(["dpkg-deb", "--field", str(file)], capture_output=True, check=True).stdout
    return control + f"Filename: ./{file.name}\nSize: {file.stat().st_size}\nSHA256: {_digest(file)}\n".encode()


def _digest(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
