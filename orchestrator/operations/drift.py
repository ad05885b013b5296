"""What somebody has left behind inside a node, which was not there after `up`: seen from within, told in words.

Seen are addresses, routes, routing rules, neighbours, interfaces, queueing disciplines, packet filters, running
programs, /etc/hosts and /etc/resolv.conf. Not seen: other files, and what a daemon of ours keeps in its memory.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from catenet.nodes.control.answers import NodeStatus
from catenet.nodes.control.fields import AnswerError, read
from catenet.nodes.control.hardware import hardware_text
from catenet.nodes.control.link import LinkCondition
from catenet.nodes.control.printable import printable
from catenet.nodes.control.questions import ASK_COMMAND, SOCKET_PATH, Answer, Question, QuestionError
from catenet.nodes.control.segment import SEGMENT_DEVICES
from catenet.nodes.control.service import GUARD_CHAINS, IMPAIRED_DEVICES
from catenet.orchestrator.backend.protocols import Container, EngineError, Streams
from catenet.orchestrator.lab.model import MTU, Attachment, Lab, Node
from catenet.orchestrator.observe.program import run_program
from catenet.orchestrator.observe.running import segments_of
from catenet.orchestrator.operations.underlay import Parted, apart

__all__ = ["Drift", "find_drift"]

_DEADLINE = 20.0
# One program for all, the question to PID 1 too, since to begin one costs more than all that it does. PID 1 writes both
# files just before it opens its socket, so a file that is younger than the socket was changed by hand.
_SCRIPT = f"""
echo "state $(echo '{bytes(Question("status")).decode().strip()}' | {" ".join(ASK_COMMAND)})"
for what in addr route rule neigh link; do
    case $what in route) all="table all";; neigh) all="nud permanent";; *) all=;; esac
    ip -4 -o $what show $all | sed "s/^/$what /"
done
nft list ruleset 2>/dev/null | sed 's/^/filter /'
for file in /etc/hosts /etc/resolv.conf; do [ $file -nt {SOCKET_PATH} ] && echo "file $file"; done
for process in /proc/[0-9]*; do
    read -r line 2>/dev/null <$process/stat || continue
    set -- ${{line##*) }}
    [ "$4" = 1 ] || [ "$4" = $$ ] || echo "program $(tr '\\0' ' ' 2>/dev/null <$process/cmdline)"
done
:
"""
_RULES = ("0: from all lookup local", "32766: from all lookup main", "32767: from all lookup default")
_ENGINES = "127.0.0.11"  # where the engine resolves names: its rules, and our route that forbids it
_FILTER = re.compile(r"(table|chain) \S+(?: \S+)? {|}|type \S+ hook .* policy accept;|# .*|")
_GUARD = re.compile(rf"counter packets \d+ bytes \d+ jump {GUARD_CHAINS}[a-z]+")
_OURS = re.compile(rf"^$|{SOCKET_PATH}|/usr/local/bin/health")  # a zombie, our questions, the engine's health check
_DEVICE = rf"lo|eth\d+@\S+|{IMPAIRED_DEVICES}\d+r?@\S+|{SEGMENT_DEVICES}\d+"
_LINK = re.compile(rf"\d+: ({_DEVICE}): .* mtu (?P<mtu>\d+) qdisc (?P<queue>noqueue|netem) ")
_WHOLE = (65_535, 65_536)  # what carries anything: lo, and the emulator's devices
_UNHEARD = re.compile(rf'type filter hook ingress device "{IMPAIRED_DEVICES}\d+r" .* policy drop;')


@dataclass(frozen=True, slots=True)
class Drift:
    """One look into a node. `broken`: its LANs whose ends are not as by the lab file → how they are to be;
    `differences`: what else is not as after `up`, in words; `programs`: the command lines of those that run and that
    are not ours.
    """

    broken: Mapping[str, LinkCondition] = field(default_factory=dict)
    differences: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()

    @property
    def found(self) -> tuple[str, ...]:
        """All that is not as after `up`, but the LANs, in words."""
        return (*self.differences, *(f"program {line}" for line in self.programs))


def find_drift(streams: Streams, container: Container, lab: Lab) -> Drift:
    """How the node differs from what it was after `up`. Where a LAN is cut, its routes are lacking too.

    Raises:
        EngineError: the node could not be looked into; the text says why.

    """
    seen = run_program(streams, container, ["sh", "-c", _SCRIPT], _DEADLINE)
    if seen.returncode != 0:
        raise EngineError(f"{container.node} could not be looked into: {seen.last_words}")
    said: dict[str, list[str]] = {}
    for line in seen.stdout.splitlines():
        word, _, rest = line.partition(" ")
        said.setdefault(word, []).append(printable(" ".join(rest.split())))
    node = lab.nodes[container.node]
    status = _status(said.get("state", []))
    ready = () if status is not None and status.ready else ("it is not ready",)
    links = () if status is None else status.interfaces
    broken = {link.lan: link.planned for link in links if link.condition != link.planned}
    programs = tuple(line for line in said.get("program", ()) if not _OURS.search(line))
    segments = [lab.lans[lan].mtu for lan in segments_of(container.labels) if lan in lab.lans]
    others, faults = apart(said, max(segments)) if segments else Parted(said, ())
    return Drift(broken, (*ready, *faults, *_differences(lab, node, others)), programs)


def _status(lines: Sequence[str]) -> NodeStatus | None:
    """As the node says; None where it says something else."""
    try:
        return read(Answer.parse("".join(lines).encode()), NodeStatus.parse)
    except (QuestionError, AnswerError):
        return None


def _differences(lab: Lab, node: Node, said: Mapping[str, Sequence[str]]) -> Iterator[str]:
    yield from _addresses(node, said.get("addr", ()))
    yield from _routes(node, said.get("route", ()))
    yield from (f"rule {line}" for line in said.get("rule", ()) if line not in _RULES)
    yield from (f"neighbour {line}" for line in said.get("neigh", ()))
    yield from (f"link {line}" for line in said.get("link", ()) if not _is_ours(lab, node, line))
    yield from _filters(said.get("filter", ()))
    yield from (f"{line} was changed" for line in said.get("file", ()))


def _addresses(node: Node, lines: Sequence[str]) -> Iterator[str]:
    """Where our own stack carries a node's packets its kernel is to have no address, and no route."""
    wanted = {f"{each.address}/{each.length}" for each in _of_kernel(node)} | {"127.0.0.1/8"}
    found = {next(iter(line.split()[3:]), line) for line in lines}
    yield from (f"address {each}" for each in sorted(found - wanted))
    yield from (f"no address {each}" for each in sorted(wanted - found))


def _routes(node: Node, lines: Sequence[str]) -> Iterator[str]:
    """A route that somebody sets by hand names no protocol; those of routing daemons are the daemons' affair."""
    wanted = {f"{each.prefix} dev" for each in _of_kernel(node)}
    if node.stack == "kernel":
        wanted |= {f"{route.to} via {route.via}" for route in node.routes}
        wanted |= {f"default via {node.gateway}"} if node.gateway is not None else set()
    ours = [line for line in lines if re.search(r" proto (kernel|static) ", line)]
    yield from (f"no route {each.removesuffix(' dev')}" for each in sorted(wanted) if not _begins(ours, each))
    for line in lines:
        by_hand = " proto " not in line and _ENGINES not in line
        if by_hand or (" proto static " in line and not any(line.startswith(f"{each} ") for each in wanted)):
            yield f"route {line}"


def _of_kernel(node: Node) -> Sequence[Attachment]:
    """The places in which the node's kernel is to have an address."""
    return node.attachments if node.stack == "kernel" else ()


def _begins(lines: Sequence[str], text: str) -> bool:
    return any(line.startswith(f"{text} ") for line in lines)


def _is_ours(lab: Lab, node: Node, link: str) -> bool:
    """A device as the node has it; netem is on those whose LAN is impaired, where the kernel has that."""
    found = _LINK.match(link)
    names = {part.strip() for part in link.split("\\")}  # ip writes \ between what would be lines
    lan = next((lan for lan in lab.lans.values() if f"altname {lan.name}" in names), None)
    if found is None or int(found["mtu"]) not in ((*_WHOLE, MTU) if lan is None else (lan.mtu,)):
        return False
    mac = next((place.mac for place in node.attachments if lan is not None and place.lan == lan.name), b"")
    if mac and f"link/ether {hardware_text(mac)}" not in link:
        return False
    return found["queue"] == "noqueue" or (lan is not None and bool(lan.impairments))


def _filters(lines: Sequence[str]) -> Iterator[str]:
    """Every rule but the engine's own, and those of ours: packets wait for a service, and what came to the emulator of
    impairments nobody else hears; the empty tables that `iptables -L` makes are none."""
    guards = False
    for line in lines:
        if line.startswith("chain "):
            guards = line.startswith(f"chain {GUARD_CHAINS}")
        ours = _ENGINES in line or guards or any(each.fullmatch(line) for each in (_FILTER, _GUARD, _UNHEARD))
        if not ours:
            yield f"filter {line}"
