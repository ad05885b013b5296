"""A ring of six routers of one make, two hosts, and probes that go from one to the other and back.

h1 ─lan1─ r1 ═link1═ r2 ═link2═ r3 ─lan3─ h3
          ║                     ║
        link6                 link3          the way is r1 r2 r3; without r2 or link1, r1 r6 r5 r4 r3
          ║                     ║
          r6 ═link5═ r5 ═link4═ r4
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from bench_up import catenet

from catenet.orchestrator.backend.protocols import Engine, EngineError, Exec
from catenet.orchestrator.faults import verbs
from catenet.orchestrator.observe.running import RunningLab, running_lab
from catenet.orchestrator.operations.verbs import do, options_of
from catenet.orchestrator.status.converged import wait_until_converged

__all__ = ["FAULTS", "LINKS", "Mended", "Ring", "Routing"]

FAULTS: Mapping[str, tuple[str, str, Mapping[str, object]]] = {
    "link cut": ("cut", "link1", {}),
    "link silent": ("cut", "link1", {"silent": True}),
    "router killed": ("kill", "r2", {}),
}
"""What is broken → verb, target, and the verb's options."""

_ROUTERS = 6
LINKS = [f"link{each + 1}" for each in range(_ROUTERS)]
_SHORTEST = 6
"""Routers that a probe passes there and back, where all is well."""
_PORT = 7  # echo (RFC 862)
_PATIENCE = 90.0
_QUIET = 1.0
"""Seconds for which probes are answered again before a fault counts as over; a verb's last effect comes sooner."""
_PROGRAM = (Path(__file__).parent / "probe.py").read_text()


class Routing(NamedTuple):
    """What the routers speak: a service, and its options as a lab file has them."""

    service: str
    options: str


class Mended(NamedTuple):
    """What the end of a fault came to, in seconds: for how long probes were lost, and after how long they went the
    shortest way again, in both directions.
    """

    lost: float
    back: float


class Ring:
    """One ring that runs; its probes run from `start` to `end`."""

    def __init__(self, engine: Engine, copy: str, implementation: str, routing: Routing, folder: Path) -> None:
        self._engine, self._copy = engine, copy
        self._file = folder / implementation / "lab.yaml"
        self._file.parent.mkdir()
        self._file.write_text(_lab(implementation, routing))
        self._programs: list[Exec] = []
        self._changed = threading.Condition()
        self._gaps: list[tuple[float, float]] = []
        self._way = (0.0, 0)
        self._said: list[str] = []
        self._answered = 0.0
        self._over = False

    def up(self) -> None:
        """The lab starts, and its routing has converged."""
        catenet("up", str(self._file), "--name", self._copy)

    def start_probes(self) -> None:
        """From h1 to h3 and back."""
        target = str(self._running.lab.nodes["h3"].attachments[0].address)
        for node, arguments in (("h3", ("echo", str(_PORT))), ("h1", ("probe", target, str(_PORT)))):
            command = ("python3", "-c", _PROGRAM, *arguments)
            self._programs.append(self._engine.execute(self._running.node(node).name, command, stdin=True))
        threading.Thread(target=self._read, args=(self._programs[-1],), daemon=True).start()
        self._wait_for_answers(time.time())

    def end_probes(self) -> None:
        """The end of their standard input ends them. Whoever waits for an answer waits no longer."""
        with self._changed:
            self._over = True
            self._changed.notify_all()
        for program in self._programs:
            with suppress(EngineError, OSError):
                program.end_input()
            program.close()

    def settle(self) -> None:
        """Until every router knows the shortest ways that there are now, and probes are answered."""
        lacking = wait_until_converged(self._engine, self._running, _PATIENCE)
        if lacking:
            raise RuntimeError(f"{self._copy} has not converged: {'; '.join(lacking[:3])}")
        self._wait_for_answers(time.time())

    def break_it(self, what: str, at: float) -> float:
        """The fault happens at that time, and the routers find the other way. Seconds for which probes were lost."""
        verb, target, given = FAULTS[what]
        self._do(verb, target, at, options_of(verb, given))
        return self._lost_since(at)

    def mend(self, what: str, at: float) -> Mended:
        """The fault ends at that time, and the routers find the shortest way again."""
        verb, target, _ = FAULTS[what]
        self._do(verbs()[verb].undone_by, target, at)
        self._wait_until(lambda: self._way[1] == _SHORTEST, "no probe goes the shortest way")
        return Mended(self._lost_since(at), max(0.0, self._way[0] - at))

    def cold_start(self) -> float:
        """All routers die, and start together. Seconds from there until probes arrive."""
        routers = [f"r{each + 1}" for each in range(_ROUTERS)]
        with ThreadPoolExecutor(_ROUTERS) as pool:
            list(pool.map(lambda router: do(self._engine, self._running, "kill", router), routers))
            began = time.time()
            list(pool.map(lambda router: do(self._engine, self._running, "start", router), routers))
        self._wait_for_answers(time.time())
        self.settle()
        with self._changed:
            return max(end for _, end in self._gaps) - began

    def _do(self, verb: str, target: str, at: float, options: Any = None) -> None:
        """A node takes no time: it is waited for here."""
        if verbs()[verb].on == "node":
            time.sleep(max(0.0, at - time.time()))
            at = 0.0
        do(self._engine, self._running, verb, target, options, at=at)
        self._wait_for_answers(time.time())
        self.settle()

    def _lost_since(self, began: float) -> float:
        with self._changed:
            return sum((end - begin for begin, end in self._gaps if end > began), 0.0)

    @property
    def _running(self) -> RunningLab:
        return running_lab(self._engine, self._copy)

    def _wait_for_answers(self, since: float) -> None:
        """Probes that were sent _QUIET seconds later are answered."""
        self._wait_until(lambda: self._answered >= since + _QUIET, "no probe is answered")

    def _wait_until(self, holds: Callable[[], bool], otherwise: str) -> None:
        until = time.monotonic() + _PATIENCE
        with self._changed:
            while not holds():
                if self._over or not self._changed.wait(max(0.0, until - time.monotonic())):
                    said = f"; it says {' / '.join(self._said[-3:])}" if self._said else ""
                    raise RuntimeError(f"{self._copy}: {otherwise} after {_PATIENCE:g} s{said}")

    def _read(self, program: Exec) -> None:
        rest = b""
        with suppress(EngineError, OSError):  # close() cuts the stream
            while (chunk := program.read()) is not None:
                *lines, rest = (rest + chunk[1]).split(b"\n")
                for line in lines:
                    self._take(line.decode().split())

    def _take(self, words: list[str]) -> None:
        with self._changed:
            if words[0] == "lost":
                self._gaps.append((float(words[1]), float(words[2])))
            elif words[0] == "answered":
                self._answered = float(words[1])
            elif words[0] == "way":
                self._way = float(words[1]), int(words[2])
            else:
                self._said.append(" ".join(words))
            self._changed.notify_all()


def _lab(implementation: str, routing: Routing) -> str:
    lans = ", ".join(f"{lan}: {{}}" for lan in ("lan1", "lan3", *LINKS))
    ends = {1: "lan1, ", 3: "lan3, "}
    routers = "\n".join(
        f"  r{each}: {{lans: [{ends.get(each, '')}link{(each - 2) % _ROUTERS + 1}, link{each}], services: *routing}}"
        for each in range(1, _ROUTERS + 1)
    )
    return f"""\
lans: {{{lans}}}
defaults: {{{routing.service}: {{{routing.options}}}}}
nodes:
  h1: {{lans: [lan1]}}
  h3: {{lans: [lan3]}}
{routers.replace("*routing", f"{{{routing.service}: {{implementation: {implementation}}}}}")}
"""
