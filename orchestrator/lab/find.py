"""Which lab file is meant, and which labs there are."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import catenet
from catenet.orchestrator.lab.problems import nearest, quote

__all__ = ["FILE", "LAB_VARIABLE", "Shipped", "UnknownLabError", "canonical", "find_lab", "labs"]

LAB_VARIABLE = "CATENET_LAB"
LABS = Path(catenet.__file__).parent / "labs"
FILE = "lab.yaml"


class UnknownLabError(ValueError):
    """What the user named is neither a lab in labs/ nor a file: exit 2. The text says what there is."""


class Shipped(NamedTuple):
    """A lab that comes with the project; `about` is the first sentence of its README."""

    name: str
    about: str
    file: Path


def labs(folder: Path = LABS) -> list[Shipped]:
    """The labs of a folder, by name."""
    return [Shipped(file.parent.name, _about(file.parent), file) for file in sorted(folder.glob(f"*/{FILE}"))]


def find_lab(word: str | None, folder: Path, environment: Mapping[str, str]) -> Path | None:
    """The file of the lab that is meant, or None where nothing says which.

    `word`, else $CATENET_LAB, is a name in labs/, such a name and another file of that lab (five-routers/ospf.yaml), or
    a path; without any, it is the lab.yaml in `folder` (the current one) or in the nearest folder above it.

    Raises:
        UnknownLabError: a lab is named, and there is none of that name.

    """
    named = word or environment.get(LAB_VARIABLE)
    if named:
        return _named(named, folder)
    return next((place / FILE for place in (folder, *folder.parents) if _is_file(place / FILE)), None)


def _is_file(path: Path) -> bool:
    """Not where the folder may not be looked into, either."""
    try:
        return path.is_file()
    except OSError:
        return False


def canonical(file: Path) -> Path:
    """The lab file's one path, by which a running lab is known again: of a link to a file in another folder too, since
    zones and pages are looked for beside the link.
    """
    return file.parent.resolve() / file.name


def _named(word: str, folder: Path) -> Path:
    shipped = {lab.name: lab.file for lab in labs()}
    if word in shipped:
        return shipped[word]
    path = folder / word
    name, _, other = word.partition("/")
    try:
        if name in shipped and other.endswith(".yaml") and (found := shipped[name].parent / other).is_file():
            return found
        if path.is_file():
            return path
        if (path / FILE).is_file():
            return path / FILE
        what = f"{quote(word)} has no {FILE}" if path.is_dir() else f"there is no lab {quote(word)}"
    except (OSError, ValueError):  # no file can have such a name
        what = f"there is no lab {quote(word)}"
    own = sorted(file.parent.name for file in folder.glob(f"*/{FILE}"))
    raise UnknownLabError(f"{what} ({nearest(word, [*shipped, *own])}; or write a path to a {FILE})")


def _about(folder: Path) -> str:
    readme = folder / "README.md"
    if not readme.is_file():
        return ""
    text = readme.read_text(encoding="utf-8", errors="replace")
    paragraphs = (" ".join(part.split()) for part in text.split("\n\n") if not part.lstrip().startswith("#"))
    first = next((paragraph for paragraph in paragraphs if paragraph), "")
    return first.partition(". ")[0].removesuffix(".")
