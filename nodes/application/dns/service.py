"""What others have to know of the services `nameserver` and `resolver`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from catenet.nodes.control.service import Listen, Naming, Service, Table, Tcp

if TYPE_CHECKING:
    from catenet.nodes.application.dns.config import NameserverOptions, ResolverOptions
    from catenet.nodes.control.needs import KnowNames, ReadNeeds, Tell

__all__ = ["SERVICES"]


def _nameserver_options() -> type[NameserverOptions]:
    from catenet.nodes.application.dns.config import NameserverOptions

    return NameserverOptions


def _resolver_options() -> type[ResolverOptions]:
    from catenet.nodes.application.dns.config import ResolverOptions

    return ResolverOptions


def _zones() -> ReadNeeds:
    from catenet.nodes.application.dns.needs import read_zones

    return read_zones


def _hints() -> ReadNeeds:
    from catenet.nodes.application.dns.needs import read_hints

    return read_hints


def _names() -> KnowNames:
    from catenet.nodes.application.dns.needs import zone_names

    return zone_names


def _serves_root(options: NameserverOptions) -> bool:
    return options.serves_root


def _told() -> Tell:
    from catenet.nodes.application.dns.needs import tell_hints

    return tell_hints


_LISTENS = (Listen("udp", 53), Listen("tcp", 53))
_EVENTS = {
    "dns.query": "id, name, type, source, destination, [recursion]: a question was received or sent",
    "dns.answer": "id, name, type, source, destination, rcode, answers, [refers], ttl: likewise, an answer",
}

_TCP = Tcp(without="an answer that is too large for UDP cannot be fetched by TCP")
_HEADINGS = {"ttl": "TTL (s)"}

SERVICES = (
    Service(
        "nameserver",
        "An authoritative name server.",
        _nameserver_options,
        listens=_LISTENS,
        naming=Naming(knows=_names, roots=_serves_root),
        tables=(Table("nameserver", _HEADINGS),),
        events=_EVENTS,
        needs=_zones,
        tcp=_TCP,
    ),
    Service(
        "resolver",
        "A caching resolver, which asks the name servers from the root on.",
        _resolver_options,
        listens=_LISTENS,
        naming=Naming(resolves=True),
        tables=(Table("resolver", _HEADINGS),),
        caches=True,
        events=_EVENTS,
        needs=_hints,
        told=_told,
        tcp=_TCP,
    ),
)
