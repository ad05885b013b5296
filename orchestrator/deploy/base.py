"""The base image: Debian trixie with the packages of images/node/packages.txt, and what images/node/speech.py makes.

From a registry where one answers; else made here from Debian's own packages by mmdebstrap, once, in half a minute.
"""

from __future__ import annotations

import hashlib
import os
import re
import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from catenet.orchestrator.backend.protocols import Engine, EngineError
from catenet.orchestrator.deploy.carried import is_carried
from catenet.orchestrator.deploy.progress import Progress

__all__ = ["BASE_REPOSITORY", "DEBIAN", "RELEASE", "ensure_base", "host_mirror", "mirror", "mirror_hint"]

DEBIAN = "debian:trixie-slim"
BASE_REPOSITORY = "catenet/base"

RELEASE = "trixie"
_REGISTRY_PATIENCE = 5.0  # seconds
_LONGEST = 600.0  # seconds for mmdebstrap, or for apt-get
_SOURCES = ("/etc/apt/sources.list", "/etc/apt/sources.list.d/*.list", "/etc/apt/sources.list.d/*.sources")
_MIRROR_PATTERN = re.compile(r"https?://[^\s\]]+/debian/?(?=\s|$)")
_LEFT_OUT = ("/usr/share/man/*", "/usr/share/doc/*", "/usr/share/locale/*")
_HINTS = (
    ("NO_PUBKEY", "Debian trixie's keys are missing: install a newer debian-archive-keyring"),
    ("Temporary failure resolving", "Debian's mirror cannot be reached: look at the network, or set http_proxy"),
    ("Could not connect", "Debian's mirror cannot be reached: look at the network, or set http_proxy"),
    ("Failed to fetch", "Debian's mirror does not answer as it should: look at the network, or set http_proxy"),
    ("unshare", "run as root, or allow unprivileged user namespaces"),
)


def ensure_base(engine: Engine, packages: Sequence[str], progress: Progress, program: bytes = b"") -> str:
    """The tag of a base image: $BASE_IMAGE, Debian's own where it is here or can be pulled, else one made here, with
    what that Python program then makes in it.

    Raises:
        EngineError: there is none, and none can be made; the text says what is missing.

    """
    chosen = os.environ.get("BASE_IMAGE")
    if chosen:
        return chosen
    made = f"{BASE_REPOSITORY}:{_key(packages, program)}"
    if is_carried(engine, made, progress):
        return made
    if is_carried(engine, DEBIAN, progress) or engine.can_pull(DEBIAN, _REGISTRY_PATIENCE):
        return DEBIAN
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="catenet-base-") as folder:
        archive = Path(folder, "base.tar")
        _bootstrap(archive, packages, program)
        engine.import_base(made, archive)
    progress.finished("image", "no registry answers: base made from Debian packages, once", time.monotonic() - started)
    return made


def mirror(texts: Sequence[str]) -> str | None:
    """The Debian mirror that the host's own apt sources name; without one mmdebstrap takes Debian's public one."""
    for text in texts:
        lines = (line for line in text.splitlines() if not line.lstrip().startswith("#"))
        match = _MIRROR_PATTERN.search("\n".join(lines))
        if match:
            return match[0].rstrip("/")
    return None


def host_mirror() -> str | None:
    """The same, of this host, as far as its sources may be read."""
    return mirror([*_texts(path for pattern in _SOURCES for path in sorted(Path("/").glob(pattern[1:])))])


def _texts(files: Iterable[Path]) -> Iterator[str]:
    for file in files:
        with suppress(OSError):  # one with a password in it is root's alone
            yield file.read_text(errors="replace")


def _key(packages: Sequence[str], program: bytes) -> str:
    return hashlib.sha256("\n".join([RELEASE, *packages]).encode() + program).hexdigest()[:12]


def _bootstrap(archive: Path, packages: Sequence[str], program: bytes) -> None:
    _ensure_mmdebstrap()
    file = archive.with_name("program.py")
    file.write_bytes(program)
    _run(
        "mmdebstrap",
        "--variant=minbase",
        *(["--mode=root"] if os.geteuid() == 0 else []),
        '--aptopt=APT::Install-Recommends "false"',
        *(f"--dpkgopt=path-exclude={pattern}" for pattern in _LEFT_OUT),
        f'--customize-hook=chroot "$1" python3 - <{shlex.quote(str(file))}',  # in one step: its packages leave nothing
        f"--include={','.join(packages)}",
        RELEASE,
        str(archive),
        *filter(None, [host_mirror()]),
    )


def _ensure_mmdebstrap() -> None:
    if shutil.which("mmdebstrap"):
        return
    by_hand = "apt-get install mmdebstrap debian-archive-keyring"
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise EngineError(
            f"no registry answers for {DEBIAN}, and mmdebstrap, which could make it from Debian's packages, is missing",
            f"{by_hand}; or `docker load` {DEBIAN}; or set BASE_IMAGE",
        )
    _run("apt-get", "update", "-qq")
    _run("apt-get", "install", "-y", "-qq", "mmdebstrap", "debian-archive-keyring")


def _run(*command: str) -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, errors="replace", timeout=_LONGEST, check=False
        )
    except subprocess.TimeoutExpired:
        raise EngineError(f"{command[0]}: not done after {_LONGEST:.0f} s") from None
    if done.returncode != 0:
        said = done.stderr.strip()[-1000:]
        raise EngineError(f"{command[0]} failed: {said}", mirror_hint(said))


def mirror_hint(said: str) -> str:
    """What to do where a program that fetches packages has failed with these words; empty: no idea."""
    return next((hint for piece, hint in _HINTS if piece in said), "")
