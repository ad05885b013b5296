"""What is installed from a wheel is whole: a lab's picture or the image's package list must not stay behind."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
ROOMS = "nodes", "orchestrator", "labs", "images"
NOT_SHIPPED = shutil.ignore_patterns("__pycache__", "*.egg-info", ".catenet")


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tree without what was made in it, and with a lab more, that has every kind of data."""
    folder = tmp_path_factory.mktemp("package")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(REPOSITORY / name, folder)
    for name in ("src", *ROOMS):
        shutil.copytree(REPOSITORY / name, folder / name, symlinks=True, ignore=NOT_SHIPPED)
    pages = folder / "labs" / "more" / "pages" / "www.example.org"
    pages.mkdir(parents=True)
    for name in ("style.css", "program.py", "run"):
        (pages / name).touch()
    (pages / "__pycache__").mkdir()
    (pages / "__pycache__" / "program.pyc").touch()
    return folder


def test_a_wheel_holds_every_file_of_the_rooms_and_nothing_else(copy: Path, tmp_path: Path) -> None:
    build = "import sys; from setuptools.build_meta import build_wheel; build_wheel(sys.argv[1])"
    done = subprocess.run(
        [sys.executable, "-c", build, str(tmp_path)], cwd=copy, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if not name.startswith("catenet-")}
    rooms = [path for room in ROOMS for path in (copy / room).rglob("*") if path.is_file() and path.suffix != ".pyc"]
    expected = {f"catenet/{path.relative_to(copy)}" for path in rooms}
    assert held == expected | {"catenet/__init__.py", "catenet/py.typed"}
