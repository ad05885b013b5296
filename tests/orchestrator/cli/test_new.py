"""`catenet new`: what it writes is a lab that holds what it says; what it does not write over."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from on_engine import claimed, own

from catenet.orchestrator.cli.app import run
from catenet.orchestrator.lab.document import read_document
from catenet.orchestrator.lab.find import labs
from catenet.orchestrator.lab.load import load, parse
from catenet.orchestrator.lab.reader import plain


@pytest.fixture
def new(capsys, monkeypatch, tmp_path, engine):
    monkeypatch.chdir(tmp_path)

    def call(*words: str) -> tuple[int, str, str]:
        code = run(["new", *words], lambda: engine)
        return code, *capsys.readouterr()

    return call


def test_it_is_small_and_fine(new, tmp_path):
    code, out, err = new("mine")
    assert (code, err) == (0, "")
    lab = load(tmp_path / "mine" / "lab.yaml")
    assert (lab.name, len(lab.nodes), len(lab.lans), len(lab.checks)) == ("mine", 3, 2, 1)
    assert [node.name for node in lab.nodes.values() if node.forward] == ["r"]
    assert "cd mine" in out and "catenet validate lab.yaml" in out and "catenet check" in out


def test_an_editor_finds_the_schema(new, tmp_path):
    new("mine")
    first = (tmp_path / "mine" / "lab.yaml").read_text().splitlines()[0]
    named = re.fullmatch(r"# yaml-language-server: \$schema=(\S+)", first)
    assert named is not None
    schema = json.loads((tmp_path / "mine" / named[1]).read_text(encoding="utf-8"))
    Draft202012Validator(schema).validate(plain(read_document((tmp_path / "mine" / "lab.yaml").read_bytes(), "f")))


def test_the_lines_to_go_on_with_are_right_too(new, tmp_path):
    new("mine")
    text = (tmp_path / "mine" / "lab.yaml").read_text()
    begin = text.index("# timeline:")
    assert len(parse((text[:begin] + re.sub(r"(?m)^# ", "", text[begin:])).encode(), "f").timeline) == 4


def test_each_command_of_its_readme_is_one(new, tmp_path, capsys):
    new("mine")
    text = (tmp_path / "mine" / "README.md").read_text()
    assert text.startswith("# mine\n")
    verbs = set(re.findall(r"`catenet (\S+?)[ `]", text))
    assert len(verbs) > 8
    for verb in verbs:
        assert run([verb, "--help"]) == 0


@pytest.mark.parametrize("shipped", labs(), ids=lambda lab: lab.name)
def test_a_copy_of_a_shipped_lab(new, tmp_path, shipped):
    assert new("mine", "--from", shipped.name)[0] == 0
    lab, origin = load(tmp_path / "mine" / "lab.yaml"), load(shipped.file)
    assert lab.name == "mine"
    assert (lab.nodes, lab.lans, lab.data, lab.files) == (origin.nodes, origin.lans, origin.data, origin.files)
    files = [path for path in shipped.file.parent.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    theirs = {path.relative_to(shipped.file.parent) for path in files}
    assert {path.relative_to(tmp_path / "mine") for path in (tmp_path / "mine").rglob("*") if path.is_file()} == {
        *theirs,
        Path("lab.schema.json"),
    }


@pytest.mark.parametrize(
    ("line", "after"),
    [("name: old", "name: copy"), ("name: old   # why", "name: copy   # why"), ('name: "old"', "name: copy"), ("", "")],
)
def test_a_copy_of_ones_own_lab(new, tmp_path, line, after):
    (tmp_path / "old").mkdir()
    rest = "# lans of all\nlans: {l: {}}\nnodes: {a: {lans: [l]}}\n"
    (tmp_path / "old" / "lab.yaml").write_text(f"{line}\n{rest}")
    assert new("copy", "--from", "./old")[0] == 0
    assert (tmp_path / "copy" / "lab.yaml").read_text().partition("\n")[2] == f"{after}\n{rest}"
    assert load(tmp_path / "copy" / "lab.yaml").name == "copy"


def test_a_copys_programs_are_programs_still_and_links_lead_nowhere_else(new, tmp_path):
    old, copy = tmp_path / "old", tmp_path / "copy"
    for folder in ("__pycache__", ".catenet", "in"):
        (old / folder).mkdir(parents=True)
        (old / folder / "file").write_text(folder)
    (old / "lab.yaml").write_text("lans: {l: {}}\nnodes: {a: {lans: [l], services: {rip: {implementation: ./rip}}}}\n")
    (old / "rip").write_text("#!/bin/sh\n")
    (old / "rip").chmod(0o755)
    (old / "in" / "file").chmod(0o444)
    (tmp_path / "secret").write_text("secret")
    (old / "out").symlink_to("../secret")
    (old / "up").symlink_to("..")
    (old / "near").symlink_to("in/file")
    code, _, err = new("copy", "--from", "./old")
    assert code == 0
    assert load(copy / "lab.yaml").name == "copy"
    assert {str(path.relative_to(copy)) for path in copy.rglob("*") if path.is_file()} == {
        *("lab.yaml", "lab.schema.json", "rip", "in/file", "near")
    }
    assert [(copy / name).stat().st_mode & 0o777 for name in ("rip", "in/file")] == [0o755, 0o644]
    assert (copy / "near").read_text() == "in"
    assert [line.split(",")[0] for line in err.splitlines()] == ["catenet: left out: out", "catenet: left out: up"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["internet"], "internet is a lab that comes with catenet"),
        (["Internet"], "internet is a lab that comes with catenet"),
        (["mine", "--from", "latin"], "latin/lab.yaml is no UTF-8 text"),
        (["mine", "--from", "internat"], "did you mean internet?"),
        (["mine", "--from", "full"], "--from: 'full' has no lab.yaml"),
        (["full"], "full has a README.md already: name another folder, or remove it first"),
        (["full/README.md"], "cannot write"),
        (["full/text/x"], "cannot write"),
        ([], "Missing argument 'DIR'"),
    ],
)
def test_what_it_refuses(new, tmp_path, words, said):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "README.md").write_text("mine")
    (tmp_path / "full" / "text").write_text("")
    (tmp_path / "latin").mkdir()
    (tmp_path / "latin" / "lab.yaml").write_bytes(b"# caf\xe9\nlans: {}\n")
    before = sorted(tmp_path.rglob("*"))
    code, out, err = new(*words)
    assert (code, out) == (2, "")
    assert said in err and len(err.splitlines()) == 1
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(("folder", "called"), [("My Lab", "my-lab"), ("tmp.X1", "tmp-x1"), ("Übung 1", "ubung-1")])
def test_a_folder_whose_name_is_none_for_a_lab(new, tmp_path, folder, called):
    code, out, err = new(folder, "--from", "internet")
    assert (code, err) == (0, "")
    assert f"The lab is called {called}" in out
    assert f"cd '{folder}'" in out or f"cd {folder}\n" in out.replace("  ", "\n")
    assert load(tmp_path / folder / "lab.yaml").name == called


def test_the_folder_one_is_in_may_be_the_labs(new, tmp_path, monkeypatch):
    (tmp_path / "UPPER").mkdir()
    monkeypatch.chdir(tmp_path / "UPPER")
    assert new(".")[0] == 0
    assert load(tmp_path / "UPPER" / "lab.yaml").name == "upper"


def test_a_folder_with_other_things_may_be_the_labs(new, tmp_path):
    (tmp_path / "mine" / ".git").mkdir(parents=True)
    assert new("mine")[0] == 0


@pytest.mark.engine
def test_it_runs_as_it_is(capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CATENET_LAB", raising=False)
    name = own("new")
    assert run(["new", name]) == 0
    with claimed(name):
        assert run(["up", name]) == 0
        monkeypatch.chdir(tmp_path / name)
        capsys.readouterr()
        assert run(["check"]) == 0
        assert f"{name}: 1 of 1 checks hold" in capsys.readouterr().out
        assert run(["cut", "right"]) == 0
        assert run(["check"]) == 1
        assert run(["down"]) == 0
