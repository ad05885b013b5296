"""What nodes tell from inside, to every verb and check that asks them: any JSON, and the output of a look into one."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from fuzz_capture import Said, at_once
from fuzz_target import Target

from catenet.nodes.control.questions import Question
from catenet.orchestrator.backend.protocols import LABEL_LAB, LABEL_LAN, LABEL_NODE, Container, EngineError, Network
from catenet.orchestrator.capture.capture_points import find_capture_points
from catenet.orchestrator.checks.expectation import NoAnswerError
from catenet.orchestrator.checks.gone import GoneCheck
from catenet.orchestrator.checks.routes import RoutesCheck
from catenet.orchestrator.lab.load import parse
from catenet.orchestrator.observe import ask as ask_module
from catenet.orchestrator.observe.ask import ask
from catenet.orchestrator.observe.running import RunningLab, UserError
from catenet.orchestrator.operations.drift import find_drift
from catenet.orchestrator.operations.lans import _condition
from catenet.orchestrator.operations.scene import RunningScene
from catenet.orchestrator.pictures.drawings import mermaid
from catenet.orchestrator.pictures.live import live_picture
from catenet.orchestrator.status.converged import not_converged
from catenet.orchestrator.timeline.measure import _known, _sent
from catenet.orchestrator.trace.route import trace_route

LAB = parse(
    b"lans: {l1: , l2: }\nnodes: {a: {lans: [l1], services: [rip]}, b: {lans: [l1, l2], services: [rip]}}\n", "x"
)
CONTAINERS = {
    node: Container(f"x-{node}", {LABEL_LAB: "x", LABEL_NODE: node}, ("x-l1", "x-l2"), "image", "running", "running")
    for node in LAB.nodes
}
NETWORKS = {lan: Network(f"x-{lan}", (LAB.lans[lan].prefix,), {LABEL_LAB: "x", LABEL_LAN: lan}) for lan in LAB.lans}
RUNNING = RunningLab("x", None, CONTAINERS, NETWORKS, LAB)


class _Engine:
    """Whatever is run in a node says the same."""

    def __init__(self, said: bytes) -> None:
        self._said = said

    def execute(self, *_: object, **__: object) -> Said:
        return Said([(1, self._said)])

    def ahead(self, _: str) -> float:
        return 0.0

    def urls(self) -> dict[str, str]:
        return {}

    def lost(self) -> dict[str, str]:
        return {}


def _state_told(engine: Any) -> None:
    for answer in (ask(engine, CONTAINERS["a"], Question("status")),):
        _condition(answer, "l1")
        _sent(answer)
        list(_known("rip", {"a": answer}))


READERS: list[Callable[[Any], object]] = [
    _state_told,
    lambda engine: mermaid(live_picture(engine, RUNNING)),
    lambda engine: not_converged(engine, LAB, CONTAINERS),
    lambda engine: find_capture_points(engine, RUNNING, ["l1", "a"]),
    lambda engine: json.dumps(trace_route(engine, RUNNING, "a", "l2").to_json(), allow_nan=False),
    lambda engine: RoutesCheck("a", "l2", ("l1",), 1).run(RunningScene(engine, RUNNING)),
    lambda engine: GoneCheck(("a",), ("l2",)).run(RunningScene(engine, RUNNING)),
]


def _told(data: bytes) -> None:
    """The first byte chooses who asks."""
    read = READERS[data[0] % len(READERS)] if data else READERS[0]
    try:
        with at_once(ask_module):
            read(_Engine(data[1:] + b"\n"))
    except (EngineError, UserError, NoAnswerError) as error:
        assert str(error).isprintable()


_FIELDS = (
    "lan",
    "address",
    "length",
    "up",
    "silent",
    "interface",
    "hardware",
    "prefix",
    "via",
    "node",
    "cost",
    "metric",
)
_FIELDS += ("table", "counters", "interfaces", "services", "state", "ready", "restarts", "memory", "kernel", "protocol")
WORDS = (
    *(
        '{"ok":true,"answer":[',
        "]}",
        "{",
        "}",
        '"l1"',
        '"l2"',
        '"10.0.1.0/24"',
        '"10.0.2.0/24"',
        '"10.0.1.1"',
        "true",
        "null",
    ),
    *(f'"{field}":' for field in _FIELDS),
    *('"02:42:0a:00:01:01"', '"eth0"', '"sent.updates":1', "1", "-1", "1.5", '"rip"', '"valid"', '"x\\u001b"', ","),
)
answers = Target(_told, words=WORDS, milliseconds=150)


def _look(data: bytes) -> None:
    try:
        look = find_drift(_Engine(data), CONTAINERS["b"], LAB)  # type: ignore[arg-type]
    except EngineError as error:
        assert str(error).isprintable()
        return
    assert all(line.isprintable() for line in (*look.found, *look.broken))


look = Target(
    _look,
    words=(
        *(
            'state {"ok": true, "answer": {"ready": true, "interfaces": [{"lan": "l1", "up": true}]}}\n',
            "addr ",
            "route ",
        ),
        *(
            "addr 2: eth0    inet 10.0.1.1/24 brd 10.0.1.255 scope global eth0\n",
            "rule 0: from all lookup local\n",
            "neigh ",
        ),
        *(
            "route 10.0.1.0/24 dev eth0 proto kernel scope link\n",
            "filter table ip nat {\n",
            "program sh\n",
            "file /etc/hosts\n",
        ),
        *("link 2: eth0@if3: <UP> mtu 1500 qdisc noqueue state UP\n", "\x1b[2J", "\u2028", "\x85"),
    ),
)
