"""`implementation:` in a lab file: which words there are, what a program must be, and what makes it another one."""

from __future__ import annotations

from pathlib import Path

import pytest

from catenet.nodes.control.implementation import Implementation
from catenet.orchestrator.lab.load import load
from catenet.orchestrator.lab.model import Lab, LabFileError

TEXT = """\
lans: {l: {prefix: 10.0.1.0/24}}
defaults: {rip: {update: 5s, timeout: 15s, garbage: 10s}}
nodes:
  a:
    lans: [l]
    services:
      rip:
        implementation: WORD
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "mine"
    folder.mkdir()
    return folder


def lab(folder: Path, word: str, text: str = TEXT) -> Lab:
    (folder / "lab.yaml").write_text(text.replace("WORD", word))
    return load(folder / "lab.yaml")


def program(path: Path, text: str = "#!/bin/sh\n", mode: int = 0o755) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    path.chmod(mode)
    return path


def test_ours_and_others(folder: Path) -> None:
    assert lab(folder, "catenet").nodes["a"].implementations == {}
    for word in ("frr", "bird"):
        assert lab(folder, word).nodes["a"].implementations == {"rip": Implementation.parse(word)}


def test_defaults_hold_and_a_node_may_differ(folder: Path) -> None:
    text = """\
lans: {l: {}}
defaults: {rip: {implementation: bird}}
nodes:
  a: {lans: [l], services: [rip]}
  b: {lans: [l], services: {rip: {implementation: catenet}}}
"""
    nodes = lab(folder, "", text).nodes
    assert (nodes["a"].implementations, nodes["b"].implementations) == ({"rip": Implementation("bird")}, {})


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("brid", "node a: rip: implementation 'brid' is none that rip has (did you mean bird?)"),
        ("quagga", "is none that rip has (there is: catenet, bird, frr, ./path)"),
        ("my/rip", "is none that rip has (a program of your own is a path: ./my/rip)"),
        ("/bin/sh", "is none that rip has"),
        ("./../x", "is no such path"),
        ('"./a b"', "is no such path"),
        ("./-rf", "is no such path"),
        ("2", "implementation is 2, and should be a text"),
        ("own_program", "implementation 'own_program' is none that rip has"),
        ('""', "implementation is '', and should be a text"),
        ("./my-ripp", "./my-ripp is not there (did you mean ./my-rip?)"),
        ("./plain", "./plain is not executable for everybody (chmod a+rx plain)"),
        ("./private", "./private is not executable for everybody (chmod a+rx private)"),
        ("./outside", "./outside leads out of the lab's folder"),
        ("./empty", "./empty is a folder without a file run or Dockerfile"),
        ("./half", "./half is not executable for everybody (chmod a+rx half/run)"),
        ("./strange", "./strange has a Dockerfile that does not stand on the node image"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(folder: Path, word: str, said: str) -> None:
    program(folder / "my-rip")
    program(folder / "plain", mode=0o644)
    program(folder / "private", mode=0o700)
    (folder / "outside").symlink_to(program(folder.parent / "else" / "rip"))
    (folder / "empty").mkdir()
    program(folder / "half" / "run", mode=0o644)
    program(folder / "strange" / "Dockerfile", "ARG NODE_IMAGE\nFROM ${NODE_IMAGE} AS one\nFROM debian\n")
    with pytest.raises(LabFileError) as caught:
        lab(folder, word)
    assert "lab.yaml:8: node a: rip: " in str(caught.value)
    assert said in str(caught.value)


def test_a_service_that_has_only_ours(folder: Path) -> None:
    (folder / "pages" / "x").mkdir(parents=True)
    text = "lans: {l: {}}\nnodes:\n  a: {lans: [l], services: {web: {root: x, implementation: frr}}}\n"
    with pytest.raises(LabFileError, match="'frr' is none that web has"):
        lab(folder, "", text)


def test_an_option_that_it_cannot_do(folder: Path) -> None:
    with pytest.raises(LabFileError) as caught:
        lab(folder, "frr", TEXT.replace("update: 5s", "update: 2s"))
    assert "lab.yaml:8: node a: rip: frr takes no timer under 5s, and whole seconds: update is 2s" in str(caught.value)


@pytest.mark.parametrize(
    ("word", "file"), [("./my-rip", "my-rip"), ("./folder", "folder/run"), ("./folder", "folder/part.py")]
)
def test_a_changed_program_is_another(folder: Path, word: str, file: str) -> None:
    program(folder / "my-rip")
    program(folder / "folder" / "run")
    program(folder / "folder" / "part.py")
    before = lab(folder, word).programs
    assert list(before) == [word]
    assert lab(folder, word).programs == before
    program(folder / file, "#!/bin/sh\n# changed\n")
    assert lab(folder, word).programs[word] != before[word]


def test_a_folder_with_a_dockerfile(folder: Path) -> None:
    program(folder / "built" / "Dockerfile", "ARG NODE_IMAGE\nFROM ${NODE_IMAGE}\nCOPY run /program/run\n", 0o644)
    assert list(lab(folder, "./built").programs) == ["./built"]
