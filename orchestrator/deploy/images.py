"""The node image: made only when something that goes into it has changed.

Its tag is the hash of all that goes in: the Dockerfile, the package list, our code, the wheels of its dependencies.
What changes rarely comes first in the Dockerfile, so a change of our code costs one layer.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

import catenet
from catenet.orchestrator.backend.archive import pack_files
from catenet.orchestrator.backend.protocols import Engine, EngineError
from catenet.orchestrator.deploy.base import BASE_REPOSITORY, ensure_base
from catenet.orchestrator.deploy.carried import is_carried
from catenet.orchestrator.deploy.locks import waiting_lock
from catenet.orchestrator.deploy.progress import Progress
from catenet.orchestrator.lab.implementations import digest_of
from catenet.orchestrator.plan.desired import COMPOSE_IMAGE

__all__ = [
    "KEPT",
    "NODE_REPOSITORY",
    "PROGRAM_REPOSITORY",
    "REFERENCE_BASE_REPOSITORY",
    "REFERENCE_REPOSITORY",
    "build_compose_image",
    "build_on",
    "ensure_debian",
    "ensure_node_image",
    "find_repository",
    "node_image_tag",
    "remove_images",
    "remove_older",
    "tag_of",
]

NODE_REPOSITORY = "catenet/node"
REFERENCE_REPOSITORY = "catenet/reference"
REFERENCE_BASE_REPOSITORY = "catenet/reference-base"
PROGRAM_REPOSITORY = "catenet/program"

KEPT = 8
"""So many earlier images of a kind are left: one of ours is a layer of a few MB on a base that all share."""

_PYTHON = "3.13"  # trixie's
PACKAGE = Path(catenet.__file__).parent
"""The folder of our own code: nodes/ and images/ are in it."""
_WHEELS_LIMIT = 300.0  # seconds
_LISTED = "wanted.txt"  # in a folder of wheels: what it was filled for


def ensure_node_image(engine: Engine, progress: Progress, package: Path = PACKAGE) -> str:
    """The tag of the node image made of that `package`, built first where nothing like it is there.

    Raises:
        EngineError: it cannot be built; the text says what is missing.

    """
    progress.count("images", 0, 1)
    files = _context(package)
    tag = tag_of(NODE_REPOSITORY, files.items())
    if not engine.has_image(tag):
        with waiting_lock("images"):
            if not is_carried(engine, tag, progress):  # another process may have built it meanwhile
                _build_node_image(engine.workshop(), tag, files, progress)
                is_carried(engine, tag, progress)
            remove_older(engine, tag)
    progress.count("images", 1, 1)
    return tag


def _build_node_image(engine: Engine, tag: str, files: Mapping[str, bytes], progress: Progress) -> None:
    base = _base(engine, files, progress)
    started = time.monotonic()
    engine.build(tag, pack_files(files), {"BASE_IMAGE": base})  # a label would be one more layer, a second
    progress.finished("image", f"{NODE_REPOSITORY} built; later runs reuse it", time.monotonic() - started)


def build_compose_image(engine: Engine, progress: Progress, package: Path = PACKAGE) -> str:
    """The image that a Compose file's nodes run, as Compose would build it; returns the base that it stands on.

    Raises:
        EngineError: it cannot be built; the text says what is missing.

    """
    files = _context(package)
    with waiting_lock("images"):
        base = _base(engine, files, progress)
        started = time.monotonic()
        engine.build(COMPOSE_IMAGE, pack_files(files), {"BASE_IMAGE": base})
    progress.finished("image", f"{COMPOSE_IMAGE} built from {base}", time.monotonic() - started)
    return base


def ensure_debian(engine: Engine, progress: Progress) -> str:
    """The tag of the image that node images stand on: Debian, and perhaps the nodes' packages.

    Raises:
        EngineError: there is none, and none can be made; the text says what is missing.

    """
    return _base(engine, _context(PACKAGE), progress)


def build_on(engine: Engine, base: str, tag: str) -> None:
    """The node image once more, but on another base.

    Raises:
        EngineError: it cannot be built.

    """
    engine.build(tag, pack_files(_context(PACKAGE)), {"BASE_IMAGE": base})


def node_image_tag() -> str:
    """The tag that the image has, or will have."""
    return tag_of(NODE_REPOSITORY, _context(PACKAGE).items())


def remove_images(engine: Engine) -> None:
    """Removes every image that stands on a node image, every node image, and its base; and no other image.

    Raises:
        EngineError: a container still uses one.

    """
    # Each may stand on one of the next.
    own = (PROGRAM_REPOSITORY, REFERENCE_REPOSITORY, REFERENCE_BASE_REPOSITORY, NODE_REPOSITORY, BASE_REPOSITORY)
    for repository in own:
        for tag in engine.image_tags():
            if tag.startswith(f"{repository}:"):
                engine.remove_image(tag)


def _context(package: Path) -> dict[str, bytes]:
    """Path → content, laid out as in the repository, so that one Dockerfile serves Compose too."""
    folder, code = package / "images" / "node", package / "nodes"
    files = {"Dockerfile": folder / "Dockerfile", "src/catenet/__init__.py": package / "__init__.py"}
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and path.parent.name != "__pycache__"):
        files[f"images/node/{path.relative_to(folder)}"] = path
    for path in sorted(code.rglob("*.py")):
        files[f"nodes/{path.relative_to(code)}"] = path
    for path in sorted(_wheelhouse(folder / "requirements.txt").glob("*.whl")):
        files[f".wheelhouse/{path.name}"] = path
    return {name: path.read_bytes() for name, path in files.items()}


def _base(engine: Engine, files: Mapping[str, bytes], progress: Progress) -> str:
    packages = files["images/node/packages.txt"].decode().split()
    return ensure_base(engine, packages, progress, files["images/node/speech.py"])


def tag_of(repository: str, files: Iterable[tuple[str, bytes]], stands_on: str = "") -> str:
    """The tag of an image that is made of these files, and stands on that other image: a hash of both."""
    return f"{repository}:{digest_of(files, stands_on)[:12]}"


def remove_older(engine: Engine, tag: str) -> None:
    """Earlier builds go, but for the last few, Compose's, and those that a container still uses (the engine refuses
    these): another checkout on this engine may be about to start what its code was built into."""
    repository = tag.partition(":")[0]
    others = [o for o in engine.image_tags() if o.startswith(f"{repository}:") and o not in (tag, COMPOSE_IMAGE)]
    for other in others[KEPT:]:
        try:
            engine.remove_image(other)
        except EngineError:
            continue


def _wheelhouse(requirements: Path) -> Path:
    """The folder with the wheels of the nodes' dependencies, filled by pip on the host where it is not up to date.

    pip inside a container would know neither the host's proxy nor its certificates.
    """
    wanted = requirements.read_text()
    folder = _wheelhouse_folder()
    if not _is_filled(folder, wanted):
        with waiting_lock("wheels"):
            if not _is_filled(folder, wanted):  # another process may have filled it meanwhile
                _fill(folder, wanted)
    return folder


def _is_filled(folder: Path, wanted: str) -> bool:
    listed = folder / _LISTED
    return listed.is_file() and listed.read_text() == wanted


def _fill(folder: Path, wanted: str) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".wheelhouse-", dir=folder.parent) as temporary:
        fresh = Path(temporary, "wheels")
        fresh.mkdir()
        (fresh / _LISTED).write_text(wanted)
        _download(fresh)
        shutil.rmtree(folder, ignore_errors=True)
        fresh.rename(folder)


def find_repository() -> Path | None:
    """The folder of the repository that this package is run from; None where it was installed without."""
    folder = Path(catenet.__file__).parents[2]
    return folder if (folder / "pyproject.toml").is_file() else None


def _wheelhouse_folder() -> Path:
    repository = find_repository()
    if repository is not None:
        return repository / ".wheelhouse"
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache, "catenet", "wheelhouse")


def _download(folder: Path) -> None:
    command = [
        *(sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"),
        *("--only-binary=:all:", "--python-version", _PYTHON, "--implementation", "cp"),
        *("--dest", str(folder), "--requirement", str(folder / _LISTED)),
    ]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=_WHEELS_LIMIT, check=False
        )
    except subprocess.TimeoutExpired:
        raise EngineError(f"pip download: not done after {_WHEELS_LIMIT:.0f} s", "look at the network") from None
    if done.returncode != 0:
        raise EngineError(
            f"pip could not fetch the nodes' packages: {done.stderr.strip()[-1000:]}",
            "look at the network, or at pip's settings for proxy and index",
        )
