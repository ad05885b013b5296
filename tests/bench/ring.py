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
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from bench_up import catenet

from catenet.orchestrator.backend.protocols import Engine, EngineError, Exec
from catenet.orchestrator.faults import verbs
from catenet.orchestrator.observe.running import RunningLab, running_lab
from catenet.orchestrator.operations.verbs import do, options_of
from catenet.orchestrator.status.converged import wait_until_converged

__all__ = ["FAULTS", "Ring"]

FAULTS: Mapping[str, tuple[str, str, Mapping[str, object]]] = {
    "link cut": ("cut", "link1", {}),
    "link silent": ("cut", "link1", {"silent": True}),
    "router killed": ("kill", "r2", {}),
}
"""What is broken → verb, target, and the verb's options."""

_ROUTERS = 6
_TIMERS = "update: 5s, timeout: 15s, garbage: 10s"  # 5 s is the least that FRR takes
_PORT = 7  # echo (RFC 862)
_PATIENCE = 90.0
_QUIET = 1.0
"""Seconds for which probes are answered again before a fault counts as over; a verb's last effect comes sooner."""
_PROGRAM = (Path(__file__).parent / "probe.py").read_text()


class Ring:
    """One ring that runs; its probes run from `start` to `end`."""

    def __init__(self, engine: Engine, copy: str, implementation: str, folder: Path) -> None:
        self._engine, self._copy = engine, copy
        self._file = folder / implementation / "lab.yaml"
        self._file.parent.mkdir()
        self._file.write_text(_lab(implementation))
        self._programs: list[Exec] = []
        self._changed = threading.Condition()
        self._gaps: list[tuple[float, float]] = []
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

    def break_it(self, what: str) -> float:
        """The fault happens, and the routers find the other way. Seconds for which probes were lost."""
        verb, target, given = FAULTS[what]
        return self._outage(verb, target, options_of(verb, given))

    def mend(self, what: str) -> float:
        """The same at the end of the fault."""
        verb, target, _ = FAULTS[what]
        return self._outage(verbs()[verb].undone_by, target)

    def _outage(self, verb: str, target: str, options: Any = None) -> float:
        began = time.time()
        do(self._engine, self._running, verb, target, options)
        self._wait_for_answers(time.time())
        self.settle()
        with self._changed:
            return sum((end - begin for begin, end in self._gaps if end > began), 0.0)

    @property
    def _running(self) -> RunningLab:
        return running_lab(self._engine, self._copy)

    def _wait_for_answers(self, since: float) -> None:
        """Probes that were sent _QUIET seconds later are answered."""
        until = time.monotonic() + _PATIENCE
        with self._changed:
            while self._answered < since + _QUIET:
                if self._over or not self._changed.wait(max(0.0, until - time.monotonic())):
                    raise RuntimeError(f"{self._copy}: no probe is answered after {_PATIENCE:g} s")

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
            else:
                raise RuntimeError(f"{self._copy}: the probe says {' '.join(words)}")
            self._changed.notify_all()


def _lab(implementation: str) -> str:
    lans = ", ".join(f"{lan}: {{}}" for lan in ("lan1", "lan3", *(f"link{each + 1}" for each in range(_ROUTERS))))
    ends = {1: "lan1, ", 3: "lan3, "}
    routers = "\n".join(
        f"  r{each}: {{lans: [{ends.get(each, '')}link{(each - 2) % _ROUTERS + 1}, link{each}], services: *rip}}"
        for each in range(1, _ROUTERS + 1)
    )
    return f"""\
lans: {{{lans}}}
defaults: {{rip: {{{_TIMERS}}}}}
nodes:
  h1: {{lans: [lan1]}}
  h3: {{lans: [lan3]}}
{routers.replace("*rip", f"{{rip: {{implementation: {implementation}}}}}")}
"""
