"""Labs in folders of any name, on the engine in memory: how they are called, and how they are found again."""

from __future__ import annotations

import pytest

from catenet.orchestrator.backend.protocols import LABEL_LAB
from catenet.orchestrator.cli.app import run
from catenet.orchestrator.deploy.base import DEBIAN

TEXT = "lans: {l: {}}\nnodes: {a: {lans: [l]}, b: {lans: [l]}}\n"
FOLDERS = ["My Lab", "tmp.X1", "Übung 1", "实验", ".hidden", "x" * 200, "a:b,c$d'e\"f", "x\ny", "-x"]


@pytest.fixture
def catenet(engine, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("BASE_IMAGE", raising=False)
    monkeypatch.delenv("CATENET_LAB", raising=False)
    engine.build(DEBIAN, b"context", {})

    def call(*words: str) -> tuple[int, str, str]:
        code = run(words, lambda: engine)
        return code, *capsys.readouterr()

    return call


def lab_in(folder):
    folder.mkdir(parents=True)
    (folder / "lab.yaml").write_text(TEXT)
    return folder


def copies(engine):
    return {container.labels[LABEL_LAB] for container in engine.listed({LABEL_LAB: None})}


@pytest.mark.parametrize("name", FOLDERS)
def test_a_copys_name_is_enough(catenet, engine, tmp_path, name, monkeypatch):
    lab_in(tmp_path / name)
    code, out, err = catenet("up", f"./{name}", "--name", "s1")
    assert (code, err) == (0, "")
    assert "is called" not in out
    assert copies(engine) == {"s1"}
    assert catenet("status", f"./{name}")[0] == 0
    monkeypatch.setenv("CATENET_LAB", f"./{name}")
    assert catenet("status")[0] == 0
    monkeypatch.delenv("CATENET_LAB")
    monkeypatch.chdir(tmp_path / name)
    assert catenet("status")[0] == 0
    assert catenet("down")[0] == 0
    assert copies(engine) == set()


def test_without_one_it_is_told_how_the_lab_is_called(catenet, engine, tmp_path):
    lab_in(tmp_path / "My Lab")
    code, out, _ = catenet("up", "My Lab")
    assert (code, out.splitlines()[0]) == (
        0,
        "the lab is called my-lab, since 'My Lab' is no name for one (`name:` or --name says another)",
    )
    assert copies(engine) == {"my-lab"}
    said = catenet("validate", "My Lab")[1]
    assert said == "My Lab/lab.yaml: fine (2 nodes, 1 LANs); its folder's name is none for a lab: it is called my-lab\n"


def test_names_that_differ_only_by_what_is_left_out_do_not_share_a_copy(catenet, engine, tmp_path):
    lab_in(tmp_path / "My Lab")
    lab_in(tmp_path / "my.lab")
    assert catenet("up", "My Lab")[0] == 0
    before = engine.listed({})
    code, _, err = catenet("up", "my.lab")
    assert code == 2
    assert f"a lab my-lab is on the engine already, made from {tmp_path}/My Lab/lab.yaml" in err
    assert "--name OTHER" in err
    assert engine.listed({}) == before
    assert catenet("up", "my.lab", "--name", "other")[0] == 0


def test_a_linked_lab_file_is_up_once_and_found_again(catenet, engine, tmp_path, monkeypatch):
    lab_in(tmp_path / "shared")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "lab.yaml").symlink_to("../shared/lab.yaml")
    (tmp_path / "way").symlink_to("mine")
    assert catenet("up", "mine")[0] == 0
    assert "is up already" in catenet("up", "way")[1]
    for folder in ("mine", "way"):
        monkeypatch.chdir(tmp_path / folder)
        assert catenet("status")[0] == 0
        assert catenet("graph")[1].startswith("mine  running")
    monkeypatch.chdir(tmp_path / "shared")
    assert "is not running" in catenet("status")[2]
    monkeypatch.chdir(tmp_path / "way")
    assert catenet("down")[0] == 0
    assert copies(engine) == set()


def test_what_is_to_be_typed_next_is_quoted_for_a_shell(catenet, tmp_path, monkeypatch):
    monkeypatch.chdir(lab_in(tmp_path / "My Lab"))
    assert catenet("status")[2] == (
        f"catenet: the lab of {tmp_path}/My Lab/lab.yaml is not running; start it: catenet up '{tmp_path}/My Lab'\n"
    )


def test_what_up_says_to_export_up_takes(catenet, engine, tmp_path, monkeypatch):
    """$CATENET_LAB names the folder's lab, or a copy that runs, in its own folder and in any other."""
    monkeypatch.chdir(lab_in(tmp_path / "vote-lab"))
    monkeypatch.setenv("CATENET_LAB", "vote-lab")
    assert catenet("up", "--dry-run")[::2] == (0, "")
    assert catenet("export", "compose")[::2] == (0, "")
    assert catenet("up")[::2] == (0, "")
    assert catenet("up", "--name", "s1")[1].splitlines()[-1] == "several labs run: export CATENET_LAB=s1, or --lab s1"
    monkeypatch.setenv("CATENET_LAB", "s1")
    for folder in (tmp_path / "vote-lab", lab_in(tmp_path / "other")):
        monkeypatch.chdir(folder)
        out = catenet("up")[1]
        assert "s1" in out and "is up already" in out
        assert catenet("export", "compose")[::2] == (0, "")
    assert copies(engine) == {"vote-lab", "s1"}
    monkeypatch.setenv("CATENET_LAB", "vote-lba")
    for words in (("up",), ("export", "compose")):
        code, _, err = catenet(*words)
        assert (code, "there is no lab 'vote-lba'" in err) == (2, True)
