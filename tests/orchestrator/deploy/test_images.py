"""The node image on the engine in memory: built when something in it changed, and only then."""

from __future__ import annotations

import shutil
import tarfile
from io import BytesIO
from pathlib import Path

import pytest

from catenet.nodes.address import Address, Prefix
from catenet.orchestrator.backend.archive import pack_files
from catenet.orchestrator.backend.fake import FakeEngine
from catenet.orchestrator.backend.protocols import ContainerSpec, EngineError, NetworkSpec
from catenet.orchestrator.deploy import images
from catenet.orchestrator.deploy.base import DEBIAN, ensure_base, host_mirror, mirror
from catenet.orchestrator.deploy.images import (
    KEPT,
    build_compose_image,
    ensure_node_image,
    node_image_tag,
    remove_images,
)
from catenet.orchestrator.deploy.progress import NoProgress
from catenet.orchestrator.plan.desired import COMPOSE_IMAGE

PACKAGES = ["python3", "iproute2"]


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    monkeypatch.delenv("BASE_IMAGE", raising=False)
    engine = FakeEngine()
    engine.build(DEBIAN, b"context", {})
    engine.calls.clear()
    return engine


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A copy of our own code, to be changed."""
    for part in ("images", "nodes"):
        shutil.copytree(images.PACKAGE / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(images.PACKAGE / "__init__.py", tmp_path)
    return tmp_path


def change(package: Path) -> None:
    with (package / "nodes" / "address.py").open("a") as file:
        file.write("# a change\n")


def test_it_is_built_once(engine: FakeEngine) -> None:
    tag = ensure_node_image(engine, NoProgress())
    assert ensure_node_image(engine, NoProgress()) == tag == node_image_tag()
    assert engine.calls == [("build", tag)]


def test_a_change_of_our_code_gives_another_tag_and_the_oldest_images_go(engine: FakeEngine, package: Path) -> None:
    tags = []
    for _ in range(KEPT + 3):
        tags.append(ensure_node_image(engine, NoProgress(), package))
        change(package)
    assert len(set(tags)) == KEPT + 3
    assert set(engine.image_tags()) == {DEBIAN, *tags[-KEPT - 1 :]}


def test_the_image_of_compose_stays_until_all_go(engine: FakeEngine, package: Path) -> None:
    assert build_compose_image(engine, NoProgress(), package) == DEBIAN
    new = ensure_node_image(engine, NoProgress(), package)
    assert set(engine.image_tags()) == {DEBIAN, new, COMPOSE_IMAGE}
    remove_images(engine)
    assert set(engine.image_tags()) == {DEBIAN}


def test_an_old_image_that_a_container_uses_stays(engine: FakeEngine, package: Path) -> None:
    old = ensure_node_image(engine, NoProgress(), package)
    engine.create_network(NetworkSpec("lan", Prefix.parse("10.0.0.0/24"), Address.parse("10.0.0.254"), {}))
    engine.create(ContainerSpec("node", "node", old, {}, {"lan": Address.parse("10.0.0.1")}, {}))
    for _ in range(KEPT + 3):
        change(package)
        new = ensure_node_image(engine, NoProgress(), package)
    assert {DEBIAN, old, new} <= set(engine.image_tags())


def test_the_context_has_what_the_dockerfile_names_and_is_the_same_twice() -> None:
    files = images._context(images.PACKAGE)
    archive = pack_files(files)
    assert archive == pack_files(dict(files))
    with tarfile.open(fileobj=BytesIO(archive)) as tar:
        names = set(tar.getnames())
    assert {"Dockerfile", "images/node/packages.txt", "src/catenet/__init__.py", "nodes/__main__.py"} <= names
    assert any(name.startswith(".wheelhouse/dnslib-") for name in names)
    assert not any("__pycache__" in name for name in names)


def test_a_chosen_base_goes_before_everything(engine: FakeEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BASE_IMAGE", "mine:1")
    assert ensure_base(engine, PACKAGES, NoProgress()) == "mine:1"


def test_debians_own_image_is_used_where_it_is_there(engine: FakeEngine) -> None:
    assert ensure_base(engine, PACKAGES, NoProgress()) == DEBIAN


def test_without_registry_and_mmdebstrap_it_is_said_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("BASE_IMAGE", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EngineError, match="apt-get install mmdebstrap debian-archive-keyring"):
        ensure_base(FakeEngine(), PACKAGES, NoProgress())


@pytest.mark.parametrize(
    ("said", "hint"),
    [
        ("E: NO_PUBKEY 6ED0E7B82643E131", "keys are missing"),
        ("W: Temporary failure resolving 'mirror.example'", "cannot be reached"),
    ],
)
def test_a_failed_bootstrap_says_why(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, said: str, hint: str) -> None:
    monkeypatch.delenv("BASE_IMAGE", raising=False)
    program = tmp_path / "mmdebstrap"
    program.write_text(f'#!/bin/sh\necho "{said}" >&2\nexit 25\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(EngineError, match=hint):
        ensure_base(FakeEngine(), PACKAGES, NoProgress())


def test_a_base_made_here_is_made_once_and_with_the_hosts_mirror(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("BASE_IMAGE", raising=False)
    program = tmp_path / "mmdebstrap"
    program.write_text(f'#!/bin/sh\necho "$@" >>{tmp_path}/asked\nfor a; do case $a in *.tar) : >$a;; esac; done\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    engine = FakeEngine()
    tag = ensure_base(engine, PACKAGES, NoProgress())
    assert ensure_base(engine, PACKAGES, NoProgress()) == tag
    (asked,) = (tmp_path / "asked").read_text().splitlines()
    assert "--include=python3,iproute2 trixie " in asked
    assert tag != ensure_base(engine, [*PACKAGES, "curl"], NoProgress())


def test_what_a_program_makes_in_the_base_is_made_while_that_is_made(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("BASE_IMAGE", raising=False)
    program = tmp_path / "mmdebstrap"
    program.write_text(
        f'#!/bin/sh\nfor a; do case $a in *.tar) : >$a;; --customize-hook=*) echo "${{a#*=}}" >>{tmp_path}/asked; '
        f'cat "${{a##*<}}" >>{tmp_path}/asked;; esac; done\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    engine = FakeEngine()
    tags = {ensure_base(engine, PACKAGES, NoProgress(), each) for each in (b"print(1)", b"print(2)", b"print(1)")}
    assert len(tags) == 2
    lines = (tmp_path / "asked").read_text().split("chroot ")[1:]
    assert [line.rpartition("\n")[2] for line in lines] == ["print(1)", "print(2)"]
    assert all(line.startswith('"$1" python3 - <') for line in lines)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("deb http://ftp.example/debian/ bookworm main\n", "http://ftp.example/debian"),
        ("deb [signed-by=/x] https://mirror.example/debian bookworm main\n", "https://mirror.example/debian"),
        ("Types: deb\nURIs: http://cache:3142/deb/debian\nSuites: bookworm\n", "http://cache:3142/deb/debian"),
        ("# deb http://old.example/debian x main\n", None),
        ("deb http://security.example/debian-security x main\n", None),
        ("deb http://archive.example/ubuntu noble main\n", None),
        ("", None),
    ],
)
def test_the_mirror_is_the_hosts_own(text: str, found: str | None) -> None:
    assert mirror([text]) == found


def test_sources_that_may_not_be_read_are_passed_over(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "a.list").symlink_to("nowhere")
    (tmp_path / "b.list").write_text("deb http://ftp.example/debian/ bookworm main\n")
    monkeypatch.setattr("catenet.orchestrator.deploy.base._SOURCES", (f"{tmp_path}/*.list",))
    assert host_mirror() == "http://ftp.example/debian"


def test_clean_removes_our_images_and_no_other(engine: FakeEngine) -> None:
    ensure_node_image(engine, NoProgress())
    engine.build("catenet/base:1", b"context", {})
    remove_images(engine)
    assert engine.image_tags() == [DEBIAN]
