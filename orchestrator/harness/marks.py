"""What a test wants, from the arguments of its markers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import get_args

import pytest

from catenet.nodes.control.config import Stack
from catenet.orchestrator.lab.hosts import Wiring

__all__ = ["MARKERS", "MarkerError", "Wanted", "wanted", "words_of"]

MARKERS = (
    'lab(lab, fresh=False, claims=[], routing="", stack="", wiring=""): the lab of the fixture `lab`: a name that '
    "`catenet labs` lists, or a path relative to the test file; fresh: a copy of its own; claims: ids that the test is "
    "about; "
    "routing: the service that finds the routes, stack: the stack of all nodes that can be there, and wiring: what its "
    "LANs are made of (bridge or vxlan), each in place of the file's",
    "implementations(*words, service, node): run the test once with each of these as that service of that node; a word "
    "is catenet, the name of another implementation, or a path relative to the test file",
)


class MarkerError(Exception):
    """The arguments of a marker are wrong; the text says how they should be."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The lab of `file`; with the `implementation` (node, service, word), where a test is about several; with
    `routing`, `stack` and `wiring` in place of how the file has it.
    """

    file: Path
    fresh: bool = False
    claims: tuple[str, ...] = ()
    implementation: tuple[str, str, str] | None = None
    routing: str = ""
    stack: str = ""
    wiring: str = ""

    @property
    def key(self) -> tuple[Path, tuple[str, str, str] | None, str, str, str]:
        """Tests with equal keys can share a copy."""
        return self.file, self.implementation, self.routing, self.stack, self.wiring


def wanted(node: pytest.Item, word: str = "") -> Wanted:
    """What a test wants whose implementation is `word` (empty: it says nothing about implementations).

    Raises:
        MarkerError: its markers are wrong, or no lab is there.

    """
    name: str | Path = ""
    options: dict[str, object] = {}
    for marker in node.iter_markers("lab"):  # the closest first
        if len(marker.args) > 1 or not all(isinstance(each, str | Path) and str(each) for each in marker.args):
            raise MarkerError('lab: one lab, as a name or a path, like @pytest.mark.lab("five-routers")')
        _known("lab", marker.kwargs, ("fresh", "claims", "routing", "stack", "wiring"))
        name = name or next(iter(marker.args), "")
        options = {**marker.kwargs, **options}
    fresh, claims = options.get("fresh", False), options.get("claims", ())
    if not isinstance(fresh, bool):
        raise MarkerError(f"lab: fresh is {fresh!r}, and should be True or False")
    if isinstance(claims, str) or not isinstance(claims, Sequence) or not all(isinstance(each, str) for each in claims):
        raise MarkerError(f'lab: claims is {claims!r}, and should be a list, like ["D5"]')
    routing = options.get("routing", "")
    if not isinstance(routing, str):
        raise MarkerError(f"lab: routing is {routing!r}, and should be the name of a service")
    stack, wiring = _one_of("stack", options, get_args(Stack)), _one_of("wiring", options, get_args(Wiring))
    plain = Wanted(_file(str(name), node.path), fresh, tuple(claims), None, routing, stack, wiring)
    if not word:
        return plain
    _, service, place = _implementations(node)
    return replace(plain, implementation=(place, service, _absolute(word, node.path)))


def _one_of(word: str, options: Mapping[str, object], choices: Sequence[str]) -> str:
    said = options.get(word, "")
    if not isinstance(said, str) or said not in ("", *choices):
        raise MarkerError(f"lab: {word} is {said!r}, and should be one of {', '.join(choices)}")
    return said


def words_of(node: pytest.Item) -> Sequence[str]:
    """The implementations with which a test is to be run; none where it says nothing about that.

    Raises:
        MarkerError: the marker's arguments are wrong.

    """
    if node.get_closest_marker("implementations") is None:
        return ()
    words, _, _ = _implementations(node)
    for word in words:
        _absolute(word, node.path)
    return words


def _implementations(node: pytest.Item) -> tuple[Sequence[str], str, str]:
    """The words, the service and the node."""
    marker = node.get_closest_marker("implementations")
    assert marker is not None
    like = 'like @pytest.mark.implementations("catenet", "./my-rip", service="rip", node="a")'
    _known("implementations", marker.kwargs, ("service", "node"))
    service, place = marker.kwargs.get("service"), marker.kwargs.get("node")
    if not isinstance(service, str) or not isinstance(place, str) or not service or not place:
        raise MarkerError(f"implementations: `service` and `node` say whose program it is, {like}")
    words = marker.args
    if not words or not all(isinstance(word, str) and word for word in words) or len({*words}) < len(words):
        raise MarkerError(f"implementations: one word or more, each once, {like}")
    return words, service, place


def _known(marker: str, given: Mapping[str, object], known: Sequence[str]) -> None:
    for word in given:
        if word not in known:
            near = get_close_matches(word, known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"there is {' and '.join(known)}"
            raise MarkerError(f"{marker}: unknown word {word!r} ({hint})")


def _file(name: str, test: Path) -> Path:
    from catenet.orchestrator.lab.find import UnknownLabError, canonical, find_lab

    try:
        file = find_lab(name or None, test.parent, {})
    except UnknownLabError as error:
        raise MarkerError(f"lab: {error}") from None
    if file is None:
        raise MarkerError(
            "which lab? Mark the test, like @pytest.mark.lab('five-routers'), or put a lab.yaml beside the test file"
        )
    return canonical(file)


def _absolute(word: str, test: Path) -> str:
    """A path is relative to the test file; other words are names."""
    if not word.startswith((".", "/")):
        return word
    path = (test.parent / word).resolve()
    if not path.exists():
        raise MarkerError(f"implementations: there is no {path}")
    return str(path)
