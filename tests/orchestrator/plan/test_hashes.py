"""By which hash it is known whether what is there is what is wanted."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import catenet
from catenet.orchestrator.backend.protocols import LABEL_HASH, ContainerSpec
from catenet.orchestrator.lab.load import load, parse
from catenet.orchestrator.lab.model import Lab
from catenet.orchestrator.plan.desired import Desired, desired

LABS = Path(catenet.__file__).parent / "labs"
INTERNET = load(LABS / "internet" / "lab.yaml")
IMAGE = "catenet/node:1"
ZONE = "$TTL 5\n@ SOA ns host 1 2 3 4 5\n@ NS ns.elsewhere.\n"


def lab(text: str) -> Lab:
    return parse(text.encode(), "lab.yaml")


def hashes(wanted: Desired) -> dict[str, str]:
    things: list[ContainerSpec] = list(wanted.containers)
    return {spec.name: spec.labels[LABEL_HASH] for spec in things} | {
        spec.name: spec.labels[LABEL_HASH] for spec in wanted.networks
    }


def test_hashes_are_the_same_in_every_run() -> None:
    program = (
        "import sys; from pathlib import Path; from catenet.orchestrator.lab.load import load;"
        "from catenet.orchestrator.plan.desired import desired;"
        "print(*(s.labels['catenet.hash'] for s in desired(load(Path(sys.argv[1])), 'x', 'catenet/node:1').containers))"
    )
    run = subprocess.run(
        [sys.executable, "-c", program, str(INTERNET.file)],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONHASHSEED": "7"},
    )
    assert run.stdout.split() == [spec.labels[LABEL_HASH] for spec in desired(INTERNET, "x", IMAGE).containers]


LANS = "lans: {l: {prefix: 10.0.1.0/24}, m: {prefix: 10.0.2.0/24}}"
TEXT = f"name: x\n{LANS}\nnodes:\n  a: {{lans: [l, m]}}\n  b: {{lans: [l]}}\n"


@pytest.mark.parametrize(
    ("old", "new", "changed"),
    [
        ("b: {lans: [l]}", "b: {lans: [l], services: [browse]}", {"x-b"}),
        ("b: {lans: [l]}", "b: {lans: {l: 10.0.1.9}}", {"x-a", "x-b"}),
        ("b: {lans: [l]}", "b: {lans: [l], routes: [{to: m, via: a}]}", {"x-b"}),
        ("a: {lans: [l, m]}", "a: {lans: [l, m], forward: no}", {"x-a", "x-b"}),
        ("b: {lans: [l]}", "b: {lans: [l], source_routes: follow}", {"x-b"}),
        ("b: {lans: [l]}", "b: {lans: [l], source_routes: refuse}", set()),
        ("10.0.2.0/24", "10.0.3.0/24", {"x-a", "x_m"}),
    ],
)
def test_a_change_in_the_file_changes_the_hashes_of_what_it_touches(old: str, new: str, changed: set[str]) -> None:
    before, after = (hashes(desired(lab(text), "x", IMAGE)) for text in (TEXT, TEXT.replace(old, new)))
    assert {name for name in before if before[name] != after[name]} == changed


def test_the_hash_is_of_what_a_node_is_wherever_and_by_whomever_it_was_made() -> None:
    """Compose knows neither the copy's name nor the folder when its file is written, and builds an image of its own."""
    one, other = hashes(desired(lab(TEXT), "x", "i:1")), hashes(desired(replace(lab(TEXT), file=None), "y", "i:2"))
    assert list(one.values()) == list(other.values())


def test_a_zone_file_that_changed_changes_its_server(tmp_path: Path) -> None:
    text = (
        "name: x\nlans: {l: {}}\nnodes:\n  ns: {lans: [l], services: {nameserver: {zones: [org]}}}\n  h: {lans: [l]}\n"
    )
    (tmp_path / "zones").mkdir()
    found = []
    for zone in (ZONE, f"{ZONE}a A 192.0.2.1\n"):
        (tmp_path / "zones" / "org.zone").write_text(zone)
        found.append(hashes(desired(parse(text.encode(), "lab.yaml", tmp_path), "x", IMAGE)))
    assert {name for name in found[0] if found[0][name] != found[1][name]} == {"x-ns"}
