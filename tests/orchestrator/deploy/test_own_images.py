"""Images of single nodes: built when a lab needs them, once, and anew when what goes in has changed."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from catenet.nodes.address import Address
from catenet.orchestrator.backend.fake import FakeEngine
from catenet.orchestrator.backend.protocols import EngineError
from catenet.orchestrator.deploy import own_images as own_images_module
from catenet.orchestrator.deploy.base import DEBIAN
from catenet.orchestrator.deploy.images import remove_images
from catenet.orchestrator.deploy.own_images import ensure_own_images, own_images
from catenet.orchestrator.deploy.progress import NoProgress
from catenet.orchestrator.lab.load import load
from catenet.orchestrator.lab.model import Lab
from catenet.orchestrator.plan.desired import desired

NODE = "catenet/node:1"
EXTRA = {"SYS_ADMIN", "SETUID", "SETGID", "CHOWN", "DAC_OVERRIDE", "KILL"}
TEXT = """\
lans: {l: {prefix: 10.0.1.0/24}}
defaults: {rip: {update: 5s, timeout: 15s, garbage: 10s}}
nodes:
  ours: {lans: [l], services: [rip]}
  frr: {lans: [l], services: {rip: {implementation: frr}}}
  bird: {lans: [l], services: {rip: {implementation: bird}}}
  plain: {lans: [l], services: {rip: {implementation: ./plain}}}
  built: {lans: [l], services: {rip: {implementation: ./built}}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "lab.yaml").write_text(f"name: mine\n{TEXT}")
    (tmp_path / "plain").write_text("#!/bin/sh\n")
    (tmp_path / "plain").chmod(0o755)
    (tmp_path / "built").mkdir()
    (tmp_path / "built" / "Dockerfile").write_text("ARG NODE_IMAGE\nFROM $NODE_IMAGE\nCOPY x /program/run\n")
    return tmp_path


@pytest.fixture
def engine() -> FakeEngine:
    """It has a node image, and the base that this stands on."""
    engine = FakeEngine()
    for tag in (NODE, DEBIAN):
        engine.build(tag, b"x", {})
    return engine


def mine(folder: Path) -> Lab:
    return load(folder / "lab.yaml")


def test_only_what_needs_one_has_one(folder: Path) -> None:
    tags = own_images(mine(folder), NODE)
    assert {node: tag.partition(":")[0] for node, tag in tags.items()} == {
        "frr": "catenet/reference",
        "bird": "catenet/reference",
        "built": "catenet/program",
    }
    assert tags["frr"] == tags["bird"]


def test_each_is_built_once_and_anew_when_it_has_changed(engine: FakeEngine, folder: Path) -> None:
    ensure_own_images(engine, mine(folder), NODE, NoProgress())
    before = own_images(mine(folder), NODE)
    (base,) = (tag for tag in engine.image_tags() if tag.startswith("catenet/reference-base:"))
    assert set(engine.image_tags()) == {DEBIAN, NODE, base, *before.values()}
    engine.calls.clear()
    ensure_own_images(engine, mine(folder), NODE, NoProgress())
    assert not [call for call in engine.calls if call[0] == "build"]

    (folder / "built" / "x").write_text("changed")
    after = own_images(mine(folder), NODE)
    assert (after["built"] == before["built"], after["frr"] == before["frr"]) == (False, True)
    other = own_images(mine(folder), "catenet/node:2")
    assert not set(other.values()) & set(after.values())


def test_a_change_of_our_code_leaves_the_reference_packages_as_they_are(engine: FakeEngine, folder: Path) -> None:
    ensure_own_images(engine, mine(folder), NODE, NoProgress())
    before = set(engine.image_tags())
    ensure_own_images(engine, mine(folder), "catenet/node:2", NoProgress())
    new = set(engine.image_tags()) - before
    assert sorted(tag.partition(":")[0] for tag in new) == ["catenet/program", "catenet/reference"]


def test_a_program_that_asks_for_the_base_for_its_compiler_gets_it(engine: FakeEngine, folder: Path) -> None:
    ensure_own_images(engine, mine(folder), NODE, NoProgress())
    assert "BASE_IMAGE" not in engine.build_arguments[own_images(mine(folder), NODE)["built"]]
    file = folder / "built" / "Dockerfile"
    file.write_text(f"ARG BASE_IMAGE\nFROM $BASE_IMAGE AS build\n{file.read_text()}")
    ensure_own_images(engine, mine(folder), NODE, NoProgress())
    given = engine.build_arguments[own_images(mine(folder), NODE)["built"]]
    assert (given["BASE_IMAGE"], given["NODE_IMAGE"]) == (DEBIAN, NODE)


def test_all_of_them_are_removed(engine: FakeEngine, folder: Path) -> None:
    ensure_own_images(engine, mine(folder), NODE, NoProgress())
    remove_images(engine)
    assert list(engine.image_tags()) == [DEBIAN]


def test_each_node_gets_its_image_and_only_what_its_program_needs(folder: Path) -> None:
    lab = mine(folder)
    wanted = desired(lab, "x", NODE, own_images={"frr": "catenet/reference:1"})
    specs = {spec.hostname: spec for spec in wanted.containers}
    assert {name: spec.image for name, spec in specs.items() if spec.image != NODE} == {"frr": "catenet/reference:1"}
    usual = {"NET_ADMIN", "NET_RAW", "NET_BIND_SERVICE"}
    assert {name: set(spec.capabilities) - usual for name, spec in specs.items()} == {
        "ours": set(),
        "frr": EXTRA,
        "bird": set(),
        "plain": set(),
        "built": set(),
    }


def test_another_implementation_or_another_program_is_another_node(folder: Path) -> None:
    def hashes() -> dict[str, str]:
        return {spec.hostname: spec.labels["catenet.hash"] for spec in desired(mine(folder), "x", NODE).containers}

    before = hashes()
    (folder / "plain").write_text("#!/bin/sh\n# changed\n")
    assert {node for node, value in hashes().items() if value != before[node]} == {"plain"}
    text = (folder / "lab.yaml").read_text()
    (folder / "lab.yaml").write_text(text.replace("{implementation: bird}", "{implementation: frr}"))
    assert {node for node, value in hashes().items() if value != before[node]} == {"plain", "bird"}


def test_a_mode_that_changed_makes_another_image(folder: Path) -> None:
    program = folder / "built" / "x"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o644)
    before = own_images(load(folder / "lab.yaml"), NODE)
    program.chmod(0o755)
    after = own_images(load(folder / "lab.yaml"), NODE)
    assert after.pop("built") != before.pop("built")
    assert after == before


class Walled(FakeEngine):
    """Its containers have no way to a mirror; `never`: nor has its host."""

    never = False

    def build(
        self,
        tag: str,
        context: bytes,
        arguments: Mapping[str, str],
        *,
        host_network: bool = False,
    ) -> None:
        super().build(tag, context, arguments, host_network=host_network)
        if tag.startswith("catenet/program:") and (self.never or not host_network):
            self.remove_image(tag)
            raise EngineError(f"build the image {tag}: Temporary failure resolving 'mirror.example'")


def walled() -> Walled:
    engine = Walled()
    for tag in (NODE, DEBIAN):
        engine.build(tag, b"x", {})
    engine.calls.clear()
    return engine


def test_what_a_container_cannot_fetch_goes_by_the_hosts_network(folder: Path) -> None:
    engine = walled()
    ensure_own_images(engine, mine(folder), NODE, NoProgress())
    program = own_images(mine(folder), NODE)["built"]
    assert [call for call, tag in engine.calls if tag == program and call != "remove image"] == [
        "build",
        "build by the host's network",
    ]
    assert {call for call, tag in engine.calls if tag.startswith("catenet/reference")} == {"build"}


def test_where_the_host_cannot_either_it_is_said_what_to_do(folder: Path) -> None:
    engine = walled()
    engine.never = True
    with pytest.raises(EngineError, match="mirror cannot be reached: look at the network, or set http_proxy"):
        ensure_own_images(engine, mine(folder), NODE, NoProgress())


def test_a_build_that_fails_for_another_reason_is_not_tried_again(folder: Path) -> None:
    def refuse(call: str, tag: str) -> None:
        if call.startswith("build") and tag.startswith("catenet/program:"):
            raise EngineError("build: gcc: no such file main.c")

    engine = walled()
    engine.before = refuse
    with pytest.raises(EngineError, match=r"no such file main\.c \(look at .*built/Dockerfile\)"):
        ensure_own_images(engine, mine(folder), NODE, NoProgress())
    assert [call for call, tag in engine.calls if tag.startswith("catenet/program:")] == ["build"]


def test_packages_that_the_host_fetched_are_in_the_context(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []

    def fetched(packages: list[str]) -> dict[str, bytes]:
        asked.append(packages)
        return {".debs/frr.deb": b"frr", ".debs/Packages": b"Package: frr\n"}

    monkeypatch.setattr(own_images_module, "fetched", fetched)
    engine = walled()
    ensure_own_images(engine, mine(folder), NODE, NoProgress())
    assert not asked  # an engine on another machine may be of another architecture
    engine = walled()
    engine.addresses = (Address.parse("192.0.2.1"),)
    ensure_own_images(engine, mine(folder), NODE, NoProgress())
    (base,) = (tag for tag in engine.image_tags() if tag.startswith("catenet/reference-base:"))
    with tarfile.open(fileobj=io.BytesIO(engine.build_contexts[base])) as archive:
        assert {"./packages.txt", ".debs/frr.deb", ".debs/Packages"} <= set(archive.getnames())
    assert asked == [["frr", "bird2", "coturn"]]
