"""A lab that was started with `--stack`: its copy remembers that by the labels of the nodes that are moved by it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import pytest
from ruamel.yaml import YAML
from scripted import Catenet, made

from catenet.nodes.control.config import CONFIG_VARIABLE, NodeConfig
from catenet.orchestrator.backend.fake import FakeEngine, node_ready
from catenet.orchestrator.backend.protocols import LABEL_LAB, LABEL_MOVED, LABEL_STACK, ContainerSpec
from catenet.orchestrator.observe.running import running_lab

TEXT = """\
lans: {one: {prefix: 10.0.1.0/24}, two: {prefix: 10.0.2.0/24}}
nodes:
  r: {lans: [one, two]}
  h: {lans: [one]}
  s: {lans: [two], services: [browse]}
  u: {lans: [two], stack: userspace}
"""
STAYS = "s stays on the kernel's stack: browse speaks TCP, which the userspace stack has not"


class Engine(FakeEngine):
    """`stacks`: what each node was told to have, when it was started last."""

    def __init__(self) -> None:
        super().__init__(script=self._say)
        self.stacks: dict[str, str] = {}

    def _say(self, spec: ContainerSpec) -> Iterable[str]:
        config = NodeConfig.from_json(spec.environment[CONFIG_VARIABLE])
        self.stacks[config.node] = config.stack
        return node_ready(spec)


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "lab.yaml").write_text(TEXT)
    return Engine()


WRITTEN = {"r": "kernel", "h": "kernel", "s": "kernel", "u": "userspace"}
MOVED = {"r": "userspace", "h": "userspace", "s": "kernel", "u": "userspace"}


def test_up_again_keeps_it_and_another_word_changes_those_alone_that_move(catenet: Catenet, engine: Engine) -> None:
    code, out, said = catenet("up", "./mine", "--stack", "userspace")
    assert (code, engine.stacks, STAYS in said, "4 nodes (3 on the userspace stack)" in out) == (0, MOVED, True, True)
    assert made(engine) == ["mine-h", "mine-r", "mine-s", "mine-u"]
    assert running_lab(engine, "mine").lab.stack == "userspace"
    assert (catenet("up", "./mine")[0], made(engine), engine.stacks) == (0, [], MOVED)
    assert catenet("up", "./mine", "--stack", "kernel")[0] == 0
    assert (made(engine), engine.stacks) == (["mine-h", "mine-r", "mine-u"], dict.fromkeys("rhsu", "kernel"))
    labels = {each.node: each.labels.get(LABEL_MOVED) for each in engine.listed({LABEL_LAB: None})}
    assert labels == {"r": None, "h": None, "s": None, "u": "kernel"}
    assert running_lab(engine, "mine").lab.stack == "kernel"


def test_a_file_that_says_it_is_as_written(catenet: Catenet, engine: Engine) -> None:
    assert (catenet("up", "./mine")[0], engine.stacks) == (0, WRITTEN)
    assert not any(LABEL_MOVED in each.labels for each in engine.listed({LABEL_LAB: None}))


def test_a_word_that_is_none_names_those_that_there_are(catenet: Catenet) -> None:
    said = "catenet: no stack 'user'; did you mean userspace? (choose from: kernel, userspace)\n"
    assert catenet("up", "./mine", "--stack", "user")[::2] == (2, said)


def test_compose_gets_and_tells_it(catenet: Catenet) -> None:
    code, out, _ = catenet("export", "compose", "./mine", "--stack", "userspace")
    services = YAML(typ="safe").load(out)["services"]
    assert code == 0
    assert {node: services[node]["labels"].get(LABEL_MOVED) for node in "rhsu"} == {
        "r": "userspace",
        "h": "userspace",
        "s": None,
        "u": None,
    }
    said = {node: services[node]["labels"].get(LABEL_STACK) for node in "rhsu"}
    assert said == {"r": "userspace", "h": "userspace", "s": None, "u": "userspace"}
    assert "catenet export compose ./mine --stack userspace" in out
    configs = {node: json.loads(services[node]["environment"][CONFIG_VARIABLE]) for node in "rhsu"}
    assert {node: config.get("stack") for node, config in configs.items()} == {**MOVED, "s": None}
    assert services["r"]["sysctls"]["net.ipv4.icmp_echo_ignore_all"] == "1"
    assert services["r"]["sysctls"]["net.ipv4.ip_forward"] == "0"


def test_validate_notes_who_stays_and_is_content(catenet: Catenet) -> None:
    code, out, said = catenet("validate", "mine", "--stack", "userspace")
    assert (code, said) == (0, "")
    assert out.splitlines() == ["mine/lab.yaml: fine (4 nodes, 2 LANs)", f"mine/lab.yaml: note: {STAYS}"]
    assert json.loads(catenet("validate", "mine", "--stack", "userspace", "--json")[1])[0]["notes"] == [STAYS]


def test_up_says_what_validate_says_of_routers_that_cannot_be_neighbours(catenet: Catenet, tmp_path: Path) -> None:
    (tmp_path / "mine" / "lab.yaml").write_text("""\
lans: {one: {prefix: 10.0.1.0/24}, two: {prefix: 10.0.2.0/24}, three: {prefix: 10.0.3.0/24}}
nodes:
  a: {lans: [one, two], services: {ospf: {hello: 1s, dead: 4s}}}
  b: {lans: [two, three], services: {ospf: {hello: 2s, dead: 4s}}}
""")
    code, _, said = catenet("validate", "mine")
    assert code == 1
    assert said.splitlines()[0] in catenet("up", "./mine", "--timeout", "1")[2]
