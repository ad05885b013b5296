"""The Compose file of a lab, read back by a YAML parser as Compose reads it."""

from __future__ import annotations

import json
from dataclasses import replace
from io import StringIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from catenet.nodes.address import Prefix
from catenet.orchestrator.backend.protocols import Network
from catenet.orchestrator.lab.load import parse
from catenet.orchestrator.plan.compose import ComposePaths, compose_file, folded
from catenet.orchestrator.plan.desired import COMPOSE_IMAGE, Desired, desired

PLACES = ComposePaths("labs/x/lab.yaml", "./labs/x", ".")
SMALL = parse(
    b"""
name: x
lans: {link: {prefix: 10.0.1.0/24}, "on": {prefix: 10.0.2.0/24}}
nodes:
  r: {lans: [link, "on"], services: {rip: {}}}
  image: {lans: [link], services: {web: {root: site}}}
  "007": {lans: ["on"], services: {browse: {}}}
""",
    "lab.yaml",
)


def wanted(*taken: str) -> Desired:
    networks = [Network("other", (Prefix.parse(prefix),), {}) for prefix in taken]
    return desired(SMALL, "x", COMPOSE_IMAGE, networks, events="text")


def read(text: str) -> Any:
    return YAML(typ="safe").load(StringIO(text))


def test_it_has_the_nodes_and_lans_that_up_would_make() -> None:
    of_up = desired(SMALL, "x", "catenet/node:1")
    document = read(compose_file(wanted(), PLACES, "catenet export compose"))
    builder, *nodes = document["services"].items()
    assert builder[0] == "node-image"  # a node has the name that it would have else
    for (name, service), spec in zip(nodes, of_up.containers, strict=True):
        assert service["labels"]["catenet.node"] == name == spec.labels["catenet.node"]
        assert service["labels"]["catenet.hash"] == spec.labels["catenet.hash"]
        config = json.loads(service["environment"]["CATENET_NODE"])
        assert config == json.loads(spec.environment["CATENET_NODE"]) | {"events": "text"}
        assert {f"x_{lan}": place["ipv4_address"] for lan, place in service["networks"].items()} == {
            lan: str(address) for lan, address in spec.endpoints.items()
        }
        assert service["sysctls"] == spec.sysctls
        assert (service["cap_drop"], service["cap_add"]) == (["ALL"], list(spec.capabilities))
        assert (service["image"], service["pull_policy"]) == (COMPOSE_IMAGE, "never")
    for (lan, network), net in zip(document["networks"].items(), of_up.networks, strict=True):
        assert network["ipam"] == {"config": [{"subnet": str(net.prefix), "gateway": str(net.gateway)}]}
        assert network["labels"]["catenet.lan"] == lan
        assert network["labels"]["catenet.hash"] == net.labels["catenet.hash"]


def test_segments_are_one_network_and_what_up_would_tell_the_nodes() -> None:
    """`up` finds by their labels that there is nothing to do."""
    lab = replace(SMALL, wiring="vxlan", rewired="vxlan")
    of_up, of_compose = (desired(lab, "x", COMPOSE_IMAGE, events=form) for form in ("json", "text"))
    document = read(compose_file(of_compose, PLACES, "catenet export compose"))
    ((key, network),) = document["networks"].items()
    (underlay,) = of_up.networks
    assert network["ipam"] == {"config": [{"subnet": str(underlay.prefix), "gateway": str(underlay.gateway)}]}
    assert network["driver_opts"]["com.docker.network.driver.mtu"] == "1550"
    assert {label: network["labels"][label] for label in ("catenet.underlay", "catenet.hash")} == {
        label: underlay.labels[label] for label in ("catenet.underlay", "catenet.hash")
    }
    assert "catenet.lan" not in network["labels"]
    for spec in of_up.containers:
        service = document["services"][spec.labels["catenet.node"]]
        assert service["networks"] == {key: {"ipv4_address": str(spec.endpoints[f"x_{key}"])}}
        labels = ("catenet.hash", "catenet.segments", "catenet.wiring")
        assert {label: service["labels"][label] for label in labels} == {label: spec.labels[label] for label in labels}
        config = json.loads(service["environment"]["CATENET_NODE"])
        assert config == json.loads(spec.environment["CATENET_NODE"]) | {"events": "text"}


@pytest.mark.usefixtures("own_service")
def test_a_router_whose_service_sees_all_that_crosses_it_is_a_kind_of_its_own() -> None:
    lab = parse(
        b"name: x\nlans: {a: {prefix: 10.0.1.0/24}, b: {prefix: 10.0.2.0/24}}\nnodes:\n"
        b"  r: {lans: {a: 10.0.1.1, b: 10.0.2.1}, services: [gate]}\n  s: {lans: {a: 10.0.1.2, b: 10.0.2.2}}\n",
        "lab.yaml",
    )
    text = compose_file(desired(lab, "x", COMPOSE_IMAGE, events="text"), PLACES, "catenet export compose")
    document = read(text)
    assert document["services"]["r"]["sysctls"]["net.ipv4.ip_local_port_range"] == "64512 65535"
    assert document["x-router"]["sysctls"] != document["x-router-2"]["sysctls"]


def test_no_default_network_and_none_of_the_words_that_break_compose_1_29() -> None:
    text = compose_file(wanted(), PLACES, "catenet export compose")
    document = read(text)
    assert all("networks" in service or service["network_mode"] == "none" for service in document["services"].values())
    assert {key for key in document if not key.startswith("x-")} == {"services", "networks"}
    forbidden = {"name", "configs", "container_name", "interface_name"}
    assert not any(forbidden & service.keys() for service in document["services"].values())
    assert not any("start_interval" in line or "com.docker.compose" in line for line in text.splitlines())


def test_words_that_yaml_takes_for_others_stay_words() -> None:
    text = compose_file(wanted(), PLACES, "catenet export compose")
    assert '  "007":' in text
    assert '      "on": {ipv4_address' in text


def test_prefixes_that_are_taken_are_the_engines_matter_only() -> None:
    document = read(compose_file(wanted("10.0.1.0/24"), PLACES, "catenet export compose"))
    (config,) = document["networks"]["link"]["ipam"]["config"]
    assert Prefix.parse("198.18.0.0/15").overlaps(Prefix.parse(config["subnet"]))
    node = json.loads(document["services"]["r"]["environment"]["CATENET_NODE"])
    assert node["interfaces"][0]["address"] == "10.0.1.1"


def test_without_a_repository_nothing_is_built() -> None:
    document = read(compose_file(wanted(), ComposePaths("lab.yaml", "./.", ""), "catenet export compose"))
    assert list(document["services"]) == ["r", "image", "007"]
    assert not any("depends_on" in service or "build" in service for service in document["services"].values())


words = st.text(st.characters(codec="utf-8"), max_size=40) | st.sampled_from(
    ["$HOME", "a,  b", "x, 1", ", ", "'\"", "a\nb"]
)
values = words | st.integers() | st.lists(words, max_size=4)


@given(st.dictionaries(words, values, min_size=1, max_size=4))
@settings(max_examples=60)
def test_folded_json_is_the_same_json(config: dict[str, object]) -> None:
    lines = [f"  {line}" for line in folded(config)]
    value = read("\n".join(["a: >-", *lines]))["a"]
    assert json.loads(value.replace("$$", "$")) == config


def test_where_tls_is_spoken_the_certificates_are_in_the_file_and_the_url_is_right() -> None:
    web = b"w: {lans: [l], services: {web: {root: s, tls: on}}}"
    text = b"lans: {l: {}}\nnodes: {b: {lans: [l], services: [browse]}, " + web + b"}"
    of_up = desired(parse(text, "lab.yaml"), "x", COMPOSE_IMAGE, events="text")
    file = compose_file(of_up, PLACES, "catenet export compose")
    assert "docker compose exec b browse https://w/\n" in file
    for spec in of_up.containers:
        written = read(file)["services"][spec.hostname]["environment"]["CATENET_NODE"]
        assert json.loads(written) == json.loads(spec.environment["CATENET_NODE"])
        assert "BEGIN CERTIFICATE" in json.loads(written)["authority"]
