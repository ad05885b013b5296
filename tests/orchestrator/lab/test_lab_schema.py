"""The schema and the readers say the same of words and shapes: jsonschema is judge of the one, `parse` of the other."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator, Draft202012Validator
from test_bad_lab_files import Bad, bad_files
from test_lab_files_hostile import flow

from catenet.orchestrator.lab.document import read_document
from catenet.orchestrator.lab.find import labs
from catenet.orchestrator.lab.load import parse
from catenet.orchestrator.lab.model import LabFileError
from catenet.orchestrator.lab.reader import plain
from catenet.orchestrator.lab.schema import schema

SCHEMA = schema()
JUDGE = Draft202012Validator(SCHEMA)
WRITING = Path(__file__).parents[3] / "labs" / "WRITING.md"

UNSEEN = re.compile(
    r"overlaps|host bits|is (loopback|multicast)|no /24|outside|is the (network|broadcast|address of)|the engine keeps"
    r"|no address left|`gateway:` is missing|no (node|host|LAN|LAN of node \w+) '|on no LAN of|nobody|several LANs"
    r"|twice update|is empty: write|no resolver|is no node|no node on|LAN l is this node's own|is here twice"
    r"|cannot be shown|too long|breaks nothing|two rows have|more than once"
    r"|out of range|beside the service|between 1 and|is no folder|both listen|it has no default|no URL"
    r"|its nodes have all|is host \w+ already"
    r"|means nothing without|nothing is suffered|a second one from|one of all senders"
)
"""What the loader says of what a schema cannot see: whether things are there, and fit together."""


def document(text: bytes) -> Any:
    return plain(read_document(text, "f"))


def complaints(text: bytes) -> str:
    try:
        parse(text, "f")
    except LabFileError as error:
        return str(error)
    return ""


def examples() -> dict[str, bytes]:
    written = re.findall(r"```yaml\n(.*?)```", WRITING.read_text(encoding="utf-8"), re.DOTALL)
    shipped = {lab.name: lab.file.read_bytes() for lab in labs()}
    return shipped | {f"WRITING {number}": text.encode() for number, text in enumerate(written)}


@pytest.mark.parametrize("draft", [Draft202012Validator, Draft7Validator])
def test_it_is_a_schema_for_editors_that_know_an_older_draft_too(draft: Any) -> None:
    draft.check_schema(SCHEMA)
    assert not draft(SCHEMA).is_valid({"lans": {}, "nodes": {"a": {"lans": ["l"], "servces": ["rip"]}}})


@pytest.mark.parametrize("name", examples())
def test_every_example_is_fine(name: str) -> None:
    assert [error.message for error in JUDGE.iter_errors(document(examples()[name]))] == []


def seen() -> list[Bad]:
    """The wrong files that are YAML, and whose mistake is one of words or shapes."""
    found = []
    for bad in bad_files():
        said = complaints(bad.text.encode())
        if not all(UNSEEN.search(line) for line in said.splitlines()):
            try:
                document(bad.text.encode())
            except LabFileError:
                continue
            found.append(bad)
    return found


@pytest.mark.parametrize("bad", seen(), ids=lambda bad: bad.name)
def test_mistakes_of_words_are_refused(bad: Bad) -> None:
    assert not JUDGE.is_valid(document(bad.text.encode())), complaints(bad.text.encode())


def test_most_of_the_wrong_files_are_such() -> None:
    assert len(seen()) > 60


@pytest.mark.parametrize(
    ("path", "words"),
    [
        (("lans",), "two nodes on it make a link"),
        (("nodes", "a", "lans"), "in the order of the file"),
        (("nodes", "a", "services", "rip", "update"), "Default: 30s."),
        (("nodes", "a", "services", "web", "root"), "inside the lab's folder pages/. It must be given."),
        (("nodes", "a", "services", "resolver", "cache"), "the least recently used go first. Default: 10000."),
        (("checks", 0, "routes", "cost"), "RIP or OSPF − 1"),
        (("timeline", 0, "expect", "ping", "answered"), "Without it: yes"),
    ],
)
def test_a_hover_teaches(path: tuple[object, ...], words: str) -> None:
    assert any(words in text for text in descriptions(SCHEMA, list(path)))


def descriptions(shape: Mapping[str, Any], path: list[object]) -> Iterator[str]:
    """As an editor finds them, behind references and alternatives."""
    if "$ref" in shape:
        yield from descriptions(SCHEMA["$defs"][shape["$ref"].rpartition("/")[2]], path)
    for other in (*shape.get("allOf", ()), *shape.get("anyOf", ())):
        yield from descriptions(other, path)
    if not path and "description" in shape:
        yield shape["description"]
    if path:
        word, rest = path[0], path[1:]
        below = shape.get("items") if word == 0 else shape.get("properties", {}).get(word)
        below = below or (shape.get("additionalProperties") if isinstance(word, str) else None)
        if below:
            yield from descriptions(below, rest)


def places(tree: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    if isinstance(tree, dict | list):
        for key, child in tree.items() if isinstance(tree, dict) else enumerate(tree):
            yield from places(child, (*path, key))


VALUES = (None, True, 5, -1, 1.5, "5s", "x", "off", "", [], ["x"], [5], {}, {"x": 1}, {"at": "1s"}, {"lans": ["l"]})
EVERY_WORD = b"""
name: x
claims: [D1]
lans: {l: {prefix: 10.0.0.0/24}, m: {}}
defaults: {rip: {update: 2s, timeout: 6s, implementation: catenet}, nameserver: {zones: [root]}}
nodes:
  a: {lans: {l: 10.0.0.1, m: }, services: [rip, browse], forward: on, resolver: n}
  b: {lans: [l], services: {web: {root: x, port: 80, idle: 5s}, resolver: {qname_minimisation: off}}, gateway: a}
  n: {lans: m, services: {nameserver: }, routes: [{to: l, via: a}]}
checks:
  - {claim: D1, routes: {at: a, to: l, cost: 0}, within: 2s}
  - {resolve: {at: b, name: n, cold: true, messages: 2, asks: n, gives: 10.0.1.2}}
  - {fetch: {at: n, url: "http://b/", status: 404}}
  - {path: {from: b, to: n, routers: [a]}}
timeline:
  - {at: 1s, cut: l, silent: yes}
  - {at: 2s, expect: {ping: {from: b, to: n, answered: no}}, within: 1s, claim: D1}
  - {at: 3s, heal: l}
"""
WHOLE = document(EVERY_WORD)


@st.composite
def nearly_right(draw: st.DrawFn) -> Any:
    """A lab in which one thing is otherwise: a value, a word too many, a word lost, or a word misspelt."""
    tree = copy.deepcopy(WHOLE)
    path = draw(st.sampled_from([path for path in places(tree) if path]))
    at = tree
    for key in path[:-1]:
        at = at[key]
    how = draw(st.sampled_from(("value", "more", "less", "misspelt")))
    if how == "value":
        at[path[-1]] = draw(st.sampled_from(VALUES))
    elif how == "less":
        del at[path[-1]]
    elif isinstance(at, dict):
        word = f"{path[-1]}x"
        at[word] = draw(st.sampled_from(VALUES)) if how == "more" else at.pop(path[-1])
    return tree


@settings(max_examples=150)
@given(nearly_right())
def test_the_schema_and_the_loader_agree(tree: Any) -> None:
    said = complaints(flow(tree).encode()).splitlines()
    if not said:
        assert JUDGE.is_valid(tree)
    if JUDGE.is_valid(tree):
        assert [line for line in said if not UNSEEN.search(line)] == []


def test_what_is_altered_was_right() -> None:
    assert complaints(EVERY_WORD) == ""
    assert JUDGE.is_valid(WHOLE)
