"""The recipes of the READMEs: blocks of code that begin with the path of a file, and a copy of the tree that has them.

A block of Python is one text with the file of that path in tests/toys, where it is linted and tested. After a change
there: .venv/bin/python tests/recipes.py
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

__all__ = ["REPOSITORY", "TOYS", "blocks", "commands", "documents", "tree"]

REPOSITORY = Path(__file__).parents[1]
TOYS = Path(__file__).parent / "toys"
_BLOCK = re.compile(r"^```(?:python|yaml)\n# (?P<path>\w[\w./-]*\.\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_SHELL = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_MADE = shutil.ignore_patterns("__pycache__", "*.egg-info", ".catenet")


def documents() -> list[Path]:
    """Every Markdown file of ours, not of what was installed or made in the tree."""
    own = (path.relative_to(REPOSITORY) for path in REPOSITORY.rglob("*.md") if "src" not in path.parts)
    return sorted(REPOSITORY / path for path in own if not any(part.startswith(".") for part in path.parts))


def blocks() -> dict[str, str]:
    """The path that a block begins with → its text.

    Raises:
        ValueError: two blocks have the same path.

    """
    found: dict[str, str] = {}
    for document in documents():
        for block in _BLOCK.finditer(document.read_text(encoding="utf-8")):
            if block["path"] in found:
                raise ValueError(f"{document}: a block of {block['path']} is in another document already")
            found[block["path"]] = block["text"]
    return found


def commands(document: Path) -> list[str]:
    """The lines of its shell blocks; comments stay, a shell passes over them."""
    text = document.read_text(encoding="utf-8")
    return [line for block in _SHELL.findall(text) for line in block.splitlines()]


def tree(folder: Path) -> Path:
    """A copy of what is installed and checked, in that folder, with the recipes' files in their places."""
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(REPOSITORY / name, folder)
    for name in ("src", "nodes", "orchestrator", "labs", "images"):
        shutil.copytree(REPOSITORY / name, folder / name, symlinks=True, ignore=_MADE)
    for path, text in blocks().items():
        place = folder / path
        if place.exists():
            raise ValueError(f"{path} is there already")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
    return folder


def _fill() -> None:
    def current(block: re.Match[str]) -> str:
        toy = TOYS / block["path"]
        before, after = block[0][: block.start("text") - block.start()], block[0][block.end("text") - block.start() :]
        return f"{before}{toy.read_text(encoding='utf-8')}{after}" if toy.is_file() else block[0]

    for document in documents():
        text = document.read_text(encoding="utf-8")
        document.write_text(_BLOCK.sub(current, text), encoding="utf-8")


if __name__ == "__main__":
    _fill()
