"""The hosts of a copy of a lab that is on several, by the labels of what there is of it, and which do not answer."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace

from catenet.orchestrator.backend.protocols import LABEL_HOST, LABEL_HOSTS, LABEL_LEFT, LABEL_PLACES, HostLostError

__all__ = ["CopyHosts", "hosts_of"]


@dataclass(frozen=True, slots=True)
class CopyHosts:
    """`urls`: host → how it is reached (none where the copy is on one engine); `places`: node → host; `lost`: host →
    why it does not answer; `seen`: the hosts of what was found; `left`: those that were lost when it was taken down.
    """

    urls: Mapping[str, str] = field(default_factory=dict)
    places: Mapping[str, str] = field(default_factory=dict)
    lost: Mapping[str, str] = field(default_factory=dict)
    seen: frozenset[str] = frozenset()
    left: tuple[str, ...] = ()

    def without(self, lost: Mapping[str, str]) -> CopyHosts:
        """The same, where these hosts of the engine do not answer: some of them may be others'."""
        return replace(self, lost={host: why for host, why in lost.items() if host in self.urls})

    def nodes_on(self, host: str) -> list[str]:
        """The nodes that have their place there, in the lab's order."""
        return [node for node, place in self.places.items() if place == host]

    def said_of_left(self, copy: str) -> str:
        """That it was taken down but for what is on some hosts, and how that goes; empty: it was not."""
        if not self.left:
            return ""
        where = ", ".join(f"{host} ({self.urls.get(host, '?')})" for host in self.left)
        return f"{copy} was taken down; what was on host {where} is left: `catenet down {copy}` removes it"

    def lost_with(self, what: str, host: str = "") -> HostLostError:
        """Why nothing can be done with that node, or LAN. `host`: the one that has it, where that is known."""
        meant = [host] if host in self.lost else [*self.lost]
        return HostLostError(
            f"{what} is unreachable: {'; '.join(map(self.said_of, meant))}", host=next(iter(meant), "")
        )

    def said_of(self, host: str) -> str:
        """Which one it is, and why it does not answer."""
        return f"host {host} ({self.urls[host]}) does not answer: {self.lost[host]}"


def hosts_of(labels: Iterable[Mapping[str, str]], lost: Mapping[str, str]) -> CopyHosts:
    """By the labels of all that is a copy's, and the hosts of the engine that are lost."""
    each = [*labels]
    seen = frozenset(said[LABEL_HOST] for said in each if LABEL_HOST in said)
    left = {host: None for said in each for host in said.get(LABEL_LEFT, "").split(",") if host}
    return CopyHosts(_read(each, LABEL_HOSTS), _read(each, LABEL_PLACES), seen=seen, left=(*left,)).without(lost)


def _read(labels: Iterable[Mapping[str, str]], label: str) -> dict[str, str]:
    """What is said there, mostly by all of them alike."""
    found: dict[str, str] = {}
    for text in {each[label]: None for each in labels if label in each}:
        with suppress(ValueError, AttributeError):  # somebody else's label, or one that was changed by hand
            found |= {str(key): str(value) for key, value in json.loads(text).items()}
    return found
