"""`catenet capture`."""

from __future__ import annotations

from contextlib import ExitStack
from difflib import get_close_matches
from itertools import chain, takewhile
from typing import Annotated, NamedTuple

import typer

from catenet.nodes.control.units import LONGEST
from catenet.orchestrator.backend.protocols import Engine
from catenet.orchestrator.capture.capture_points import find_capture_points
from catenet.orchestrator.capture.dissect import Dissector
from catenet.orchestrator.capture.following import following
from catenet.orchestrator.cli import complete
from catenet.orchestrator.cli.arguments import LabOption, LinesOption
from catenet.orchestrator.cli.context import engine, running_lab
from catenet.orchestrator.cli.packets import Limits, PcapSink, TextSink, copy, interruptible, opened
from catenet.orchestrator.cli.screen import say_to_stderr
from catenet.orchestrator.observe.running import RunningLab, UserError, unknown


class _Form(NamedTuple):
    """What becomes of the packets: a pcap file (`-`: standard output), or text, with these options of tcpdump's."""

    file: str
    options: list[str]
    json: bool


def capture(
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="NODE|LAN... [FILTER]",
            help="LANs and nodes, then a filter as tcpdump has it.",
            autocompletion=complete.lans_and_nodes,
        ),
    ],
    *,
    write: Annotated[str, typer.Option("-w", metavar="FILE|-", help="Write a pcap file, for Wireshark.")] = "",
    count: Annotated[
        int, typer.Option("-c", metavar="COUNT", help="End after so many packets.", show_default=False)
    ] = 0,
    seconds: Annotated[
        float, typer.Option("--seconds", metavar="S", help="End after so many seconds.", show_default=False)
    ] = 0.0,
    verbose: Annotated[bool, typer.Option("-v", help="What is in each packet, in several lines.")] = False,
    ethernet: Annotated[bool, typer.Option("-e", help="With the Ethernet header.")] = False,
    lab: LabOption = "",
    json: LinesOption = False,
) -> None:
    """Print the packets of LANs and nodes as they pass, in tcpdump's own words, until Ctrl-C.

    Of a LAN, each packet is there once, whoever sent it. Of a node, what it
    forwards is there twice, coming in and going out. Several places at once
    are merged in order of time (UTC).

    \b
    catenet capture link1
    catenet capture link1 udp port 520 -v
    catenet capture a b 'icmp or arp' -c 10
    catenet capture link1 link2 -w two.pcap --seconds 30
    catenet capture surf.eurecom.fr port 53 -w - | wireshark -k -i -
    catenet capture link1 --json | jq .text
    """
    if count < 0 or not 0 <= seconds <= LONGEST:
        raise UserError(f"-c counts from 1 on, and --seconds from 0 to {LONGEST:.0f}")
    if write and (json or verbose or ethernet):
        raise UserError("-w writes whole packets: it goes with neither --json nor -v nor -e")
    docker = engine()
    form = _Form(write, ["-v"] * verbose + ["-e"] * ethernet, json)
    _listen(docker, running_lab(docker, lab), words, Limits(count, seconds), form)


def _listen(docker: Engine, running: RunningLab, words: list[str], limits: Limits, form: _Form) -> None:
    """Follows the places that the words name, until Ctrl-C or a limit."""
    targets, expression = _split(running, words)
    points = find_capture_points(docker, running, targets)
    with ExitStack() as stack:
        file = stack.enter_context(opened(form.file)) if form.file else None
        try:
            followed = stack.enter_context(following(docker, points, expression))
        except UserError as error:
            raise _explained(error, running, expression) from None
        stopped = stack.enter_context(interruptible())
        say_to_stderr(f"listening on {', '.join(targets)}{f', {expression}' if expression else ''}: Ctrl-C ends it")
        if file is not None:
            copy(followed, PcapSink(file), limits, stopped)
        else:
            dissector = Dissector(docker, [point.container for point in points], form.options, followed.wake)
            stack.callback(dissector.close)
            copy(followed, TextSink(dissector, points, json=form.json), limits, stopped)
        packets = "1 packet" if followed.packets == 1 else f"{followed.packets} packets"
        say_to_stderr(f"{packets}, {followed.dropped} dropped by the kernel")


def _split(running: RunningLab, words: list[str]) -> tuple[list[str], str]:
    """The names that lead are where to capture; the rest is the filter.

    Raises:
        UserError: not even the first word is a name.

    """
    known = {*running.lans, *running.containers, *chain(*running.missing)}
    targets = list(takewhile(known.__contains__, words))
    if not targets:
        raise unknown("node or LAN", words[0], known, owner=f"lab {running.name}")
    return list(dict.fromkeys(targets)), " ".join(words[len(targets) :])


def _explained(error: UserError, running: RunningLab, expression: str) -> UserError:
    """A filter that is none may be a name that is none."""
    word = expression.partition(" ")[0]
    near = get_close_matches(word, [*running.lans, *running.containers], n=1, cutoff=0.5)
    return UserError(f"{error}; nor is {word} a node or LAN: did you mean {near[0]}?") if near else error
