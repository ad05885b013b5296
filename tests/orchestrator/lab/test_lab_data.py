"""What services need of the lab's folder is judged before anything is started: the user's own path and line, once."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from catenet.nodes.control.needs import Folder
from catenet.orchestrator.lab.load import load
from catenet.orchestrator.lab.model import Lab, LabFileError

ZONE = "$TTL 300\n@ SOA ns host 1 2 3 4 60\n@ NS ns\nns A 192.0.2.1\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "mine" / "zones").mkdir(parents=True)
    return tmp_path / "mine"


def write(folder: Path, *services: str, **files: str | bytes) -> Path:
    """A lab of a node for each of the services, and files under zones/ (their dots written as underscores)."""
    nodes = "".join(f"  n{n}: {{lans: [l], services: {{{text}}}}}\n" for n, text in enumerate(services))
    (folder / "lab.yaml").write_text(f"lans: {{l: {{}}}}\nnodes:\n{nodes}")
    for name, content in files.items():
        path = folder / "zones" / name.replace("_", ".")
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder / "lab.yaml"


def errors(file: Path) -> list[str]:
    with pytest.raises(LabFileError) as caught:
        load(file)
    return str(caught.value).splitlines()


def data(lab: Lab) -> dict[str, set[str]]:
    return {node: set(needs) for node, needs in lab.data.items()}


def test_a_zone_file_that_is_wrong_is_told_once_with_its_path_and_line(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(folder, *["nameserver: {zones: [x, y]}"] * 3, x_zone=ZONE + "a A 1.2.3\n", y_zone="$TTL 5\n")
    assert errors(file) == [
        f"{folder}/zones/x.zone:5: '1.2.3' is no IPv4 address",
        f"{folder}/zones/y.zone:1: the zone y has no SOA record at its origin",
    ]
    monkeypatch.chdir(folder)
    assert errors(Path("lab.yaml"))[0].startswith("zones/x.zone:5: ")
    monkeypatch.chdir(folder.parent)
    assert errors(Path("mine/lab.yaml"))[0].startswith("mine/zones/x.zone:5: ")


def test_the_lab_files_own_mistakes_come_first(folder: Path) -> None:
    file = write(folder, "nameserver: {zones: [x]}", "web: {root: site}, resolver: {}", x_zone=ZONE + "a A 1.2.3\n")
    assert [line.partition(": ")[0] for line in errors(file)] == [f"{file}:4", f"{file}:4", f"{folder}/zones/x.zone:5"]


def test_an_included_files_line_is_its_own(folder: Path) -> None:
    file = write(folder, "nameserver: {zones: [x]}", x_zone=ZONE + "$INCLUDE sub.inc\n", sub_inc="a A 1.2.3.4\nb\n")
    assert errors(file) == [f"{folder}/zones/sub.inc:2: b.x has no type"]
    (folder / "zones" / "sub.inc").unlink()
    assert "zones/x.zone:5: $INCLUDE 'zones/sub.inc' cannot be read: No such file" in errors(file)[0]


def test_what_the_zones_say_and_what_they_include_makes_another_node(folder: Path) -> None:
    """A node reads it when it starts, so that one whose files have changed is to be started anew."""
    file = write(
        folder, "nameserver: {zones: [x, n1]}", "nameserver: {zones: [x]}", x_zone=ZONE + "$INCLUDE ../a.inc\n"
    )
    seen = set()
    for included in ("a A 1.2.3.4\n", "a A 1.2.3.5\n", "a A 1.2.3.5 ; the same\n"):
        (folder / "a.inc").write_text(included)
        lab = load(file)
        assert data(lab) == {"n0": {"x"}, "n1": {"x"}}  # zone n1 is made of the nodes
        assert lab.files == ("a.inc", "zones/x.zone")
        seen.add((lab.data["n0"]["x"], lab.data["n1"]["x"]))
    assert len(seen) == 3 and all(first == second for first, second in seen)


@pytest.mark.parametrize(
    ("written", "file", "word"),
    [
        ("example.", "example.zone", "example"),
        ("Example", "example.zone", "example"),
        ("example", "Example.zone", "example"),
        ("EXAMPLE.", "exAmple..zone", "example"),
        ("root", "root.zone", "root"),
        (".", "root.zone", "root"),
        ("Root", "root.zone", "root"),
        ("root.", "root..zone", "root."),  # a top level domain of that name
        (r"a\.b.c", r"a\046b.c.zone", r"a\.b.c"),
    ],
)
def test_a_zone_is_found_by_its_name_however_that_is_written(folder: Path, written: str, file: str, word: str) -> None:
    """RFC 1034 section 3.1: names are compared without case; the final dot is for people."""
    server = f"nameserver: {{zones: ['{written}']}}"
    (folder / "zones" / file).write_text(ZONE)
    lab = load(write(folder, server))
    assert lab.nodes["n0"].services["nameserver"].zones == (word,)
    assert data(lab) == {"n0": {word}}


def test_two_files_of_one_zone(folder: Path) -> None:
    file = write(folder, "nameserver: {zones: [x]}", x_zone=ZONE, X_zone=ZONE)
    assert errors(file) == [f"{folder}/zones/x.zone:1: zones/X.zone is a file of the same zone"]


def test_files_that_nobody_names_are_not_read(folder: Path) -> None:
    assert not load(write(folder, "rip: {}", y_zone="wrong", a__b_zone="wrong")).files


@pytest.mark.parametrize("zone", ["/etc/passwd", "../../x", "a/b"])
def test_a_zone_of_a_name_that_is_a_path_reads_no_file(folder: Path, zone: str) -> None:
    (message,) = errors(write(folder, f"nameserver: {{zones: ['{zone}']}}"))
    assert message.startswith(f"{folder}/lab.yaml:3: node n0:")


def test_a_file_that_not_everybody_may_read(folder: Path) -> None:
    """Root in a node has no privilege over other people's files."""
    file = write(folder, "nameserver: {zones: [x]}", x_zone=ZONE)
    (folder / "zones" / "x.zone").chmod(0o640)
    assert errors(file) == [
        f"{folder}/zones/x.zone:1: cannot be read: not everybody may read it (chmod a+r zones/x.zone)"
    ]


def test_a_file_is_read_in_the_labs_folder_only(folder: Path) -> None:
    (folder.parent / "secret").write_text(ZONE)
    (folder / "zones" / "x.zone").symlink_to("../../secret")
    assert errors(write(folder, "nameserver: {zones: [x]}")) == [
        f"{folder}/zones/x.zone:1: cannot be read: it leads out of the lab's folder"
    ]
    inside = Folder(folder)
    for path in ("../secret", "/etc/passwd", "zones/../../secret"):
        with pytest.raises(OSError, match="leads out"):
            inside.read(path)
    (folder / "loop").symlink_to("loop")
    with pytest.raises(OSError, match=r"(?i)no such file|too many"):
        inside.read("loop")


def test_what_is_no_plain_file_is_not_read(folder: Path) -> None:
    os.mkfifo(folder / "zones" / "pipe")
    file = write(folder, "nameserver: {zones: [x]}", x_zone=ZONE + "$INCLUDE pipe\n$INCLUDE .\n")
    assert "$INCLUDE 'zones/pipe' cannot be read: it is no file" in errors(file)[0]


def test_octets_of_any_encoding_in_a_comment(folder: Path) -> None:
    file = write(folder, "nameserver: {zones: [x]}", x_zone=b"\xef\xbb\xbf; caf\xe9\n" + ZONE.encode())
    assert data(load(file)) == {"n0": {"x"}}


def test_a_resolver_needs_a_server_of_the_root(folder: Path) -> None:
    assert errors(write(folder, "resolver: {}", "nameserver: {zones: [n1]}")) == [
        f"{folder}/lab.yaml:3: node n0: resolver: hints: no node of this lab serves the zone root"
        " (give one the service nameserver: {zones: [root]}, or write hints: {NAME: ADDRESS})"
    ]
    assert load(write(folder, "resolver: {}", "nameserver: {zones: [.]}"))
    assert load(write(folder, "resolver: {hints: {a.root: 192.0.2.1}}"))
