"""Whatever is in a file: it is a lab, or a LabFileError with a line of that file."""

from __future__ import annotations

import re
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

import catenet
from catenet.orchestrator.lab.load import parse
from catenet.orchestrator.lab.model import Lab, LabFileError

INTERNET = (Path(catenet.__file__).parent / "labs" / "internet" / "lab.yaml").read_bytes()
PIECES = (b":", b"\t", b"- ", b"{", b"}", b"[", b"]", b"&a ", b"*a", b"!!int ", b"'", b'"', b"\n", b"\n  ", b"? ", b"#")
PIECES += (
    b"null",
    b"true",
    b"-1",
    b"1e999",
    b"\xff",
    b"\x00",
    b"0x",
    b"10.1.1.0/8",
    b"lans",
    b"a",
    b"|\n",
    b"%YAML 1.1",
)


def check(data: bytes) -> Lab | None:
    try:
        return parse(data, "f")
    except LabFileError as error:
        assert 1 <= error.line <= data.count(b"\n") + data.count(b"\r") + 2
        assert str(error).startswith(f"f:{error.line}: ")
        assert str(error).isprintable() or "\n" in str(error)
        return None


@settings(max_examples=200)
@given(st.binary(max_size=200))
def test_random_bytes(data: bytes) -> None:
    check(data)


@settings(max_examples=200)
@given(st.lists(st.sampled_from(PIECES), max_size=40).map(b"".join))
def test_random_pieces_of_yaml(data: bytes) -> None:
    check(data)


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
WORDS = st.sampled_from(
    re.findall(
        r"[a-z]+",
        """
    lans nodes checks timeline defaults name claims prefix services rip web routes ping resolve at cut expect l a
    gateway resolver to via zones nameserver""",
    )
)
TREES = st.recursive(
    SCALARS | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS | st.text(max_size=4), inner, max_size=4),
    max_leaves=20,
)


def flow(tree: object) -> str:
    """The tree as YAML on one line, texts in double quotes with everything escaped."""
    if isinstance(tree, dict):
        return "{" + ", ".join(f"{flow(key)}: {flow(value)}" for key, value in tree.items()) + "}"
    if isinstance(tree, list):
        return "[" + ", ".join(map(flow, tree)) + "]"
    if isinstance(tree, str):
        return '"' + "".join(f"\\U{ord(character):08x}" for character in tree) + '"'
    if tree is None or isinstance(tree, bool):  # first: 0 is equal to False
        return {None: "null", True: "true", False: "false"}[tree]
    return str(tree)


@settings(max_examples=200)
@given(st.dictionaries(WORDS, TREES, max_size=6))
def test_any_values_under_our_words(tree: dict[str, object]) -> None:
    check(flow(tree).encode("utf-8", "surrogatepass"))


@settings(max_examples=60)
@given(st.data())
def test_the_default_lab_with_bytes_changed(data: st.DataObject) -> None:
    changed = bytearray(INTERNET)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(changed)))
        changed[at : at + data.draw(st.integers(0, 6))] = data.draw(st.sampled_from(PIECES) | st.binary(max_size=3))
    check(bytes(changed))


@settings(max_examples=40)
@given(st.data())
def test_the_default_lab_with_lines_lost_or_doubled(data: st.DataObject) -> None:
    lines = INTERNET.splitlines(keepends=True)
    at = data.draw(st.integers(0, len(lines) - 1))
    lines[at : at + 1] = [lines[at]] * data.draw(st.sampled_from((0, 2)))
    check(b"".join(lines))
