"""The check `resolve`: a dig, while tcpdump at the resolver counts the messages and sees who is asked."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from catenet.nodes.address import Address
from catenet.nodes.control.service import Service
from catenet.orchestrator.checks.expectation import Domain, Expectation, Finding, Key, Name, Node, Scene
from catenet.orchestrator.wire.messages import DNS_FILTER, read_dns

__all__ = ["ResolveCheck"]

MOST_MESSAGES = 10_000
_ROOT = "root"
"""In the list of those asked: any server of the root zone."""


@dataclass(frozen=True, slots=True)
class ResolveCheck(Expectation):
    """`at` resolves `name`: so many DNS messages on the wire, these servers asked, this address given.

    `asks` names nodes; `root` stands for any server of the root zone. `cold` empties every cache first.
    """

    kind: ClassVar = "resolve"
    about: ClassVar = "A name is resolved: so many messages, these servers, this address."
    alone: ClassVar = True
    order: ClassVar = 2

    at: Annotated[Node, Key("The node that asks.")]
    name: Annotated[Domain, Key("The name to resolve, like www.example.org.")]
    cold: Annotated[bool, Key("Whether every cache is emptied first. Without it: no.")] = False
    messages: Annotated[
        int | None, Key("DNS messages on the wire, questions and answers.", bounds=(0, MOST_MESSAGES))
    ] = None
    asks: Annotated[
        tuple[Annotated[str, Name("node", also=(_ROOT,))], ...],
        Key("The servers that are asked, in order; `root` is any server of the root zone."),
    ] = ()
    gives: Annotated[Address | None, Key("The address that is found.")] = None

    def run(self, scene: Scene) -> Finding:
        """Resolves the name once. With cold caches they are emptied first; without, it is asked for once before."""
        resolver = scene.resolver(self.at)
        if resolver is None:
            return Finding(False, self._expected(), "the node has no resolver", f"catenet show {self.at}")
        if self.cold:
            scene.empty_caches()
        else:
            scene.dig(self.at, self.name)
        with scene.capture(resolver, DNS_FILTER) as packets:
            answer = scene.dig(self.at, self.name)
        messages = [(packet, message) for packet in packets if (message := read_dns(packet)) is not None]
        asked = [
            scene.name(str(packet.destination.address), resolver)
            for packet, message in messages
            if not message.is_answer
        ]
        holds = (
            bool(answer.addresses)
            and self.messages in (None, len(messages))
            and (not self.asks or _match(self.asks, asked, scene.nodes_with(_serves_root)))
            and (self.gives is None or str(self.gives) in answer.addresses)
        )
        given = "too much for UDP" if answer.truncated else ", ".join(answer.addresses) or answer.status
        seen = _in_words(len(messages), asked, given or answer.error)
        return Finding(holds, self._expected(), seen, f"catenet show {resolver}")

    def describe(self) -> str:
        """`h1 resolves www.example.org, caches cold: 8 messages`."""
        count = "" if self.messages is None else f": {self.messages} messages"
        return f"{self.at} resolves {self.name}{', caches cold' if self.cold else ''}{count}"

    def _expected(self) -> str:
        return _in_words(self.messages, self.asks, "an address" if self.gives is None else str(self.gives))


def _serves_root(service: Service, options: Any) -> bool:
    return service.naming is not None and service.naming.roots is not None and service.naming.roots(options)


def _match(expected: Sequence[str], asked: Sequence[str], roots: Collection[str]) -> bool:
    if len(expected) != len(asked):
        return False
    return all(who in roots if want == _ROOT else who == want for want, who in zip(expected, asked, strict=True))


def _in_words(messages: int | None, asked: Sequence[str], gives: str) -> str:
    count = [] if messages is None else [f"{messages} messages"]
    asks = [f"asks {', '.join(asked)}"] if asked else []
    return "; ".join([*count, *asks, f"gives {gives}"])
