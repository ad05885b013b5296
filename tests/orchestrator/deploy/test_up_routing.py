"""A lab that was started with `--routing`: its copy remembers that by the labels of its routers."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import pytest
from ruamel.yaml import YAML
from scripted import FIVE, Catenet, lines, made

from catenet.nodes.control.config import CONFIG_VARIABLE, NodeConfig
from catenet.orchestrator.backend.fake import FakeEngine, node_ready
from catenet.orchestrator.backend.protocols import LABEL_LAB, LABEL_ROUTING, ContainerSpec
from catenet.orchestrator.lab.load import parse
from catenet.orchestrator.observe.running import running_lab

TEXT = FIVE.replace("lans:\n", "defaults: {ospf: {hello: 1s}}\nlans:\n", 1) + "  h: {lans: [lan-a]}\n"


class Engine(FakeEngine):
    """`services`: what each node was told to run, when it was started last."""

    def __init__(self) -> None:
        super().__init__(script=self._say)
        self.services: dict[str, list[str]] = {}
        self._lab = parse(FIVE.encode(), "five.yaml")

    def _say(self, spec: ContainerSpec) -> Iterable[str]:
        config = NodeConfig.from_json(spec.environment[CONFIG_VARIABLE])
        self.services[config.node] = [*config.services]
        return node_ready(spec) if config.node == "h" else lines(self._lab, spec)


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    (tmp_path / "five").mkdir()
    (tmp_path / "five" / "lab.yaml").write_text(TEXT)
    return Engine()


def by(service: str) -> dict[str, list[str]]:
    return {**{node: [service] for node in "abcde"}, "h": []}


ROUTERS = [f"five-{node}" for node in "abcde"]


def test_up_again_keeps_it_and_another_word_changes_the_routers_alone(catenet: Catenet, engine: Engine) -> None:
    assert catenet("up", "./five", "--routing", "ospf")[0] == 0
    assert engine.services == by("ospf")
    assert made(engine) == [*ROUTERS, "five-h"]
    code, out, _ = catenet("up", "./five")
    assert (code, made(engine), engine.services) == (0, [], by("ospf"))
    assert "is up already, by ospf" in out
    assert catenet("up", "./five", "--routing", "rip")[0] == 0
    assert (made(engine), engine.services) == (ROUTERS, by("rip"))
    assert not any(LABEL_ROUTING in container.labels for container in engine.listed({LABEL_LAB: None}))
    assert catenet("up", "./five")[0] == 0
    assert (made(engine), engine.services) == ([], by("rip"))


def test_a_router_that_somebody_removed_is_made_as_the_others_are(catenet: Catenet, engine: Engine) -> None:
    assert catenet("up", "./five", "--routing", "ospf")[0] == 0
    made(engine)
    engine.remove("five-a")
    assert catenet("up", "./five")[0] == 0
    assert (made(engine), engine.services) == (["five-a"], by("ospf"))


def test_another_copy_has_its_own(catenet: Catenet, engine: Engine) -> None:
    assert catenet("up", "./five", "--routing", "ospf")[0] == 0
    assert catenet("up", "./five", "--name", "two")[0] == 0
    copies = {name: running_lab(engine, name) for name in ("five", "two")}
    assert [lab.lab.routing for lab in copies.values()] == ["ospf", ""]
    assert catenet("up", "./five", "--name", "two", "--dry-run")[1] == "nothing to do\n"


def test_a_lab_that_is_made_for_one_way_of_routing_says_so(catenet: Catenet, tmp_path: Path) -> None:
    file = tmp_path / "five" / "lab.yaml"
    file.write_text(TEXT.replace("{ospf: {hello: 1s}}", "{rip: {update: 5s}}"))
    code, _, said = catenet("up", "./five", "--routing", "ospf")
    assert (code, "defaults: rip: 'update' means nothing to ospf" in said) == (2, True)


def test_a_word_that_is_none_names_the_nearest(catenet: Catenet) -> None:
    code, _, said = catenet("up", "./five", "--routing", "osfp")
    assert (code, said) == (2, "catenet: no routing service 'osfp'; did you mean ospf? (choose from: ospf, rip)\n")


def test_compose_gets_and_tells_it(catenet: Catenet) -> None:
    code, out, _ = catenet("export", "compose", "./five", "--routing", "ospf")
    document = YAML(typ="safe").load(out)
    labels = {node: service["labels"] for node, service in document["services"].items() if node in "abcdeh"}
    assert code == 0
    assert {node: each.get(LABEL_ROUTING) for node, each in labels.items()} == {
        **dict.fromkeys("abcde", "ospf"),
        "h": None,
    }
    assert "catenet export compose ./five --routing ospf" in out
    config = json.loads(document["services"]["a"]["environment"][CONFIG_VARIABLE])
    assert list(config["services"]) == ["ospf"]


def test_a_file_is_judged_with_it(catenet: Catenet) -> None:
    assert catenet("validate", "five", "--routing", "ospf")[1] == "five/lab.yaml: fine (6 nodes, 11 LANs)\n"
