"""The recipes of the READMEs, command by command, in containers: what they add is in the image of the copied tree."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from on_engine import claimed, own
from recipes import REPOSITORY, blocks, commands, tree

from catenet.orchestrator.backend.docker import connect
from catenet.orchestrator.deploy.images import ensure_node_image
from catenet.orchestrator.deploy.progress import NoProgress
from catenet.orchestrator.observe.running import running_labs

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tree with the recipes, which uses the wheels that ours has."""
    ensure_node_image(connect(), NoProgress())
    copied = tree(tmp_path_factory.mktemp("recipes"))
    if (REPOSITORY / ".wheelhouse").is_dir():
        (copied / ".wheelhouse").symlink_to(REPOSITORY / ".wheelhouse")
    return copied


def follow(copy: Path, lab: str, document: str, folder: Path) -> dict[str, list[str]]:
    """Each command of the document's recipe, typed in the folder of its lab → what it printed each time."""
    folder.mkdir()
    (folder / "lab.yaml").write_text(blocks()[lab])
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    variables = {**os.environ, "PATH": path, "PYTHONPATH": str(copy / "src"), "NO_COLOR": "1"}
    variables.pop("CATENET_LAB", None)
    printed: dict[str, list[str]] = {}
    for line in commands(REPOSITORY / document):
        words = ["sh", "-c", line]
        done = subprocess.run(
            words, cwd=folder, env=variables, capture_output=True, text=True, check=False, timeout=500
        )
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
        printed.setdefault(line.partition("  ")[0], []).append(done.stdout)
    return printed


def test_a_service_with_its_table_cache_and_file(copy: Path, tmp_path: Path) -> None:
    name = own("parrot")
    with claimed(name) as engine:
        printed = follow(copy, "parrot-lab/lab.yaml", "nodes/services/README.md", tmp_path / name)
        asked = [texts[0] for line, texts in printed.items() if line.startswith("catenet exec b")]
        assert asked == ["good day\nanyone?", "good day\nagain", "good evening\nbye"]
        assert "remember  300 s" in printed["catenet show a parrot"][0]
        assert "b greeted" in printed["catenet events --kind parrot.greeted"][0]
        assert '"key": "hush "' in (tmp_path / name / "compose.yaml").read_text()
        assert name not in running_labs(engine)


def test_a_check_and_a_verb(copy: Path, tmp_path: Path) -> None:
    name = own("toy")
    with claimed(name):
        printed = follow(copy, "toy-lab/lab.yaml", "orchestrator/README.md", tmp_path / name)
        assert "h1 reaches r, h2" in printed["catenet check"][0]
        assert "link2 silent: every packet is dropped at r" in printed["catenet lame link2 --last"][0]
        assert "silent" in printed["catenet status"][0]


def test_the_smallest_lab(copy: Path, tmp_path: Path) -> None:
    name = own("mine")
    with claimed(name):
        printed = follow(copy, "mine/lab.yaml", "labs/WRITING.md", tmp_path / name)
        assert printed["catenet exec h1 curl -s http://h2/"] == ["Hello\n"]


def test_another_program_for_a_service(copy: Path, tmp_path: Path) -> None:
    name = own("web")
    with claimed(name):
        printed = follow(copy, "web-lab/lab.yaml", "nodes/implementations/README.md", tmp_path / name)
        head, _, page = printed["catenet exec a curl -si http://b/"][0].replace("\r", "").partition("\n\n")
        assert "Server: SimpleHTTP" in head
        assert page == "Hello\n"
