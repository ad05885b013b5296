"""Which lab is meant: a name in labs/, a path, $CATENET_LAB, or the lab.yaml here or above."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catenet.orchestrator.lab.find import UnknownLabError, canonical, find_lab, labs
from catenet.orchestrator.lab.load import load
from catenet.orchestrator.lab.words import NAMES, copy_name, lab_name_of


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


def test_another_file_of_a_lab_of_ours(tmp_path: Path) -> None:
    found = find_lab("five-routers/ospf.yaml", tmp_path, {})
    assert found is not None
    assert found.parts[-3:] == ("labs", "five-routers", "ospf.yaml")
    with pytest.raises(UnknownLabError):
        find_lab("five-routers/README.md", tmp_path, {})


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


def test_a_link_is_a_lab_of_its_own_folder_and_a_linked_folder_is_the_same_lab(own: Path, tmp_path: Path) -> None:
    """Zones and pages are looked for beside a link to a lab file, not where it leads."""
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "lab.yaml").symlink_to(own)
    (tmp_path / "way").symlink_to("mine")
    assert canonical(tmp_path / "other" / "lab.yaml") == tmp_path.resolve() / "other" / "lab.yaml"
    assert canonical(tmp_path / "way" / "lab.yaml") == own.resolve()


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("mine", "mine"),
        ("a_b-c", "a_b-c"),
        ("My Lab", "my-lab"),
        ("tmp.X1", "tmp-x1"),
        (".hidden", "hidden"),
        ("..x..", "x"),
        ("2024-lab", "2024-lab"),
        ("_a", "a"),
        ("Übung.1", "ubung-1"),
        ("实验", "lab"),
        ("", "lab"),
        ("x\ny", "x-y"),
        ("b\udcffd", "b-d"),
        ("x" * 200, "x" * 40),
        (f"{'x' * 39}-y", "x" * 39),
    ],
)
def test_a_labs_name_where_only_its_folder_says_one(folder: str, name: str) -> None:
    called = folder if NAMES["lab"].allows(folder) else lab_name_of(folder)
    assert called == name
    assert NAMES["lab"].allows(called)


@given(st.text())
def test_any_folder_gives_a_name_that_a_lab_may_have(folder: str) -> None:
    name = lab_name_of(folder)
    assert NAMES["lab"].allows(name)
    assert lab_name_of(name) == name
    copy = copy_name(name, "-test-123456", head="pytest-")
    assert NAMES["lab"].allows(copy) and copy.endswith("-test-123456")


def test_a_name_that_is_written_goes_before_the_folders(tmp_path: Path) -> None:
    file = tmp_path / "My Lab" / "lab.yaml"
    file.parent.mkdir()
    rest = "lans: {l: {}}\nnodes: {a: {lans: [l]}}\n"
    file.write_text(rest)
    assert (load(file).name, load(file).folder) == ("my-lab", "My Lab")
    file.write_text(f"name: other\n{rest}")
    assert (load(file).name, load(file).folder) == ("other", "")


def test_what_is_not_there(own: Path, tmp_path: Path) -> None:
    with pytest.raises(UnknownLabError, match=r"there is no lab 'internt' \(did you mean internet\?"):
        find_lab("internt", tmp_path, {})
    with pytest.raises(UnknownLabError, match=r"has no lab\.yaml"):
        find_lab("mine/zones", tmp_path, {})
    with pytest.raises(UnknownLabError, match="there is no lab"):
        find_lab("a\0b", tmp_path, {})
    with pytest.raises(UnknownLabError, match="there is no lab"):
        find_lab("x" * 5000, tmp_path, {})
