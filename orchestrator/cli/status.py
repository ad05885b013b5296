"""`catenet status`."""

from __future__ import annotations

from collections.abc import Mapping

import typer
from rich.text import Text

from catenet.nodes.control.link import HEALTHY
from catenet.nodes.machine import Json
from catenet.orchestrator.backend.widened import hurry
from catenet.orchestrator.cli.arguments import JsonOption, LabOption, RunningArgument
from catenet.orchestrator.cli.context import engine, one_name, running_lab
from catenet.orchestrator.cli.screen import good_or_bad, print_json, say, table
from catenet.orchestrator.status.state import MISSING, LabState, LanState, NodeState, lab_state

_PATIENCE = 0.7
"""Seconds of a host's silence, where others answer: what is known of these is said within two."""


def status(word: RunningArgument = "", lab: LabOption = "", json: JsonOption = False) -> None:
    """Say how each node and each LAN of a running lab is.

    \b
    catenet status                  the lab of this folder, or the only one running
    catenet status internet         that one
    catenet status --json | jq .nodes

    Exit code 1 where somebody has removed a node or a LAN of the lab, be it by catenet down while a host was lost:
    catenet up makes it again. Of several hosts, one that is silent for most of a second is not waited for; its nodes
    are unreachable, and the exit code is 3.
    """
    docker = engine()
    hurry(docker, _PATIENCE)
    running = running_lab(docker, one_name(word, lab))
    state = lab_state(docker, running)
    if json:
        print_json(_as_json(state))
    else:
        _print(state)
    if state.hosts.lost:
        raise typer.Exit(3)
    if any(running.missing) or state.hosts.left:
        raise typer.Exit(1)


def _print(state: LabState) -> None:
    several = bool(state.hosts.urls)
    heads = ["node", *(["host"] if several else []), "state", "LANs", "services", "restarts", "memory"]
    table(heads, [_node_row(node, several=several) for node in state.nodes])
    say("")
    heads = ["LAN", "state", "nodes", "counted"]
    rows = [_lan_row(lan) for lan in state.lans]
    kept = len(heads) if any(lan.counted for lan in state.lans) else len(heads) - 1
    table(heads[:kept], [row[:kept] for row in rows])
    say("")
    say(_summary(state))
    if left := state.hosts.said_of_left(state.name):
        say(left)


def _node_row(node: NodeState, *, several: bool) -> tuple[Text | str, ...]:
    lans = [
        Text(f"{lan}={address}".rstrip("="), style="" if _is_as_planned(node, lan) else "red")
        for lan, address in node.lans.items()
    ]
    services = [Text(name, style="" if word == "ready" else "yellow") for name, word in node.services.items()]
    return (
        node.name,
        *([node.host] if several else []),
        good_or_bad(_said(node.condition), good=node.ready),
        Text(", ").join(lans),
        Text(", ").join(services),
        str(node.restarts or "-"),
        f"{node.memory / 1e6:.0f} MB" if node.memory else "-",
    )


def _is_as_planned(node: NodeState, lan: str) -> bool:
    link = node.links.get(lan)
    return link is None or link.condition == link.planned


def _lan_row(lan: LanState) -> tuple[Text | str, ...]:
    good = bool(lan.ends) and not lan.is_broken
    state = f"{_said(lan.condition)}{f', packets of {lan.mtu:,} octets at most' if lan.mtu else ''}"
    return lan.name, good_or_bad(state, good=good), ", ".join(lan.nodes), _counted(lan.counted)


def _counted(counts: Mapping[str, int]) -> str:
    """1,204 packets, 12 lost: what came in at all ends, and of that all that is not 0."""
    first, *more = counts.items() or (("", 0),)
    said = [f"{count:,} {name}" for name, count in (first, *(each for each in more if each[1])) if name]
    return ", ".join(said)


def _said(condition: str) -> str:
    return f"{condition}  (catenet up makes it again)" if condition == MISSING else condition


def _summary(state: LabState) -> str:
    """internet: 20 nodes (18 ready, 1 paused, 1 exited (137)), 13 LANs (12 up, 1 cut), 430 MB."""
    nodes = _tally([node.condition for node in state.nodes])
    lans = _tally([lan.word for lan in state.lans])
    memory = sum(node.memory for node in state.nodes) / 1e6
    return f"{state.name}: {len(state.nodes)} nodes ({nodes}), {len(state.lans)} LANs ({lans}), {memory:.0f} MB"


def _tally(words: list[str]) -> str:
    return ", ".join(f"{words.count(word)} {word}" for word in dict.fromkeys(words)) or "none"


def _as_json(state: LabState) -> Mapping[str, Json]:
    return {
        "lab": state.name,
        "file": state.file,
        "nodes": [
            {
                "node": node.name,
                **({"host": node.host} if state.hosts.urls else {}),
                "state": node.condition,
                "ready": node.ready,
                "lans": [
                    {"lan": lan, "address": address or None, **_end(node, lan)} for lan, address in node.lans.items()
                ],
                "services": dict(node.services),
                "restarts": node.restarts,
                "memory": node.memory,
            }
            for node in state.nodes
        ],
        "lans": [
            {"lan": lan.name, "state": lan.condition, "nodes": list(lan.nodes), **_suffered(lan), **_less(lan)}
            for lan in state.lans
        ],
        **({"hosts": _hosts(state)} if state.hosts.urls else {}),
        **({"left": [*state.hosts.left]} if state.hosts.left else {}),
    }


def _hosts(state: LabState) -> Json:
    """Why each does not answer; null of one that does."""
    return [{"host": host, "url": url, "lost": state.hosts.lost.get(host)} for host, url in state.hosts.urls.items()]


def _suffered(lan: LanState) -> Mapping[str, Json]:
    return {"counted": dict(lan.counted)} if lan.counted else {}


def _less(lan: LanState) -> Mapping[str, Json]:
    """What it carries, where that is less than the lab file has."""
    return {"mtu": lan.mtu} if lan.mtu else {}


def _end(node: NodeState, lan: str) -> Mapping[str, Json]:
    """How its end of that LAN is, as far as it is known."""
    known = node.links.get(lan)
    return {**HEALTHY.to_json(), "up": None} if known is None else known.condition.to_json()
