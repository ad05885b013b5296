"""The hosts of a copy of a lab that is on several, by the labels of what there is of it, and which tell nothing."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from catenet.orchestrator.backend.protocols import (
    LABEL_BEGAN,
    LABEL_HOST,
    LABEL_HOSTS,
    LABEL_LEFT,
    LABEL_PLACES,
    Engine,
    HostLostError,
)
from catenet.orchestrator.engine_url import engine_key
from catenet.orchestrator.lab.hosts import HOST_LIMIT, HOST_NAME, url_fault

__all__ = ["CopyHosts", "hosts_of", "object_in"]


@dataclass(frozen=True, slots=True)
class CopyHosts:
    """`urls`: host → how it is reached (none where the copy is on one engine); `places`: node → host; `lost`: host →
    why it does not answer; `unasked`: those that the engine is not widened to; `seen`: those of what was found; `left`:
    those that were lost when it was taken down; `began`: when it was brought up, as the label says it.
    """

    urls: Mapping[str, str] = field(default_factory=dict)
    places: Mapping[str, str] = field(default_factory=dict)
    lost: Mapping[str, str] = field(default_factory=dict)
    unasked: tuple[str, ...] = ()
    seen: frozenset[str] = frozenset()
    left: tuple[str, ...] = ()
    began: str = ""

    @property
    def away(self) -> tuple[str, ...]:
        """The hosts of whose nodes and LANs nothing is known now."""
        return (*self.lost, *self.unasked)

    def asked_by(self, engine: Engine) -> CopyHosts:
        """The same, as that engine reaches them. The engine's hosts may have other names, and some be others'."""
        names, lost = engine.urls(), engine.lost()
        by_url = {engine_key(url): name for name, url in names.items()}
        own = {host: by_url.get(engine_key(url), host if host in names else None) for host, url in self.urls.items()}
        return replace(
            self,
            lost={host: lost[name] for host, name in own.items() if name is not None and name in lost},
            unasked=tuple(host for host, name in own.items() if name is None and host not in self.seen),
        )

    def nodes_on(self, *hosts: str) -> list[str]:
        """The nodes that have their place there, in the lab's order."""
        return [node for node, place in self.places.items() if place in hosts]

    def said_of_left(self, copy: str) -> str:
        """That it was taken down but for what is on some hosts, and how that goes; empty: it was not."""
        if not self.left:
            return ""
        where = ", ".join(f"{host} ({self.urls.get(host, '?')})" for host in self.left)
        return f"{copy} was taken down; what was on host {where} is left: `catenet down {copy}` removes it"

    def as_options(self) -> str:
        """All of them, as a command line names them."""
        return " ".join(f"--host {shlex.quote(f'{host}={url}')}" for host, url in self.urls.items())

    def lost_with(self, what: str, host: str = "") -> HostLostError:
        """Why nothing can be done with that node, or LAN. `host`: the one that has it, where that is known."""
        meant = [host] if host in self.away else self.away
        return HostLostError(
            f"{what} is unreachable: {'; '.join(map(self.said_of, meant))}", host=next(iter(meant), "")
        )

    def said_of(self, host: str) -> str:
        """Which one it is, and why it does not answer."""
        why = f"does not answer: {self.lost[host]}" if host in self.lost else "was not asked"
        return f"host {host} ({self.urls[host]}) {why}"


def hosts_of(labels: Iterable[Mapping[str, str]]) -> CopyHosts:
    """By the labels of all that is a copy's."""
    each = [*labels]
    seen = frozenset(said[LABEL_HOST] for said in each if LABEL_HOST in said)
    left = {host: None for said in each for host in said.get(LABEL_LEFT, "").split(",") if host}
    began = next((said[LABEL_BEGAN] for said in each if LABEL_BEGAN in said), "")
    return CopyHosts(_urls(each), _read(each, LABEL_PLACES), seen=seen, left=(*left,), began=began)


def object_in(text: str) -> Mapping[str, object]:
    """The JSON object of a label; empty where it is somebody else's, or was changed by hand."""
    try:
        said = json.loads(text or "{}")
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _urls(labels: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """The hosts as `up` may have written them: whoever may use an engine can write there what he will."""
    said = {host: url for host, url in _read(labels, LABEL_HOSTS).items() if HOST_NAME.fullmatch(host)}
    return {host: url for host, url in said.items() if not url_fault(url)} if len(said) <= HOST_LIMIT else {}


def _read(labels: Iterable[Mapping[str, str]], label: str) -> dict[str, str]:
    """What is said there, mostly by all of them alike."""
    texts = dict.fromkeys(each[label] for each in labels if label in each)
    return {key: value for text in texts for key, value in object_in(text).items() if isinstance(value, str)}
