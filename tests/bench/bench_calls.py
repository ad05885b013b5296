"""Calls: what a supernode relays, and what that adds, beside coturn; memory; and how long a call takes to be up.

Both are nodes of one lab, each on one core, and what asks them is on the other one, in their networks: calling.py. A
packet of a call is relayed twice, from channel to port and from port to channel. Packets are counted for each second of
the server's processor time, which others' work on the machine changes less than what a clock would say. How long a call
takes to be up is of the simulated network, without delay: what the phones wait for, and no more.
"""

from __future__ import annotations

import json
from pathlib import Path
from statistics import median
from typing import Any

from figures import Figure
from progress import Steps
from servers import MEASURED, Servers, beside, servers

ADDRESSES = {"ours": "10.9.0.2", "theirs": "10.9.0.3", "directory": "10.9.0.4"}
NAMES = {"ours": "ours", "theirs": "coturn"}
FEW, MANY = 8, 48  # calls of which as many packets come as are taken,
STEPS = (1, 25, 50, 100, 150)  # and calls of 50 packets a second,
PLEASANT = 5.0  # whose 99 % are so many ms late at most
HELD, CLIENTS = 100, 100  # calls that stay, and clients of the directory
_ACCOUNTS = ", ".join(f"user{number}: north-north-west" for number in range(CLIENTS))
_LAB = f"""\
name: calls
lans: {{lan: {{prefix: 10.9.0.0/24}}}}
defaults:
  supernode: {{secret: north-north-west, bandwidth: 1000000, allocations: 1000}}
nodes:
  ours: {{lans: {{lan: {ADDRESSES["ours"]}}}, services: {{supernode: {{}}}}}}
  theirs: {{lans: {{lan: {ADDRESSES["theirs"]}}}, services: {{supernode: {{implementation: coturn}}}}}}
  directory:
    lans: {{lan: {ADDRESSES["directory"]}}}
    services: {{directory: {{memory: 8192, passes: 1, accounts: {{{_ACCOUNTS}}}}}}}
"""
_CALLING = Path(__file__).parent / "calling.py"


def seconds(runs: int) -> float:
    return 60 + 100 * runs


def figures(runs: int, steps: Steps) -> list[Figure]:
    found = []
    with servers({"lab.yaml": _LAB, "calling.py": _CALLING.read_text()}, steps) as all_:
        for node in ADDRESSES:
            all_.pin(node, by_ours=True)
        found += _memory(all_, steps)  # first: what was once in use is taken again
        for number in (FEW, MANY):
            found += beside(
                f"relayed for a second's work, {number} calls",
                lambda name, number=number: _rate(all_, name, number),
                NAMES,
                runs,
                steps,
                aim=0.5,
            )
        found += _delays(all_, runs, steps)
    return found + _until_up(steps)


def _rate(all_: Servers, name: str, number: int) -> float:
    """Without what it costs to begin and to end the calls."""
    costs = []
    for length in (0, MEASURED):
        began = all_.processor_time(name)
        relayed = _ask(all_, name, "rate", number, length)
        costs.append(all_.processor_time(name) - began)
    return float(relayed) / (costs[1] - costs[0])


def _delays(all_: Servers, runs: int, steps: Steps) -> list[Figure]:
    said: dict[str, list[Any]] = {name: [] for name in NAMES}
    for run in range(runs):
        for name in NAMES if run % 2 == 0 else reversed(list(NAMES)):
            steps.step(f"run {run + 1} of {runs}: delay by {NAMES[name]}")
            said[name].append(_ask(all_, name, "delay", 2, *STEPS))
        steps.found(f"ms (median, 99 %, lost) of {STEPS} calls: {', '.join(f'{n} {s[-1]}' for n, s in said.items())}")
    figures = []
    for at, words in enumerate(("at the median", "at 99 %")):
        ours, theirs = (median(each[0][at] for each in said[name]) for name in NAMES)
        figures.append(Figure(f"added by two relays, one call, {words}", ours, None, "coturn", theirs, unit="ms"))
    ours, theirs = (median(map(_pleasant, said[name])) for name in NAMES)
    words = f"calls of which 99 % are {PLEASANT:g} ms late at most"
    return [*figures, Figure(words, ours, None, "coturn", theirs or None, unit=f"of {STEPS[-1]}")]


def _pleasant(said: list[tuple[float, float, int]]) -> int:
    """The most calls of which that holds, and none is lost."""
    good = [number for number, (_, most, lost) in zip(STEPS, said, strict=True) if most <= PLEASANT and not lost]
    return max(good, default=0)


def _memory(all_: Servers, steps: Steps) -> list[Figure]:
    steps.step("memory")
    of = {}
    for name in NAMES:
        before = all_.memory(name)
        held = _ask(all_, name, "hold", HELD)
        of[name] = (all_.memory(name) - before) / 1e3 / held
    before = all_.memory("directory")
    asked = " ".join(("python3 -I /lab/calling.py", ADDRESSES["directory"], "login", str(CLIENTS)))
    all_.ask("directory", "sh", "-c", f"{asked} >/dev/null 2>&1 & until test -s /tmp/held; do sleep 0.1; done")
    client = (all_.memory("directory") - before) / 1e3 / CLIENTS
    return [
        Figure("memory of an allocation", of["ours"], None, "coturn", of["theirs"], unit="kB"),
        Figure("memory of a client of the directory", client, unit="kB"),
    ]


def _until_up(steps: Steps) -> list[Figure]:
    from calls_world import CallsWorld

    from catenet.nodes.internet.nat.config import NatOptions

    both = "alice", "bob"
    homes = dict.fromkeys(both, NatOptions(filtering="address-and-port-dependent"))
    relayed: dict[str, Any] = {"paths": "relayed"}
    found = []
    for path, more in {
        "direct": {},
        "punched": {"translators": homes},
        "relayed": {"options": dict.fromkeys(both, relayed)},
    }.items():
        steps.step(f"until a call is up, {path}")
        world = CallsWorld(**more)
        world.call(*both)
        world.until_state("ringing", *both)
        world.do("bob", lambda phone, now: phone.answer(now))
        found.append(Figure(f"answered until up, {path}, simulated", world.until_state("up", *both)))
        took = world.shown("bob")["path"]
        if took != path:
            raise ValueError(f"it is {took}, not {path}")
    return found


def _ask(all_: Servers, name: str, word: str, *numbers: int) -> Any:
    return json.loads(all_.ask(name, "python3", "-I", "/lab/calling.py", ADDRESSES[name], word, *map(str, numbers)))
