"""A lab on two machines, beside the same lab on one of them: up, down, round trips, goodput of a LAN between machines.

Both are throw-away machines of namespaces with an engine each, reached by SSH, on the cores of this one: what spanning
costs is told, and not what a second machine gains. Whole commands, as a user types them, of a ring of forty nodes
without routing. Then a datagram there and back and a connection between two nodes on one LAN: a bridge of the one
machine, and a VXLAN segment over the swarm's overlay between both. Runs alternate.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from unittest.mock import patch

from bench_up import catenet, ring
from beside import Beside
from engines import engines_running
from figures import Figure
from progress import Steps
from traffic import MEASURED, Traffic, traffic

from catenet.orchestrator.backend.docker import connect
from catenet.orchestrator.backend.fleet import Fleet
from catenet.orchestrator.deploy.images import ensure_node_image
from catenet.orchestrator.deploy.progress import NoProgress
from catenet.orchestrator.lab.hosts import Host

COPY = "bench-two"
_ON = {"one machine": ("here",), "two machines": ("here", "there")}
_RING = "a ring of 40 nodes"
_ROUND_TRIPS = 2000
_OCTETS = 22
"""Of a datagram, whose frame then has 64."""
_PAIR = """
lans: {{lan: {{prefix: 10.0.1.0/24}}}}
nodes: {{n1: {{lans: [lan], place: here}}, n2: {{lans: [lan], place: {other}}}}}
"""
_PEER = "10.0.1.2"
_UNITS = {"a datagram there and back": ("µs", False), "a connection": ("MB/s", True)}
"""What is measured → its unit, and whether more of it is better."""


def seconds(runs: int) -> float:
    return 90 + runs * 100 + runs * 2 * (MEASURED + 6)


def figures(runs: int, steps: Steps) -> list[Figure]:
    places = Beside(steps, tuple(_ON), _UNITS)
    steps.step("two machines")
    with _machines() as urls, tempfile.TemporaryDirectory() as folder:
        file = str(ring(Path(folder)).file)
        for on in places.in_turn(_RING, runs):
            named = _named(_some(on, urls))
            places.up_and_down(_RING, on, (file, "--name", COPY, *named), (COPY, *named))
        _carry(runs, urls, steps, places)
    one, two = _ON
    return places.figures(two, one, one)


@contextmanager
def _machines() -> Iterator[Mapping[str, str]]:
    """Host → its URL: two that have the image of nodes and are one swarm. Inside, ssh is one that can reach them."""
    image = ensure_node_image(connect(), NoProgress())
    with engines_running() as engines, ExitStack() as stack:
        engines.carry(image)
        stack.enter_context(patch.dict(os.environ, {"PATH": f"{engines.bin}{os.pathsep}{os.environ['PATH']}"}))
        urls = dict(zip(("here", "there"), (host.url for host in engines.hosts.values()), strict=True))
        catenet("hosts", "join", *_named(urls))
        yield urls


def _named(urls: Mapping[str, str]) -> list[str]:
    return [word for host, url in urls.items() for word in ("--host", f"{host}={url}")]


def _some(on: str, urls: Mapping[str, str]) -> dict[str, str]:
    return {host: urls[host] for host in _ON[on]}


def _carry(runs: int, urls: Mapping[str, str], steps: Steps, places: Beside) -> None:
    """What two nodes get through a LAN."""
    steps.step("a LAN on each")
    with ExitStack() as stack:
        pairs: dict[str, Traffic] = {}
        for on, hosts in _ON.items():
            some = {host: Host(host, url) for host, url in _some(on, urls).items()}
            fleet = Fleet({host: partial(connect, each.url) for host, each in some.items()}, _some(on, urls))
            lab = _PAIR.format(other=hosts[-1])
            pairs[on] = stack.enter_context(traffic(f"{COPY}-{len(hosts)}", lab, fleet, some))
            pairs[on].answer("n2")
        for on in places.in_turn("traffic", runs):
            delay = pairs[on].delay("n1", _PEER, times=_ROUND_TRIPS, octets=_OCTETS)
            for job, value in zip(_UNITS, (delay, pairs[on].connection("n1", _PEER)), strict=True):
                places.note(job, on, value)
