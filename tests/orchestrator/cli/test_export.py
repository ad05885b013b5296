"""`catenet export compose`: for every lab, and compose.yaml in step with the default one."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from catenet.orchestrator.cli.app import run
from catenet.orchestrator.cli.export import compose_text
from catenet.orchestrator.cli.image import main, with_base
from catenet.orchestrator.lab.load import load

REPOSITORY = Path(__file__).parents[3]
SMALL = "lans: {l: {}}\nnodes: {a: {lans: [l]}, b: {lans: [l]}}\n"


def export(*arguments: str) -> int:
    return run(["export", "compose", *arguments])


def folders(file: Path) -> Sequence[str]:
    """The lab file, the lab's folder and the build's context, as the Compose file says them."""
    document = YAML(typ="safe").load(file)
    service = document["services"]["a"]
    return (
        service["labels"]["catenet.file"],
        service["volumes"][0]["source"],
        document["services"]["image"]["build"]["context"],
    )


def test_compose_yaml_is_in_step_with_the_default_lab() -> None:
    lab = load(REPOSITORY / "labs" / "internet" / "lab.yaml")
    text = compose_text(lab, REPOSITORY, "internet", Path("compose.yaml"))
    assert (REPOSITORY / "compose.yaml").read_text() == text, "type: catenet export compose internet -o compose.yaml"


def test_paths_begin_at_the_folder_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "my lab").mkdir()
    (tmp_path / "my lab" / "lab.yaml").write_text(SMALL.replace("lans:", "name: mine\nlans:", 1))
    (tmp_path / "out").mkdir()
    monkeypatch.chdir(tmp_path)
    for word in ("./my lab", str(tmp_path / "my lab" / "lab.yaml")):
        assert export(word, "-o", "out/compose.yaml") == 0
        file, data, context = folders(tmp_path / "out" / "compose.yaml")
        assert (file, data) == ("../my lab/lab.yaml", "../my lab")
        assert (tmp_path / "out" / context).resolve() == REPOSITORY.resolve()
    assert export("./my lab", "-o", "my lab/compose.yaml") == 0
    assert folders(tmp_path / "my lab" / "compose.yaml")[:2] == ("lab.yaml", ".")


def test_beside_means_beside_a_copy_of_the_same_name_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    file = str(small.running.file)
    subnets = []
    for more in ((), ("--beside",)):
        assert run(["export", "compose", file, "-o", "compose.yaml", *more], lambda: small.engine) == 0
        networks = YAML(typ="safe").load(tmp_path / "compose.yaml")["networks"].values()
        subnets.append([network["ipam"]["config"][0]["subnet"] for network in networks])
    assert subnets[0] == ["10.0.1.0/24", "10.0.2.0/24"]
    assert not set(subnets[1]) & set(subnets[0])


def test_without_a_file_it_is_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "lab.yaml").write_text(SMALL.replace("lans:", "name: mine\nlans:", 1))
    monkeypatch.chdir(tmp_path)
    assert export() == 0
    said = capsys.readouterr().out
    assert "then: catenet export compose\n" in said
    assert "exec a show routes" in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "say which lab: catenet export compose arp-two-routers|bfd|"),
        (("internt",), "did you mean"),
        (("internet", "-o", "nowhere/compose.yaml"), "nowhere/compose.yaml cannot be written"),
    ],
)
def test_mistakes_are_exit_2(
    arguments: Sequence[str],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.delenv("CATENET_LAB", raising=False)
    monkeypatch.chdir(tmp_path)
    assert export(*arguments) == 2
    assert said in capsys.readouterr().err


def test_a_node_with_an_image_of_its_own_names_it_and_the_file_says_who_makes_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = SMALL.replace("a: {lans: [l]}", "a: {lans: [l], services: {rip: {implementation: frr}}}")
    (tmp_path / "lab.yaml").write_text(f"name: mine\n{text}")
    assert export(str(tmp_path)) == 0
    out = capsys.readouterr().out
    document = YAML(typ="safe").load(out)
    images = {name: service["image"].partition(":")[0] for name, service in document["services"].items()}
    assert images == {"image": "catenet/node", "a": "catenet/reference", "b": "catenet/node"}
    assert "SYS_ADMIN" in document["services"]["a"]["cap_add"]
    assert "SYS_ADMIN" not in document["services"]["b"]["cap_add"]
    assert "# The image of a is made by catenet: first" in out


def test_the_users_own_lines_of_env_stay() -> None:
    assert with_base("", "mine:1") == "BASE_IMAGE=mine:1\n"
    assert with_base("A=1\nBASE_IMAGE = old\nB=2", "mine:1") == "A=1\nB=2\nBASE_IMAGE=mine:1\n"
    assert with_base("A=1\nBASE_IMAGE=old\n", "") == "A=1\n"


def test_its_encoding_is_not_the_machines(tmp_path: Path) -> None:
    (tmp_path / "lab.yaml").write_text(SMALL)
    code = "from catenet.orchestrator.cli import main; main()"
    strict = ("-X", "warn_default_encoding", "-W", "error::EncodingWarning:catenet.orchestrator.cli.export")
    words = ("export", "compose", str(tmp_path), "-o", str(tmp_path / "compose.yaml"))
    subprocess.run([sys.executable, *strict, "-c", code, *words], check=True)


@pytest.mark.engine
def test_an_image_that_cannot_be_made_is_told_in_a_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "catenet").touch()  # at the place of the folder for locks
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    assert main() == 3
    assert "for locks, cannot be made" in capsys.readouterr().err
