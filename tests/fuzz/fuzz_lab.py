"""Lab files: what is taken can be planned, drawn and exported; what is not is refused with its line."""

from __future__ import annotations

from fuzz_target import Target

from catenet.nodes.catalogue import options_class
from catenet.nodes.control.config import CONFIG_VARIABLE, NodeConfig
from catenet.nodes.control.implementation import IMPLEMENTATION
from catenet.nodes.runtime.options import build_options
from catenet.orchestrator.checks import kinds
from catenet.orchestrator.lab.graph import expected
from catenet.orchestrator.lab.kinds import check_words, kind_words
from catenet.orchestrator.lab.load import parse
from catenet.orchestrator.lab.model import Lab, LabFileError
from catenet.orchestrator.lab.realms import views
from catenet.orchestrator.lab.vocabulary import LAN, MEASURE, NODE, ROUTE, TOP, moment_words
from catenet.orchestrator.pictures.drawings import dot, mermaid
from catenet.orchestrator.pictures.picture import plan_picture
from catenet.orchestrator.pictures.svg import svg
from catenet.orchestrator.plan.compose import ComposePaths, compose_file
from catenet.orchestrator.plan.desired import PlanError, desired

DRAWN = 6
"""Nodes of a lab that is drawn: drawing costs more than all else."""


def _read(data: bytes) -> Lab:
    try:
        return parse(data, "lab.yaml")
    except LabFileError as error:
        assert error.line >= 1
        assert str(error).startswith("lab.yaml:")
        assert all(line.isprintable() for line in str(error).splitlines())
        raise


def _check(lab: Lab) -> None:
    assert lab.nodes
    seen = views(lab)
    for node in lab.nodes.values():
        for place in node.attachments:
            assert lab.lans[place.lan].prefix.holds_host(place.address)
            assert seen.at(node.name).owners[place.address] == node.name
    expected(lab)
    try:
        wanted = desired(lab, "copy", "image")
    except PlanError:
        return
    for container in wanted.containers:
        _check_node(container.environment[CONFIG_VARIABLE])
    compose_file(wanted, ComposePaths("lab.yaml", ".", "."), "catenet export compose")
    if len(lab.nodes) <= DRAWN:
        picture = plan_picture(lab)
        mermaid(picture)
        dot(picture)
        svg(picture)


def _check_node(text: str) -> None:
    """What a lab file may say, the node takes: its configuration, and each service's options."""
    config = NodeConfig.from_json(text)
    for service, given in config.services.items():
        options = {name: value for name, value in given.items() if name != IMPLEMENTATION}
        build_options(service, options_class(service), options)


_WORDS = {
    word
    for table in (TOP, NODE, LAN, ROUTE, check_words(), moment_words(), MEASURE, *map(kind_words, kinds().values()))
    for word in table
}
file = Target(
    _read,
    (LabFileError,),
    _check,
    seeds=("labs/*/lab.yaml", "tests/labs/*/lab.yaml"),
    words=(
        *(f"{word}: " for word in sorted(_WORDS)),
        *("rip", "web", "nameserver", "resolver", "browse", "implementation: frr", "services: [rip]", "md5: {1: x}"),
        *(
            "10.0.1.0/24",
            "10.0.1.1",
            "2s",
            "[",
            "]",
            "{",
            "}",
            "- ",
            "\n  ",
            "&a ",
            "*a",
            "!!int ",
            "? ",
            "|\n",
            "'",
            '"',
            "#",
        ),
        *("0x10", "1e3", ".inf", ".nan", "~", "yes", "2001-01-01", "<<: ", "%YAML 1.1\n---\n", "\ufeff", "{1: 1}"),
    ),
    longest=1024,
    milliseconds=400,
    per_kilobyte=200,
)
