"""A lab file → the model. All its mistakes are reported at once, in the order of their lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import get_args

from catenet.nodes.control.printable import printable
from catenet.nodes.control.units import OptionError
from catenet.orchestrator.lab.addressing import FullLanError, unused_address
from catenet.orchestrator.lab.checks import ChecksReader, read_claims
from catenet.orchestrator.lab.data import Data, read_data
from catenet.orchestrator.lab.document import Item, read_document, read_file
from catenet.orchestrator.lab.find import canonical
from catenet.orchestrator.lab.gateways import complete, outside_lans
from catenet.orchestrator.lab.graph import disagreements, leaks
from catenet.orchestrator.lab.hosts import Host, Wiring
from catenet.orchestrator.lab.hosts_file import read_hosts
from catenet.orchestrator.lab.impairments import read_impairments
from catenet.orchestrator.lab.implementations import read_programs
from catenet.orchestrator.lab.lans import read_lans, report_overlaps
from catenet.orchestrator.lab.model import Check, Lab, LabFileError, Lan, Measure, Moment
from catenet.orchestrator.lab.nodes import Draft, attach, read_nodes
from catenet.orchestrator.lab.options import line_of, read_defaults
from catenet.orchestrator.lab.overrides import Override, put_in
from catenet.orchestrator.lab.problems import Problems
from catenet.orchestrator.lab.reader import Reader
from catenet.orchestrator.lab.realms import Place
from catenet.orchestrator.lab.routing import Routed, routed_by
from catenet.orchestrator.lab.stacks import Obstacle, measured_from, put_on_stacks, run_at
from catenet.orchestrator.lab.vocabulary import TOP
from catenet.orchestrator.lab.words import NAMES, lab_name_of

__all__ = ["load", "parse"]


def load(
    path: Path,
    other: Override | None = None,
    routing: str = "",
    stack: str = "",
    *,
    wiring: str = "",
    hosts: Mapping[str, Host] | None = None,
) -> Lab:
    """The lab of that file (with the `other` implementation, with the service `routing` in the place of each other that
    finds routes, with its nodes on that `stack`, with that `wiring`, and on these `hosts` in the place of its own);
    zones and pages that it names are looked for beside it.

    Raises:
        LabFileError: it cannot be read, or what it says is wrong.

    """
    data = read_file(path, f"the lab's file is {path / 'lab.yaml'}", "`catenet labs` lists the labs that there are")
    return parse(
        data, str(path), canonical(path).parent, other, routing=routing, stack=stack, wiring=wiring, hosts=hosts
    )


def parse(
    text: bytes,
    file: str,
    folder: Path | None = None,
    other: Override | None = None,
    *,
    routing: str = "",
    stack: str = "",
    wiring: str = "",
    hosts: Mapping[str, Host] | None = None,
) -> Lab:
    """The bytes of a lab file → the lab. `file` is its name in messages; without a `folder` no data is looked for.

    Raises:
        LabFileError: what it says is wrong; str() has a line for each mistake.

    """
    problems = Problems(file)
    reader = Reader(problems)
    document = read_document(text, file)
    if not isinstance(document.value, Mapping):
        raise LabFileError(
            file, 1, "the lab file is no mapping", "it has `lans:` and `nodes:`, each with its own below"
        )
    document, swapped = routed_by(document, routing, reader) if routing else Routed(document, False)
    problems.end()
    if other is not None:
        document = put_in(document, file, other)
    top = reader.section(document, "the lab file", TOP)
    assert top is not None  # it is a mapping
    name = _name(top.get("name"), folder, reader)
    called = folder.name if folder is not None and "name" not in top and folder.name != name else ""
    claims = read_claims(top.get("claims"), reader)
    written = reader.mapping(reader.needed(top, "lans", "the lab file", 1, "lans: {link1: {}}"), "lans", "{link1: {}}")
    as_written = _wiring(top.get("wiring"), reader)
    wired = next((each for each in get_args(Wiring) if each == wiring), as_written)
    lans = read_lans(written, wired, reader)
    defaults = read_defaults(top.get("defaults"), reader)
    nodes_item = reader.needed(top, "nodes", "the lab file", 1, "nodes: {a: {lans: [link1]}}")
    machines, places = _hosts(top.get("hosts"), hosts, reader)
    drafts = read_nodes(nodes_item, written, defaults, places, reader)
    if nodes_item is not None and nodes_item.value in ({}, None):
        reader.problem(nodes_item.line, "nodes is empty", "a lab has at least one node")
    outside = _outside(drafts, lans, written, reader)
    lans = _impaired(lans, drafts, top.get("impairments"), reader)
    checks = ChecksReader(written, {name: draft.attachments for name, draft in drafts.items()}, reader)
    expectations, timeline = checks.checks(top.get("checks")), checks.timeline(top.get("timeline"))
    measures = checks.measures(top.get("measure"))
    run_there = _run_at(expectations, timeline, measures, top)
    drafts, moved, notes = put_on_stacks(drafts, top.get("stack"), stack, run_there, reader)
    chosen = {name: draft.chosen for name, draft in drafts.items()}
    programs = read_programs(folder, chosen, reader) if folder is not None else {}
    problems.end()  # what follows needs sound LANs and nodes
    data = read_data(folder, drafts, reader) if folder is not None else Data({}, ())
    checks.measured(top.get("measure"), timeline)
    attached = attach(drafts, lans, reader)
    problems.end()
    nodes = complete(drafts, attached, lans, outside, reader)
    place = None if folder is None else folder / Path(file).name
    lab = Lab(name, lans, nodes, claims, expectations, timeline, measures, place, *data, programs, called)
    lab = replace(lab, routing=routing if swapped else "", moved=moved, hosts=machines, wiring=wired)
    rewired = "" if wired == as_written else wired
    lab = replace(lab, rewired=rewired, notes=(*notes, *_idle_places(drafts, machines)))
    _report_full(lab, top.get("measure"), reader)
    _report_leaks(lab, drafts, reader)
    problems.end()
    return replace(lab, disagreements=tuple(_disagreements(lab, drafts, file)))


def _run_at(
    checks: tuple[Check, ...], timeline: tuple[Moment, ...], measures: tuple[Measure, ...], top: Mapping[str, Item]
) -> Iterator[tuple[str, Obstacle]]:
    """What is run inside nodes that must be on the kernel's stack for it."""
    yield from run_at([*checks, *(moment.expect for moment in timeline if moment.expect is not None)])
    yield from measured_from(measures, top["measure"].line if measures else 1)


def _wiring(item: Item | None, reader: Reader) -> Wiring:
    word = None if item is None else reader.choice(item, "wiring", get_args(Wiring))
    return next((wiring for wiring in get_args(Wiring) if wiring == word), "bridge")


def _hosts(item: Item | None, others: Mapping[str, Host] | None, reader: Reader) -> tuple[Mapping[str, Host], set[str]]:
    """The hosts, those of the file where there are no `others`; and those on which a node may have its place (empty:
    any). Where one host is named in the place of the file's, all nodes are there, whatever the file says."""
    own = read_hosts(item, reader)
    if others is None:
        return own, {*own}
    return others, {*others} if len(others) > 1 else {*own}


def _idle_places(drafts: Mapping[str, Draft], hosts: Mapping[str, Host]) -> Iterator[str]:
    """Where there is one host, whoever is pinned is there."""
    pinned = [name for name, draft in drafts.items() if draft.host]
    if pinned and len(hosts) < 2:
        some = f"{', '.join(pinned[:6])}{', …' if len(pinned) > 6 else ''}"
        yield f"`place:` of {some} means something on several hosts only (`hosts:`, --hosts FILE, or --host A --host B)"


def _report_full(lab: Lab, item: Item | None, reader: Reader) -> None:
    """What is measured with pings needs an address on each LAN that no node has."""
    for lan in {lan: None for measure in lab.measures if measure.source for lan in measure.lans}:
        try:
            unused_address(lab, lan)
        except FullLanError as error:
            assert item is not None
            reader.problem(item.line, f"measure: to: {error}")


def _impaired(
    lans: Mapping[str, Lan], drafts: Mapping[str, Draft], item: Item | None, reader: Reader
) -> dict[str, Lan]:
    on = {lan: [name for name, draft in drafts.items() if lan in draft.attachments] for lan in lans}
    suffered = read_impairments(item, on, reader)
    return {name: replace(lan, impairments=suffered.get(name, ())) for name, lan in lans.items()}


def _outside(
    drafts: Mapping[str, Draft], lans: Mapping[str, Lan], written: Mapping[str, Item], reader: Reader
) -> dict[str, str]:
    """Translator → its LAN outside. With these it can be said which prefixes may overlap."""
    outside = {name: lan for name, lan in outside_lans(drafts, lans, reader).items() if lan in lans}
    places = [
        Place(tuple(lan for lan in draft.attachments if lan in lans), draft.forward, outside.get(name, ""))
        for name, draft in drafts.items()
    ]
    report_overlaps(lans, {name: item.line for name, item in written.items()}, places, reader)
    return outside


def _report_leaks(lab: Lab, drafts: Mapping[str, Draft], reader: Reader) -> None:
    for translator, service, router, lan in leaks(lab):
        message = f"node {translator}: {service} tells {router} of LAN {lan}, which is unknown there"
        hint = f"let {service} speak on one side of the translator only"
        reader.problem(drafts[translator].line, message, hint)


def _disagreements(lab: Lab, drafts: Mapping[str, Draft], file: str) -> Iterator[str]:
    """In the order of their lines."""
    found: list[LabFileError] = []
    for service, each in disagreements(lab):
        lines = [
            line_of(OptionError("", each.option, inner=each.lan), place.options, place.line)
            for place in (drafts[node].written[service] for node in (each.router, each.other))
        ]
        message = printable(f"node {each.router}: {service}: {each.text}")
        found.append(LabFileError(file, lines[0], message, f"{each.other}'s: line {lines[1]}"))
    yield from map(str, sorted(found, key=lambda error: error.line))


def _name(item: Item | None, folder: Path | None, reader: Reader) -> str:
    written = reader.text(item, "name")
    if written is not None and item is not None:
        reader.name(written, item.line, "lab")
        return written
    if folder is None or item is not None:
        return "lab"
    return folder.name if NAMES["lab"].allows(folder.name) else lab_name_of(folder.name)
