"""Which lab is meant: a name in labs/, a path, $CATENET_LAB, or the lab.yaml here or above."""

from __future__ import annotations

from pathlib import Path

import pytest

from catenet.orchestrator.lab.find import UnknownLabError, find_lab, labs


@pytest.fixture
def own(tmp_path: Path) -> Path:
    file = tmp_path / "mine" / "lab.yaml"
    (file.parent / "zones").mkdir(parents=True)
    file.write_text("")
    return file


def test_the_labs_of_ours() -> None:
    found = {lab.name: lab for lab in labs()}
    assert {"internet", "five-routers"} <= set(found)
    assert all(lab.file.is_file() for lab in found.values())


def test_about_is_the_first_sentence_of_the_readme(own: Path) -> None:
    (own.parent / "README.md").write_text("# Mine\n\nOne lab\nof mine. It has more.\n\nAnd more.\n")
    assert [(lab.name, lab.about) for lab in labs(own.parent.parent)] == [("mine", "One lab of mine")]


def test_a_name(tmp_path: Path) -> None:
    found = find_lab("internet", tmp_path, {})
    assert found is not None
    assert found.parts[-3:] == ("labs", "internet", "lab.yaml")


@pytest.mark.parametrize("word", ["mine", "mine/lab.yaml", "./mine", "mine/"])
def test_a_path(own: Path, word: str) -> None:
    found = find_lab(word, own.parent.parent, {})
    assert found is not None
    assert found.samefile(own)


def test_the_variable(own: Path, tmp_path: Path) -> None:
    assert find_lab(None, tmp_path, {"CATENET_LAB": str(own)}) == own
    assert find_lab("mine", tmp_path, {"CATENET_LAB": "internet"}) == own


def test_here_or_above(own: Path) -> None:
    assert find_lab(None, own.parent, {}) == own
    assert find_lab(None, own.parent / "zones", {}) == own
    assert find_lab(None, own.parent.parent, {}) is None


def test_what_is_not_there(own: Path, tmp_path: Path) -> None:
    with pytest.raises(UnknownLabError, match=r"there is no lab 'internt' \(did you mean internet\?"):
        find_lab("internt", tmp_path, {})
    with pytest.raises(UnknownLabError, match=r"has no lab\.yaml"):
        find_lab("mine/zones", tmp_path, {})
    with pytest.raises(UnknownLabError, match="there is no lab"):
        find_lab("a\0b", tmp_path, {})
    with pytest.raises(UnknownLabError, match="there is no lab"):
        find_lab("x" * 5000, tmp_path, {})
