"""The check `asks`: whoever sends a packet on asks by ARP for the next one's hardware address, and hears it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

from catenet.orchestrator.checks.expectation import Asked, AskedAddress, Expectation, Finding, Key, Node, Scene

__all__ = ["AsksCheck"]


@dataclass(frozen=True, slots=True)
class AsksCheck(Expectation):
    """A packet goes from `source` to `target`: these nodes answer, in order, whoever sends it on; each question is a
    broadcast, the asker then knows who answered, and who answered knows the asker (RFC 826).
    """

    kind: ClassVar = "asks"
    about: ClassVar = "Hop by hop, by ARP: who answers when the next hardware address is asked for, and who knows whom."
    alone: ClassVar = True
    order: ClassVar = 6

    source: Annotated[Node, Key("The node that sends.", "from")]
    target: Annotated[Node, Key("The node to which it sends.", "to")]
    answers: Annotated[
        tuple[Node, ...], Key("Who answers, in order; [] where nobody has to be asked.", example="[f1, f3, h2]")
    ]
    proxy: Annotated[
        tuple[Node, ...], Key("Those of them who answer for an address that is another's (RFC 1027). Without it: none.")
    ] = ()
    fresh: Annotated[bool, Key("Whether all caches on the way are emptied first. Without it: yes.")] = True

    def run(self, scene: Scene) -> Finding:
        """One packet and its answer, captured at each end of each LAN."""
        seen = scene.asks(self.source, self.target, fresh=self.fresh)
        wrong = list(self._wrong(seen))
        said = [
            f"{each.asker} for {each.address}: {each.answerer or 'nobody'} answers{_proxied(each.owner, each.answerer)}"
            for each in _asked(seen)
        ]
        return Finding(
            holds=not wrong,
            expected=f"answers of {' '.join(self.answers)}" if self.answers else "no question",
            seen="; ".join([*wrong, *said]) or "no question",
            next=f"catenet trace arp {self.source} {self.target}{' --fresh' if self.fresh else ''}",
        )

    def describe(self) -> str:
        """`h1 to h2: f1 f3 h2 answer a broadcast`."""
        if not self.answers:
            return f"{self.source} to {self.target}: nobody is asked"
        others = f", {' '.join(self.proxy)} for others" if self.proxy else ""
        answer = "answers" if len(self.answers) == 1 else "answer"
        return f"{self.source} to {self.target}: {' '.join(self.answers)} {answer} a broadcast{others}"

    def _wrong(self, seen: Asked) -> Iterator[str]:
        if not seen.reached:
            yield f"the packet did not come to {self.target}"
        asked = _asked(seen)
        if tuple(each.answerer for each in asked) != self.answers:
            yield "others answer, or in another order"
        for each in asked:
            if not each.answerer:
                continue
            if (each.answerer != each.owner) is not (each.answerer in self.proxy):
                yield f"{each.answerer} answered for {each.owner or 'nobody'}"
            if not any(node == each.asker and lan == each.lan for node, lan, _ in seen.known):
                yield f"{each.asker} did not keep the answer"
            if (each.answerer, each.lan, each.asker) not in seen.known:
                yield f"{each.answerer} did not keep what the question says of {each.asker}"


def _asked(seen: Asked) -> list[AskedAddress]:
    """Those that all of the LAN hears; who is known is asked alone, whether it is still there (RFC 1122, 2.3.2.1)."""
    return [each for each in seen.questions if each.broadcast]


def _proxied(owner: str, answerer: str) -> str:
    return f" for {owner or 'nobody'}" if answerer and answerer != owner else ""
