"""Runs inside a container: `Routes` on the kernel itself, with three links to nowhere.

A line of JSON in, a list of steps; a line out, for each step what the kernel then has for one prefix, by which link it
sends there, and what its monitor has said meanwhile, in order.
"""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
from typing import Any

from catenet.nodes.address import Address, Prefix
from catenet.nodes.control.service import Source
from catenet.nodes.machine import NextHop
from catenet.nodes.runtime.netlink import routing
from catenet.nodes.runtime.netlink.client import Monitor, Netlink
from catenet.nodes.runtime.routes import Routes

PREFIX = Prefix.parse("10.9.0.0/24")
LINKS = ("v1", "v2", "v3")


class Table:
    """The kernel, our routes, and what the monitor says."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        for number, link in enumerate(LINKS, 1):
            _ip(f"link add {link} type veth peer name {link}p")
            _ip(f"address add 10.0.{number}.1/24 dev {link}")
            _ip(f"link set {link} up")
            _ip(f"link set {link}p up")
        self.netlink = Netlink()
        self.index = {link.name: link.ifindex for link in self.netlink.links()}
        self.names = {ifindex: name for name, ifindex in self.index.items()}
        self.up = set(LINKS)
        self.said: list[list[Any]] = []
        self.monitor = Monitor(self.heard, lambda: self.said.append(["lost"]))
        self.routes = Routes(self.netlink, self.index.__getitem__, self.up.__contains__, loop)
        self.sources: dict[str, Source] = {}

    def heard(self, kind: int, payload: bytes) -> None:
        if kind in (routing.RTM_NEWROUTE, routing.RTM_DELROUTE):
            route = routing.parse_route(payload)
            if route is not None and route.prefix == PREFIX and route.table == routing.TABLE_MAIN:
                self.said.append(["del" if kind == routing.RTM_DELROUTE else "new", route.metric, self.links(route)])
        elif kind == routing.RTM_NEWLINK and not (link := routing.parse_link(payload)).up:
            self.said.append(["down", link.name])

    def links(self, route: routing.Route) -> list[str]:
        return [self.names[hop.ifindex] for hop in route.hops]

    def run(self, steps: list[list[Any]]) -> list[dict[str, Any]]:
        try:
            return [self.step(*step) for step in steps]
        finally:
            for source in self.sources.values():
                self.routes.forget(source)
            for link in LINKS:
                self.step("up", link)

    def step(self, what: str, *words: Any) -> dict[str, Any]:
        self.said = []
        getattr(self, f"do_{what}")(*words)
        self.monitor.drain()
        rows = [[r.protocol, r.metric, self.links(r)] for r in self.routes.present() if r.prefix == PREFIX]
        return {"rows": rows, "by": self.taken(), "said": self.said}

    def do_set(self, source: list[Any], links: list[str]) -> None:
        each = self.sources.setdefault(source[0], Source(*source))
        hops = tuple(NextHop(Address.parse(f"10.0.{link[1:]}.2"), link) for link in links)
        self.routes.set(each, PREFIX, hops)

    def do_delete(self, source: list[Any]) -> None:
        self.routes.delete(Source(*source), PREFIX)

    def do_down(self, link: str) -> None:
        self.netlink.set_up(self.index[link], False)
        self.up.discard(link)

    def do_up(self, link: str) -> None:
        self.netlink.set_up(self.index[link], True)
        self.up.add(link)
        self.routes.restore(link)

    def do_flap(self, link: str, times: int) -> None:
        """Faster than anybody listens; in the end it is up."""
        for _ in range(times):
            self.netlink.set_up(self.index[link], False)
            self.netlink.set_up(self.index[link], True)

    def taken(self) -> str | None:
        """The link by which the kernel sends there: it tells by the address that a socket gets."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.connect((str(PREFIX.network + 1), 9))
            except OSError:
                return None
            return f"v{probe.getsockname()[0].split('.')[2]}"


def _ip(words: str) -> None:
    subprocess.run(["ip", *words.split()], check=True)


if __name__ == "__main__":
    table = Table(asyncio.new_event_loop())
    for line in sys.stdin:
        print(json.dumps(table.run(json.loads(line))), flush=True)  # noqa: T201
