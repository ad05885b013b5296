"""An engine whose disk is full: each way by which an image comes there says so, says what to do, and leaves nothing."""

from __future__ import annotations

import io
import os
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from engines import Engines
from namespaces import end, processes

from catenet.orchestrator.backend.docker import connect
from catenet.orchestrator.backend.fleet import Fleet
from catenet.orchestrator.backend.protocols import EngineError

pytestmark = [
    pytest.mark.engine,
    pytest.mark.timeout(300),
    pytest.mark.skipif(os.geteuid() != 0, reason="engines in network namespaces of their own: only for root"),
]

OCTETS = 32 << 20
"""Of the image: twice what the disk has."""
FULL = r"no space left on device.*\(free some disk: `docker system df` shows what the engine holds\)"


def _end_engine(engines: Engines) -> None:
    engines.kill_engine("b")
    end(processes(engines.hosts["b"].inside, "containerd"))  # it has files open on that disk


@pytest.fixture
def full(two_engines: Engines) -> Iterator[Engines]:
    """The engine of `b` has no room for the image."""
    host = two_engines.hosts["b"]
    data = f"{host.folder}/data"
    _end_engine(two_engines)
    host.run("mount", "-t", "tmpfs", "-o", f"size={OCTETS // 2}", "tmpfs", data)
    two_engines.start_engine("b")
    yield two_engines
    _end_engine(two_engines)
    host.run("umount", data)
    two_engines.start_engine("b")


def _tar(files: dict[str, bytes]) -> bytes:
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w") as archive:
        for name, content in files.items():
            about = tarfile.TarInfo(name)
            about.size = len(content)
            archive.addfile(about, io.BytesIO(content))
    return whole.getvalue()


def test_a_full_disk_is_said_and_nothing_of_the_image_stays(full: Engines, tmp_path: Path) -> None:
    big, tag = os.urandom(OCTETS), "catenet/full:1"
    archive = tmp_path / "base.tar"
    archive.write_bytes(_tar({"big": big}))
    engines = {name: connect(host.socket) for name, host in full.hosts.items()}
    fleet = Fleet(engines)
    engines["a"].import_base(tag, archive)
    try:
        with pytest.raises(EngineError, match=f"(?s)^host b: load an image: .*{FULL}"):
            fleet.carry(tag)
        with pytest.raises(EngineError, match=f"(?s)^import .*{FULL}"):
            engines["b"].import_base(tag, archive)
        with pytest.raises(EngineError, match=f"(?s)^build the image .*{FULL}"):
            engines["b"].build(tag, _tar({"Dockerfile": b"FROM scratch\nCOPY big /\n", "big": big}), {})
    finally:
        engines["a"].remove_image(tag)
    assert list(engines["b"].image_tags()) == []
    used = full.hosts["b"].run("df", "-k", "--output=used", f"{full.hosts['b'].folder}/data").split()[-1]
    assert int(used) < 1024, "KB"
