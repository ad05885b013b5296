"""What a node reaches, by which way, and what a name is there: on the kernel's stack by the unmodified programs ping,
traceroute and dig, and on the userspace stack, where these have no network, by the node's own probes (nodes/probes).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import TypeVar

from catenet.nodes.address import Address
from catenet.nodes.control.fields import AnswerError, read
from catenet.nodes.control.lookups import KIND as LOOKUP
from catenet.nodes.control.lookups import LookedUp, LookupAsked
from catenet.nodes.control.pings import KIND as PING
from catenet.nodes.control.pings import TRACE, PingAsked, Pinged, TraceAsked
from catenet.nodes.control.probes import Probes, probes
from catenet.nodes.control.questions import Question
from catenet.nodes.machine import Json
from catenet.orchestrator.backend.protocols import LABEL_STACK, Container, EngineError, Streams
from catenet.orchestrator.lab.realms import UnmeantError, views
from catenet.orchestrator.observe.ask import ask
from catenet.orchestrator.observe.program import Finished, run_program
from catenet.orchestrator.observe.running import RunningLab, UserError, unknown
from catenet.orchestrator.observe.tools import PING_CODES, read_dig, read_hops, read_ping

__all__ = ["address_of", "has_programs", "look_up", "ping", "probe", "trace"]

Value = TypeVar("Value")
PATIENCE = 20.0
"""Seconds that a busy machine may take beside what the packets themselves take."""


def has_programs(container: Container) -> bool:
    """Whether the programs of others (ping, curl …) have a network in the node: that of the kernel."""
    return LABEL_STACK not in container.labels


def address_of(running: RunningLab, node: str, target: str) -> Address:
    """By which `node` reaches the target, a node or an address.

    Raises:
        UserError: it is none, or unknown there.

    """
    if target in running.lab.nodes:
        try:
            return views(running.lab).address(target, node)
        except UnmeantError as error:
            raise UserError(str(error)) from None
    try:
        return Address.parse(target)
    except ValueError:
        raise unknown("node", target, running.lab.nodes, owner=f"lab {running.name}") from None


def ping(streams: Streams, container: Container, asked: PingAsked) -> Pinged:
    """Echo requests, and what became of them.

    Raises:
        EngineError: the node does not run, or gives no answer.

    """
    takes = asked.every * (asked.number - 1) + asked.wait
    if not has_programs(container):
        return probe(streams, container, {"kind": PING, **asked.to_json()}, takes, Pinged.parse)
    command = ["ping", "-n", "-c", f"{asked.number}", "-i", f"{asked.every:g}", "-W", f"{asked.wait:g}"]
    command += ["-s", f"{asked.size}", *(["-t", f"{asked.ttl}"] if asked.ttl else [])]
    command += ["-M", "want"] if asked.whole else []
    done = _run(streams, container, [*command, str(asked.to)], takes, PING_CODES)
    return read_ping(done)


def trace(streams: Streams, container: Container, asked: TraceAsked) -> Probes:
    """Each hop; where there is none, `error` says why.

    Raises:
        EngineError: the node does not run, or gives no answer.

    """
    takes = asked.most * asked.tries * asked.wait
    if not has_programs(container):
        return probe(streams, container, {"kind": TRACE, **asked.to_json()}, takes, probes)
    command = ["traceroute", "-n", "-q", f"{asked.tries}", "-w", f"{asked.wait:g}", "-m", f"{asked.most}"]
    done = _run(streams, container, [*command, str(asked.to)], takes)
    hops = read_hops(done.stdout)
    arrived = any(hop.address == str(asked.to) and not hop.says for hop in hops)
    return Probes(arrived, "" if hops else done.last_words, hops)


def look_up(streams: Streams, container: Container, asked: LookupAsked) -> LookedUp:
    """What the node's resolver says of the name: on the kernel's stack the one that its own configuration names.

    Raises:
        EngineError: the node does not run, or gives no answer.

    """
    if not has_programs(container):
        return probe(streams, container, {"kind": LOOKUP, **asked.to_json()}, asked.wait, LookedUp.parse)
    options = ["+tries=1", f"+time={asked.wait:g}", "+noall", "+comments", "+answer"]
    done = _run(streams, container, ["dig", *options, asked.name, "A"], asked.wait)
    found = read_dig(done.stdout)
    return found if found.status else found._replace(error=done.last_words)


def probe(
    streams: Streams,
    container: Container,
    arguments: dict[str, Json],
    takes: float,
    parse: Callable[[Json], Value],
    *,
    patience: float = PATIENCE,
) -> Value:
    """What a node finds out by packets of its own (nodes/probes); `takes`: so many seconds, of itself; `patience`: so
    many more a busy machine may need.

    Raises:
        EngineError: it gave no answer, or refuses.

    """
    answer = ask(streams, container, Question("probe", arguments), takes + patience)
    try:
        return read(answer, parse)
    except AnswerError as error:
        raise EngineError(f"{container.node}: {error}") from None


def _run(
    streams: Streams, container: Container, command: Sequence[str], takes: float, codes: Collection[int] = ()
) -> Finished:
    """`codes`: what it returns when it did its work; none: whatever it is."""
    done = run_program(streams, container, command, takes + PATIENCE)
    if codes and done.returncode not in codes:
        raise EngineError(f"{command[0]} did not run at {container.node}: {done.last_words}")
    return done
