"""The documents: what they link to and name is there, prose fits a terminal, and the first one is short."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from recipes import REPOSITORY, TOYS, documents

from catenet.nodes.catalogue import services
from catenet.orchestrator.cli.verbs import commands

ROOMS = ("nodes", "orchestrator", "labs", "tests", "images", "src", ".ci")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
PATH = re.compile(rf"(?<![\w/.\-])(?:{'|'.join(map(re.escape, ROOMS))})/[\w./\-]*\w")


def prose(text: str) -> Iterator[tuple[int, str]]:
    """The lines outside of blocks of code, with their numbers."""
    inside = False
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("```"):
            inside = not inside
        elif not inside:
            yield number, line


def anchors(text: str) -> set[str]:
    """What GitHub makes of the headings."""
    heads = [line.lstrip("#").strip() for _, line in prose(text) if line.startswith("#")]
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def broken_links(document: Path) -> Iterator[str]:
    for number, line in prose(document.read_text(encoding="utf-8")):
        for target in LINK.findall(line):
            if "://" in target:
                continue
            name, _, anchor = target.partition("#")
            file = document.parent / name if name else document
            known = anchors(file.read_text(encoding="utf-8")) if anchor and file.is_file() else set()
            if not file.exists() or (anchor and anchor not in known):
                yield f"{document.relative_to(REPOSITORY)}:{number}: {target}"


def unknown_paths(document: Path) -> Iterator[str]:
    """What is written as a path of the tree, in backticks or not, and is neither there nor in a recipe."""
    for number, line in prose(document.read_text(encoding="utf-8")):
        for path in PATH.findall(LINK.sub("", line)):
            if "NAME" not in path and not ((REPOSITORY / path).exists() or (TOYS / path).exists()):
                yield f"{document.relative_to(REPOSITORY)}:{number}: {path}"


DOCUMENTS = [document for document in documents() if document.name != "CHANGELOG.md"]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: str(document.relative_to(REPOSITORY)))
def test_what_a_document_links_to_and_names_is_there(document: Path) -> None:
    assert [*broken_links(document), *unknown_paths(document)] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: str(document.relative_to(REPOSITORY)))
def test_prose_fits_a_terminal(document: Path) -> None:
    lines = prose(document.read_text(encoding="utf-8"))
    assert [f"{number}: {line}" for number, line in lines if len(line) > 120 and not line.startswith("|")] == []


def unnamed(room: Path, kinds: frozenset[str]) -> set[str]:
    """What lies in a room and its `__init__` does not name, at a line's begin or before a colon; `kinds` are found by
    listing it, and need no naming.
    """
    files = {path.stem for path in room.glob("*.py")} | {path.parent.name for path in room.glob("*/__init__.py")}
    lines = (room / "__init__.py").read_text(encoding="utf-8").splitlines()
    heads = [re.split(r" {2,}", line.strip())[0] for line in lines]
    behind = [word for line in lines for word in re.findall(r"[;(] ?([\w, ]+): ", line)]
    words = set(re.findall(r"\w+", " ".join([*(head for head in heads if len(head) < 60), *behind])))
    return files - words - kinds - {"__init__", "__main__"}


LISTED = {
    "nodes/services": frozenset(services()) | {"machine_program"},
    "nodes/implementations/*": frozenset(services()),
    "orchestrator/cli": frozenset(
        module for panel in commands().values() for each in panel.values() for module in [each.target.partition(":")[0]]
    ),
}
"""Rooms of kinds, and the kinds in them."""
FLAT = [path.parent for top in ("nodes", "orchestrator") for path in sorted((REPOSITORY / top).rglob("__init__.py"))]


@pytest.mark.parametrize("room", FLAT, ids=lambda room: str(room.relative_to(REPOSITORY)))
def test_a_room_says_what_its_files_are(room: Path) -> None:
    name = room.relative_to(REPOSITORY)
    kinds = next((kinds for pattern, kinds in LISTED.items() if name.match(pattern)), frozenset())
    assert unnamed(room, kinds) == set()


def test_the_readme_is_short() -> None:
    assert len((REPOSITORY / "README.md").read_text(encoding="utf-8").splitlines()) <= 200


@pytest.mark.parametrize("room", ["nodes", "orchestrator", "labs", "tests"])
def test_the_readme_leads_to_each_room(room: str) -> None:
    assert f"]({room}/README.md)" in (REPOSITORY / "README.md").read_text(encoding="utf-8")


def layers(tree: str) -> list[set[str]]:
    """The rooms that import-linter has in layers, from above; one in brackets is still to come."""
    contracts = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (own,) = [each["layers"] for each in contracts if each.get("containers") == [f"catenet.{tree}"]]
    return [set(re.findall(r"\w+", layer)) for layer in own if not layer.startswith("(")]


@pytest.mark.parametrize("tree", ["nodes", "orchestrator"])
def test_the_map_is_that_of_the_import_linter(tree: str) -> None:
    """An upper line may import a lower one: the README has the rooms in the same order, and forgets none."""
    text = (REPOSITORY / tree / "README.md").read_text(encoding="utf-8")
    block = text.partition("## The rooms")[2].split("```")[1]
    rooms = [line.partition("  ")[0].split() for line in block.strip().splitlines() if not line.startswith(" ")]
    assert [{name.partition("/")[0].removesuffix(".py") for name in line} for line in rooms] == layers(tree)


def test_it_finds_what_it_looks_for() -> None:
    assert anchors("# A head, here\n```\n# none\n```\n") == {"a-head-here"}
    assert LINK.findall("[a](nothing.md), [b](#head)") == ["nothing.md", "#head"]
    assert PATH.findall("`nodes/none.py`, in nodes/rip. See labs/ or my/nodes/x") == ["nodes/none.py", "nodes/rip"]
