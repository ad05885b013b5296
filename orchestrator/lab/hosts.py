"""Hosts: the machines with an engine on which a lab's nodes run. Pure.

How one is written: `local` (this machine), `ssh://user@server`, `user@server`, `unix:///run/docker.sock`,
`tcp://server:2375`, or the name of a context of Docker's. `NAME=…` before it says what it is called here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

from catenet.orchestrator.engine_url import engine_key

__all__ = [
    "HOST_LIMIT",
    "HOST_NAME",
    "LOCAL",
    "URL_PATTERN",
    "Host",
    "HostsFile",
    "Wiring",
    "parse_host",
    "parse_hosts",
    "server_of",
    "url_fault",
]

Wiring = Literal["bridge", "vxlan"]
"""What a LAN is made of: a network of the engine's, or a VXLAN segment between its nodes (RFC 7348)."""

LOCAL = "local"
"""This machine's own engine."""
HOST_LIMIT = 64
_LONGEST = 500
"""Characters of a URL."""
HOST_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}")
_SCHEMES = ("ssh", "unix", "tcp")
_PASSWORD = re.compile(r"(?:^|//)[^/@]*:[^/@]*@")
URL_PATTERN = rf"(?:{'|'.join(_SCHEMES)})://(?![^/@]*:[^/@]*@)[!-~]+|(?:[A-Za-z0-9_.-]+@)?{HOST_NAME.pattern}"
"""What a URL looks like; `url_fault` sees more."""


@dataclass(frozen=True, slots=True)
class Host:
    """A machine with an engine. `url`: as the module says; `name`: what the lab calls it."""

    name: str
    url: str


class HostsFile(NamedTuple):
    """What a file of hosts says, in its order. `mtu`: octets of the largest IP packet that the way between them
    carries; 0: it is not said."""

    hosts: Mapping[str, Host]
    mtu: int = 0


def parse_host(word: str) -> Host:
    """`NAME=URL`, or `URL` alone, which is then called as its server (its context; `local`).

    Raises:
        ValueError: it is none; the text says why and what to write.

    """
    name, equals, url = word.partition("=")
    if not equals or not HOST_NAME.fullmatch(name):
        name, url = "", word
    if fault := url_fault(url):
        raise ValueError(fault)
    name = name or server_of(url) or url
    if not HOST_NAME.fullmatch(name):
        raise ValueError(f"{url!r} has no name of its own: write one, like big={url}")
    return Host(name, url)


def parse_hosts(words: Iterable[str]) -> dict[str, Host]:
    """Name → host, in the order of the words.

    Raises:
        ValueError: one is none, or two have one name or one URL; the text says which.

    """
    found: dict[str, Host] = {}
    for word in words:
        host = parse_host(word)
        if host.name in found:
            raise ValueError(f"two hosts are called {host.name}: name them, like one={found[host.name].url}")
        if other := same(host, found):
            raise ValueError(f"{host.url} is host {other} already: once will do")
        found[host.name] = host
    if len(found) > HOST_LIMIT:
        raise ValueError(f"{len(found)} hosts, over the {HOST_LIMIT} that a lab may have")
    return found


def same(host: Host, others: Mapping[str, Host]) -> str:
    """The name of another with the same engine, however its URL is spelled; empty: there is none."""
    keys = {engine_key(other.url): other.name for other in others.values() if other.name != host.name}
    return keys.get(engine_key(host.url), "")


def url_fault(url: str) -> str:
    """What is wrong with the URL of a host, in words; empty: nothing that can be seen from here."""
    if not url or not url.isascii() or not url.isprintable() or " " in url or len(url) > _LONGEST:
        return f"a host is `local`, ssh://user@server, or a context of Docker, in at most {_LONGEST} plain characters"
    if _PASSWORD.search(url):  # it is repeated nowhere
        return "a host's URL has no password: let ssh have a key (ssh-copy-id)"
    scheme, separator, _ = url.partition("://")
    if not separator:
        plain = all(HOST_NAME.fullmatch(part) for part in url.split("@", 1))
        return "" if plain else f"{url!r} is no host: write `local`, ssh://user@server, or a context of Docker"
    if scheme not in _SCHEMES:
        return f"{url!r}: {scheme}:// is no way to an engine; there is ssh://, unix:// and tcp://"
    try:
        parts = urlsplit(url)
        server, _ = parts.hostname or "", parts.port
    except ValueError as error:
        return f"{url!r} is no URL: {error}"
    if scheme == "unix":
        return (
            ""
            if parts.path and not server
            else f"{url!r}: the path of the socket is missing, like unix:///run/docker.sock"
        )
    if not server or server.startswith("-") or (parts.username or "").startswith("-"):
        return f"{url!r} names no server, like {scheme}://server"
    return ""


def server_of(url: str) -> str:
    """The server in a host's URL; empty for this machine's own engine, and for a context of Docker's."""
    if "://" in url:
        return urlsplit(url).hostname or ""
    return url.rpartition("@")[2].partition(":")[0] if "@" in url else ""
