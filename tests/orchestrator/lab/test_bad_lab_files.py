"""Wrong lab files, kept in bad_labs.txt: each gives its line, and says in words what to do."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

import pytest

from catenet.orchestrator.lab.document import BYTE_LIMIT
from catenet.orchestrator.lab.load import load, parse
from catenet.orchestrator.lab.model import LabFileError
from catenet.orchestrator.lab.problems import LabFileErrors

GOOD = "lans: {l: {}}\nnodes: {a: {lans: [l]}}\n"


class Bad(NamedTuple):
    name: str
    text: str
    line: int
    words: list[str]


def bad_files() -> list[Bad]:
    """`=== NAME | LINE | WORDS`, then the file."""
    parts = (Path(__file__).parent / "bad_labs.txt").read_text(encoding="utf-8").split("=== ")[1:]
    files = []
    for part in parts:
        head, _, text = part.partition("\n")
        name, line, words = head.split(" | ")
        files.append(Bad(name, text, int(line), words.split(", ")))
    return files


def the_error(data: bytes, folder: Path | None = None) -> LabFileError:
    with pytest.raises(LabFileError) as caught:
        parse(data, "x/lab.yaml", folder)
    return caught.value


@pytest.mark.parametrize("bad", bad_files(), ids=lambda bad: bad.name)
def test_each_mistake_has_its_line_and_words(bad: Bad) -> None:
    error = the_error(bad.text.encode())
    said = [line for line in str(error).splitlines() if line.startswith(f"x/lab.yaml:{bad.line}: ")]
    assert any(all(word in line for word in bad.words) for line in said), str(error)


@pytest.mark.parametrize("bad", bad_files(), ids=lambda bad: bad.name)
def test_one_mistake_is_reported_once(bad: Bad) -> None:
    lines = str(the_error(bad.text.encode())).splitlines()
    assert len(lines) == len(set(lines)) <= 2, lines


@pytest.mark.parametrize(
    ("data", "line", "word"),
    [
        (b"", 1, "empty"),
        (b"# nothing\n", 1, "empty"),
        (b"lans:\n\tl: {}\n", 2, "tabs"),
        (b"name: x\nlans: \xff\n", 2, "0xff is no UTF-8"),
        (GOOD.encode("utf-16"), 1, "UTF-8"),
        (b"name: x\n\nlans: a\x00b\n", 3, "control character '\\x00'"),
        (b"name: x\r\rlans: a\x00b\r", 3, "control character '\\x00'"),
        ("# the library ends a line here\u2028, no editor does\n".encode(), 1, "control character '\\u2028'"),
        ("name: x\nlans:\xa0{l: {}}\n".encode(), 2, "U+00A0 looks like a space"),
        (b"lans: {l: {}}\r\nnodes: x y: z\r\n", 2, "no YAML"),
        (b"lans: {l: {}}\rnodes: x y: z\r", 2, "no YAML"),
        (b"[" * 100_000, 1, "deeper than 20"),
        (b"a: " + b"{a: " * 30, 1, "deeper than 20"),
        (b"claims: [" + b"x," * 60_000 + b"]", 1, "more than 50000 values"),
        (b"a" * (BYTE_LIMIT + 1), 1, "over the 1000000"),
        (b'name: "\\UFFFFFFFF"', 1, "no YAML"),
        (b"%YAML 9.9\n---\nname: x", 1, "no YAML"),
        (b"\xef\xbb\xbfnodes:", 1, "`lans:` is missing"),
        (b"name: " + b"9" * 4000, 1, "name is a number of very many digits"),
        (b"name: 0x" + b"f" * 5000, 1, "name is a number of very many digits"),
        (b"name: " + b"x" * 5000, 1, "name has 5000 characters"),
    ],
)
def test_what_is_no_text_or_no_yaml(data: bytes, line: int, word: str) -> None:
    error = the_error(data)
    assert error.line == line
    assert word in str(error)
    assert len(str(error)) < 500


def test_all_mistakes_come_at_once_in_the_order_of_their_lines() -> None:
    error = the_error(b"nodes: {a: {lans: [m]}}\nlans: {l: {prefix: x}}\nclaims: [Q1]\n")
    assert isinstance(error, LabFileErrors)
    assert [problem.line for problem in error.errors] == [1, 2, 3]
    assert error.line == 1
    assert len(str(error).splitlines()) == 3


@pytest.mark.parametrize("entry", ["checks: [{pnig: {from: a, to: a}}]", "timeline: [{at: 1s, cutt: l}]"])
def test_a_mistyped_kind_or_verb_is_one_mistake(entry: str) -> None:
    error = the_error(f"{GOOD}{entry}\n".encode())
    assert "unknown word" in str(error)
    assert len(str(error).splitlines()) == 1


def test_many_mistakes_are_cut_short() -> None:
    error = the_error(("claims: [" + "Q1, " * 4_000 + "]\n" + GOOD).encode())
    lines = str(error).splitlines()
    assert len(lines) == 21
    assert lines[-1] == "x/lab.yaml: and 30 more"


def test_a_crowd_is_refused() -> None:
    """A bridge of the kernel takes 1,024 ports."""
    nodes = "".join(f"  n{number}: {{lans: [l]}}\n" for number in range(1025))
    error = the_error(f"lans: {{l: {{prefix: 10.0.0.0/16}}}}\nnodes:\n{nodes}".encode())
    assert "1025 nodes" in str(error)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(LabFileError, match=r"none.yaml:1: cannot be read: No such file.*catenet labs"):
        load(tmp_path / "none.yaml")


def test_a_folder_for_a_file(tmp_path: Path) -> None:
    with pytest.raises(LabFileError, match=r":1: this is a folder \(.*lab.yaml\)"):
        load(tmp_path)


def test_a_named_pipe_whose_writer_may_never_come(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "lab.yaml")
    with pytest.raises(LabFileError, match=r"lab.yaml:1: this is a named pipe \(save what comes out of it as a file\)"):
        load(tmp_path / "lab.yaml")


def test_what_another_program_writes_can_be_read_as_it_comes() -> None:
    reading, writing = os.pipe()
    with os.fdopen(writing, "wb") as file:
        file.write(GOOD.encode())
    assert list(load(Path(f"/dev/fd/{reading}")).nodes) == ["a"]
    os.close(reading)


def test_a_name_that_no_file_can_have() -> None:
    with pytest.raises(LabFileError, match="cannot be read"):
        load(Path("a\0b"))


def test_a_zone_without_file_or_nodes(tmp_path: Path) -> None:
    text = (
        "lans: {l: {}}\nnodes:\n  ns.edu:\n    lans: [l]\n    services:\n      nameserver: {zones: [edu, fr, root]}\n"
    )
    error = the_error(text.encode(), tmp_path / "x")
    assert str(error).startswith("x/lab.yaml:6: node ns.edu: zone fr has no file zones/fr.zone")
    assert "zone edu" not in str(error)


def test_pages_that_are_not_there(tmp_path: Path) -> None:
    (tmp_path / "pages" / "dragon").mkdir(parents=True)
    text = "name: x\nlans: {l: {}}\nnodes:\n  w: {lans: [l], services: {web: {root: dragn}}}\n"
    assert str(the_error(text.encode(), tmp_path)) == (
        "x/lab.yaml:4: node w: web: there is no folder pages/dragn (did you mean dragon?)"
    )
