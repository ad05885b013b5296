"""The check `resolve`: an unmodified dig, while tcpdump at the resolver counts the messages and sees who is asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from catenet.orchestrator.checks.result import Finding
from catenet.orchestrator.checks.scene import Scene
from catenet.orchestrator.lab.model import ResolveCheck
from catenet.orchestrator.observe.caches import empty_caches
from catenet.orchestrator.observe.capture import capturing
from catenet.orchestrator.observe.messages import read_dns
from catenet.orchestrator.observe.packets import Seen
from catenet.orchestrator.observe.program import Finished

__all__ = ["DigAnswer", "check_resolve", "describe_resolve", "read_dig"]

_LIMIT = 5
"""Seconds that dig waits for its answer."""


class DigAnswer(NamedTuple):
    """What dig was told: the response code (empty: no response) and the addresses."""

    status: str
    addresses: tuple[str, ...]


def describe_resolve(check: ResolveCheck) -> str:
    """The check in words."""
    count = "" if check.messages is None else f": {check.messages} messages"
    return f"{check.at} resolves {check.name}{', caches cold' if check.cold else ''}{count}"


def check_resolve(scene: Scene, check: ResolveCheck) -> Finding:
    """Resolves the name once. With cold caches they are emptied first; without, the name is asked for once before.

    Raises:
        EngineError: dig or the capture did not run.

    """
    address = scene.lab.nodes[check.at].resolver
    if address is None:
        return Finding(False, _expected(check), "the node has no resolver", f"catenet show {check.at}")
    resolver = scene.owners.get(address, str(address))
    if check.cold:
        empty_caches(scene.engine, scene.running)
    else:
        _dig(scene, check)
    container = scene.running.node(resolver)
    with capturing(scene.engine, {resolver: container.name}, "port 53") as captures:
        done = _dig(scene, check)
        packets = [seen for seen in captures.stop() if read_dns(seen) is not None]
    answer = read_dig(done.stdout)
    asked = [scene.name(str(seen.destination.address)) for seen in packets if _is_query(seen)]
    holds = (
        bool(answer.addresses)
        and check.messages in (None, len(packets))
        and (not check.asks or _match(check.asks, asked, _root_servers(scene)))
        and (check.gives is None or str(check.gives) in answer.addresses)
    )
    seen = _in_words(len(packets), asked, ", ".join(answer.addresses) or answer.status or done.last_words)
    return Finding(holds, _expected(check), seen, f"catenet exec {check.at} dig +trace {check.name}")


def read_dig(text: str) -> DigAnswer:
    """The output of `dig +noall +comments +answer NAME A`."""
    status, addresses = "", []
    for line in text.splitlines():
        if line.startswith(";; ->>HEADER<<-"):
            status = line.partition("status: ")[2].partition(",")[0]
        words = line.split()
        if not line.startswith(";") and len(words) == 5 and words[3] == "A":
            addresses.append(words[4])
    return DigAnswer(status, tuple(addresses))


def _dig(scene: Scene, check: ResolveCheck) -> Finished:
    command = ["dig", "+tries=1", f"+time={_LIMIT}", "+noall", "+comments", "+answer", check.name, "A"]
    return scene.run(check.at, command, _LIMIT + 25)


def _is_query(seen: Seen) -> bool:
    message = read_dns(seen)
    return message is not None and not message.is_answer


def _root_servers(scene: Scene) -> frozenset[str]:
    nodes = scene.lab.nodes.values()
    return frozenset(node.name for node in nodes if "root" in getattr(node.services.get("nameserver"), "zones", ()))


def _match(expected: Sequence[str], asked: Sequence[str], roots: frozenset[str]) -> bool:
    if len(expected) != len(asked):
        return False
    return all(who in roots if want == "root" else who == want for want, who in zip(expected, asked, strict=True))


def _expected(check: ResolveCheck) -> str:
    return _in_words(check.messages, check.asks, "an address" if check.gives is None else str(check.gives))


def _in_words(messages: int | None, asked: Sequence[str], gives: str) -> str:
    count = [] if messages is None else [f"{messages} messages"]
    asks = [f"asks {', '.join(asked)}"] if asked else []
    return "; ".join([*count, *asks, f"gives {gives}"])
