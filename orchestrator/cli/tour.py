"""`catenet tour`: the default lab and its whole story, every figure measured while it is told."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from catenet.orchestrator.backend.protocols import Engine, EngineError
from catenet.orchestrator.cli.context import engine
from catenet.orchestrator.cli.screen import say, say_to_stderr
from catenet.orchestrator.cli.trace import print_trace
from catenet.orchestrator.cli.up import NameOption, bring_up
from catenet.orchestrator.observe.outage import INTERVAL, Outage, watch_outage
from catenet.orchestrator.observe.pings import Pings
from catenet.orchestrator.observe.running import RunningLab, UserError, running_lab
from catenet.orchestrator.observe.tools import read_traceroute
from catenet.orchestrator.operations.scene import RunningScene
from catenet.orchestrator.operations.verb_result import VerbResult
from catenet.orchestrator.operations.verbs import do
from catenet.orchestrator.status.state import lab_state
from catenet.orchestrator.trace.fetch import Trace, trace_http

LAB, BROWSER, SERVER, ROUTER, LINK = "internet", "surf.eurecom.fr", "dragon.cs.uiuc.edu", "a", "link1"
URL = f"http://{SERVER}/"
_LIMIT = 60.0  # seconds for one program inside a node


def tour(name: NameOption = LAB) -> None:
    """Starts the default lab, fetches a page across it, cuts a cable and mends it, and leaves the lab up.

    \b
    catenet tour
    catenet tour --name mine        on a copy of its own, beside a lab that runs
    """
    the_engine = engine()
    # what it says of routes is said of how the file has it
    bring_up(the_engine, LAB, name, routing="", stack="", wiring="")
    running = running_lab(the_engine, name or LAB)
    assert running.file is not None
    say(f"\n{(running.file.parent / 'picture.txt').read_text(encoding='utf-8')}")
    _fetch(the_engine, running)
    _break(the_engine, running)
    _agree(RunningScene(the_engine, running))
    _next(the_engine, running)


def _fetch(engine: Engine, running: RunningLab) -> None:
    first = trace_http(engine, running, BROWSER, URL, cold=True)
    print_trace(first, running.lab.nodes)
    again = trace_http(engine, running, BROWSER, URL)
    resolver = RunningScene(engine, running).resolver(BROWSER)
    say(f"Once more: {resolver} had the name cached; {_names(again)} DNS messages instead of {_names(first)}.")


def _names(trace: Trace) -> int:
    return sum(step.kind.startswith("dns.") for step in trace.steps)


def _break(engine: Engine, running: RunningLab) -> None:
    """The cut and the cure, while a ping runs."""
    pace = f"{1 / INTERVAL:.0f} times a second"
    say(f"\nNow it breaks: {_short(BROWSER)} pings {_short(SERVER)} {pace}, and {LINK} is cut")
    server = running.lab.nodes[SERVER].attachments[0]
    prefix = str(running.lab.lans[server.lan].prefix)
    scene = RunningScene(engine, running)
    watch = partial(watch_outage, engine, running.node(ROUTER))
    change = partial(do, engine, running, target=LINK)
    with Pings(engine, running.node(BROWSER), str(server.address), INTERVAL) as pings:
        pings.first_after(0.0, _LIMIT)
        done: list[VerbResult] = []
        with healing(engine, running, LINK):
            broken = watch(pings, prefix, change=lambda: done.append(change("cut")), link="link.down")
            _tell(broken, done[-1], broken.begin, _way(scene))
            mended = watch(pings, prefix, change=lambda: done.append(change("heal")), link="link.up")
            _tell(mended, done[-1], broken.begin, _way(scene))


@contextmanager
def healing(engine: Engine, running: RunningLab, lan: str) -> Iterator[None]:
    """After an error in the block the LAN is healed. Where that fails too, it is told, and the first error goes on."""
    try:
        yield
    except BaseException:
        try:
            do(engine, running, "heal", lan)
        except (EngineError, UserError) as failure:
            say_to_stderr(f"catenet: {lan} is not healed: {failure}")
        raise


def _tell(outage: Outage, done: VerbResult, zero: float, way: str) -> None:
    """The change, what the router told of it, and the first ping that was answered over the new route."""
    _line(outage.begin - zero, LINK, done.outcome.words)
    for event in outage.told:
        _line(event.at - zero, ROUTER, event.text)
    pings = "1 ping" if outage.lost == 1 else f"{outage.lost} pings"
    _line(outage.answered - zero, _short(SERVER), f"answers over {way}; {pings} lost")


def _line(at: float, who: str, what: str) -> None:
    say(f"  {at:6.2f} s  {who:<7} {what}")


def _way(scene: RunningScene) -> str:
    """The routers that a traceroute from the browser to the server passes now."""
    done = scene.run(BROWSER, _traceroute(scene), _LIMIT)
    return " ".join(scene.name(hop, BROWSER) for hop in read_traceroute(done.stdout)[:-1])


def _traceroute(scene: RunningScene) -> list[str]:
    return ["traceroute", "-n", "-q", "1", "-w", "1", str(scene.address(SERVER, BROWSER))]


def _agree(scene: RunningScene) -> None:
    say("\ndig, curl and traceroute, unmodified, agree:")
    for command in (["dig", "+noall", "+answer", SERVER], ["curl", "-sSI", URL], _traceroute(scene)):
        say(f"  {_short(BROWSER)}$ {' '.join(command)}")
        done = scene.run(BROWSER, command, _LIMIT)
        for line in (done.stdout or done.last_words).split("\n"):
            if line.strip():
                say(f"    {line.rstrip()}")


def _next(engine: Engine, running: RunningLab) -> None:
    memory = sum(node.memory for node in lab_state(engine, running).nodes)
    activate = "" if _on_path() else "\n  . .venv/bin/activate                 puts catenet on your PATH"
    say(f"""
The lab is up: {len(running.containers)} nodes, {memory / 1e6:.0f} MB. Next:{activate}
  catenet show a rip                   its table, and who taught it each line
  catenet trace route a cs             whence it has that line, message by message
  catenet trace http {BROWSER} http://www.nytimes.com/
  catenet events -f                    everything as it happens
  catenet capture link1                packets, as they pass; -w - | wireshark -k -i -
  catenet graph -o lab.svg             a picture, with what is cut or dead in colour
  catenet shell {BROWSER}        dig, curl, traceroute, tcpdump
  catenet cut link1 --silent           the carrier stays: only timeouts find out; catenet heal link1
  catenet kill a.root-servers.net      trace again with --cold: who answers now?
  catenet up five-routers              the lecture's tables, beside this lab
  catenet up count-to-infinity         then catenet play count-to-infinity: what RIP is weak at
  catenet up skype                     then catenet call alice bob: two people talk, past NATs
  catenet down {running.name:<23} removes this lab
  make stop                            removes every lab on this engine, keeps the images""")


def _on_path() -> bool:
    found = shutil.which("catenet")
    return found is not None and Path(found).parent == Path(sys.executable).parent


def _short(node: str) -> str:
    return node.partition(".")[0]
