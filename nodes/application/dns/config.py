"""Options of the name server and of the resolver; every default stands here, with its unit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from catenet.nodes.address import Address
from catenet.nodes.application.dns.name import Name
from catenet.nodes.control.units import About, Duration, Form, OptionError
from catenet.nodes.machine import Json

__all__ = ["NameserverOptions", "ResolverOptions", "origin_of"]

_ROOT = "root"


@dataclass(frozen=True, slots=True)
class NameserverOptions:
    """`nameserver:` of a lab file."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    zones: Annotated[
        tuple[str, ...],
        About(
            "The zones served, by their origins, in lower case and without a final dot; `root` (or `.`) is the root "
            "zone. Each is read from zones/NAME.zone in the lab's folder, or, where there is no such file, made from "
            "those hosts of the lab whose names end in it."
        ),
    ]

    def __post_init__(self) -> None:
        if not self.zones:
            raise OptionError("zones () is empty: write at least one zone, like [uiuc.edu] or [root]", "zones")
        written: dict[Name, str] = {}
        for zone in self.zones:
            origin = origin_of(zone)
            if origin in written:
                text = f"zones: {zone!r} stands there twice{_also(written[origin], zone)}"
                raise OptionError(text, "zones", inner=zone)
            written[origin] = zone
        object.__setattr__(self, "zones", tuple(map(_word, written)))

    @property
    def origins(self) -> dict[str, Name]:
        """Each zone's word → its origin."""
        return {zone: origin_of(zone) for zone in self.zones}

    @property
    def serves_root(self) -> bool:
        """Whether the root zone is one of them."""
        return _ROOT in self.zones


@dataclass(frozen=True, slots=True)
class ResolverOptions:
    """`resolver:` of a lab file."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    hints: Annotated[
        Literal["lab"] | Mapping[str, str],
        Form("the word lab, or {NAME: ADDRESS}"),
        About(
            "The root servers: `lab` for the nodes that serve the zone `root`, or server names with their addresses."
        ),
    ] = "lab"
    qname_minimisation: Annotated[
        Literal["on", "off"], About("Whether each server is asked for no more labels than it needs (RFC 9156).")
    ] = "on"
    cache: Annotated[int, About("Entries (one for each name and type); the least recently used go first.")] = 10_000
    timeout: Annotated[Duration, About("Seconds to wait for a server whose round-trip time is not known yet.")] = 0.8
    deadline: Annotated[Duration, About("Seconds until a client gets SERVFAIL; stub resolvers give up after 5.")] = 4.5

    def __post_init__(self) -> None:
        if self.hints != "lab":
            _check_hints(self.hints)
        if self.qname_minimisation not in ("on", "off"):
            text = f"qname_minimisation {self.qname_minimisation!r} is neither on nor off"
            raise OptionError(text, "qname_minimisation")
        if not 16 <= self.cache <= 1_000_000:
            raise OptionError(f"cache {self.cache!r} is not between 16 and 1000000 entries", "cache")
        if not 0.01 <= self.timeout <= 60:
            raise OptionError(f"timeout {self.timeout!r} s is not between 10ms and 60s", "timeout")
        if not self.timeout <= self.deadline <= 300:
            text = f"deadline {self.deadline!r} s is not between timeout ({self.timeout:g} s) and 300s"
            raise OptionError(text, "deadline", "timeout")

    def servers(self, told: Mapping[str, Json]) -> dict[str, Address]:
        """The root servers by name. `told`: what the service is told of the lab (needs.py).

        Raises:
            ValueError: there is none, or what is told is none of that.

        """
        hints = told.get("hints", {}) if isinstance(self.hints, str) else self.hints
        if not isinstance(hints, Mapping):
            raise ValueError(f"hints {hints!r} is no object")
        if not hints:
            raise ValueError(
                "hints 'lab': no node of this lab serves the zone root; give one, or write hints: {NAME: ADDRESS}"
            )
        return {name: Address.parse(str(address)) for name, address in hints.items()}


def origin_of(zone: object) -> Name:
    """The origin of a zone as a lab file or a file's name has it: `uiuc.edu`, `Uiuc.Edu.`, `root`, `.`.

    Raises:
        OptionError: it is no domain name.

    """
    if not isinstance(zone, str) or not zone:
        raise OptionError(f"zones: {zone!r} is no domain name", "zones", inner=str(zone))
    if zone.lower() == _ROOT:
        return Name.root
    try:
        return Name.parse(zone)
    except ValueError as error:
        raise OptionError(f"zones: {error}", "zones", inner=zone) from None


def _word(origin: Name) -> str:
    """The one way to write a zone's name; a zone that is really called so is `root.`."""
    if origin == Name.root:
        return _ROOT
    return str(origin) if str(origin) != _ROOT else f"{_ROOT}."


def _also(first: str, second: str) -> str:
    return "" if first == second else f", as {first!r} too"


def _check_hints(hints: object) -> None:
    if not isinstance(hints, Mapping) or not hints:
        raise OptionError(f"hints {hints!r} is neither `lab` nor server names with their addresses", "hints")
    written: dict[Name, str] = {}
    for name, address in hints.items():
        try:
            server = Name.parse(name)
            place = Address.parse(address)
        except ValueError as error:
            raise OptionError(f"hints: {error}", "hints", inner=name) from None
        if server in written:
            raise OptionError(f"hints: {name!r} stands there twice{_also(written[server], name)}", "hints", inner=name)
        if not place.is_unicast:
            raise OptionError(f"hints: {name}: {place} is no host's address", "hints", inner=name)
        written[server] = name
