"""A picture of a lab in the languages of Mermaid and of Graphviz, which place things themselves. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from catenet.nodes.control.link import BROKEN, CUT
from catenet.orchestrator.pictures.host_marks import colour
from catenet.orchestrator.pictures.picture import Picture, ShownLan, ShownNode

__all__ = ["dot", "mermaid"]

_FILLS = {"": "#dbe9f9", "good": "#dcf3e1", "waiting": "#fdeccb", "paused": "#fff3b8", "dead": "#f6d5d5"}
_BORDERS = {"": "#2f6db0", "good": "#2a8a45", "waiting": "#c77a00", "paused": "#b59000", "dead": "#b3261e"}
_BROKEN = {each.word: "#c93a32" if each == CUT else "#c77a00" for each in BROKEN}
_CALL = "#7a3fb5"
_TREE = "#1c4f8c"
_PREFIX, _ADDRESS = "_" * 12, "_" * 5  # to write on


def mermaid(picture: Picture) -> str:
    """A flowchart; its identifiers are ours (n0, l0), since names may hold what Mermaid takes for its own."""
    return "\n".join(_mermaid(picture)) + "\n"


def _mermaid(picture: Picture) -> Iterator[str]:
    yield "graph LR"
    numbers = {node.name: f"n{number}" for number, node in enumerate(picture.nodes)}
    for node in picture.nodes:
        before, after = ("((", "))") if node.router else ("[", "]")
        words = "<br/>".join(map(_entity, _node_lines(node, picture)))
        yield f'  {numbers[node.name]}{before}"{words}"{after}'
    for number, lan in enumerate(picture.lans):
        words = "<br/>".join(map(_entity, _lan_lines(lan, picture.blank)))
        yield f'  l{number}(["{words}"])'
    broken: dict[str, list[str]] = {state: [] for state in _BROKEN}
    lines = [(number, lan, end) for number, lan in enumerate(picture.lans) for end in lan.ends]
    for place, (number, lan, end) in enumerate(lines):
        address = _ADDRESS if picture.blank else _entity(end.address)
        label = f'|"{address}"|' if address else ""
        yield f"  {numbers[end.node]} ---{label} l{number}"
        if lan.state in broken:
            broken[lan.state].append(str(place))
    for state in dict.fromkeys(node.state for node in picture.nodes):
        kind = state or "planned"
        yield f"  classDef {kind} fill:{_FILLS[state]},stroke:{_BORDERS[state]},color:#1c2733"
        yield f"  class {','.join(numbers[node.name] for node in picture.nodes if node.state == state)} {kind}"
    for node in picture.nodes:
        if node.host in picture.hosts:
            yield f"  style {numbers[node.name]} stroke:{colour(picture.hosts, node.host)},stroke-width:3px"
    for marked, mark in ((picture.call_lines, _CALL), (picture.tree_lines, _TREE)):
        found = [str(number) for number, (_, lan, end) in enumerate(lines) if (end.node, lan.name) in marked]
        if found:
            yield f"  linkStyle {','.join(found)} stroke:{mark},stroke-width:5px"
    for state, places in broken.items():
        if places:
            yield f"  linkStyle {','.join(places)} stroke:{_BROKEN[state]},stroke-dasharray:7 5"


def _entity(words: str) -> str:
    return "".join(letter if letter.isalnum() or letter in " .-_/()," else f"#{ord(letter)};" for letter in words)


def dot(picture: Picture) -> str:
    """A graph for `dot -Tpdf`; neato places it, since a network has no above and below."""
    return "\n".join(_dot(picture)) + "\n"


def _dot(picture: Picture) -> Iterator[str]:
    yield f"graph {_quoted(picture.title)} {{"
    title = _quoted(f"{picture.title}: {picture.subtitle}")
    yield f'  label={title}; labelloc=t; layout=neato; overlap=false; sep="+12"'
    yield '  node [fontname="Helvetica" fontsize=11]; edge [fontname="Helvetica" fontsize=9 len=1.4 color="#7b8a99"]'
    for node in picture.nodes:
        shape = "ellipse" if node.router else "box"
        style = "filled,dashed" if node.state in ("paused", "dead") else "filled"
        there = node.host in picture.hosts
        border = f'"{colour(picture.hosts, node.host)}" penwidth=3' if there else f'"{_BORDERS[node.state]}"'
        yield (
            f"  {_quoted(f'node {node.name}')} [label={_quoted(*_node_lines(node, picture))} shape={shape} "
            f'style="{style}" fillcolor="{_FILLS[node.state]}" color={border}]'
        )
    for lan in picture.lans:
        line = f' color="{_BROKEN[lan.state]}"' if lan.state in _BROKEN else ""
        label = _quoted(*_lan_lines(lan, picture.blank))
        own = _quoted(f"lan {lan.name}")
        yield f"  {own} [label={label} shape=box style=rounded{line}]"
        for end in lan.ends:
            address = _quoted(_ADDRESS if picture.blank else end.address)
            style = f" style=dashed{line}" if lan.state in _BROKEN else ""
            for marked, mark in ((picture.call_lines, _CALL), (picture.tree_lines, _TREE)):
                style += f' penwidth=5 color="{mark}"' if (end.node, lan.name) in marked else ""
            yield f"  {_quoted(f'node {end.node}')} -- {own} [taillabel={address}{style}]"
    yield "}"


def _quoted(*lines: str) -> str:
    r"""A string of the DOT language, of several lines: \ and " are escaped."""
    return '"' + r"\n".join(line.replace("\\", "\\\\").replace('"', '\\"') for line in lines) + '"'


def _node_lines(node: ShownNode, picture: Picture) -> list[str]:
    words = [node.words] if node.state not in ("", "good") else []
    return [node.name, *words, *([f"on {node.host}"] if node.host in picture.hosts else [])]


def _lan_lines(lan: ShownLan, blank: bool) -> list[str]:
    worded = [lan.words] if lan.worded else []
    prefix = _PREFIX if blank else lan.prefix
    return [lan.name, *([prefix] if prefix else []), *worded]
