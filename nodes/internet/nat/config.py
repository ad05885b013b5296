"""What a lab file may say about `nat`, with every default and its unit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal, get_args

from catenet.nodes.control.units import About, Duration, LanName, OptionError, check_timer

__all__ = ["KERNEL_PORTS", "Behaviour", "NatOptions"]

Behaviour = Literal["endpoint-independent", "address-dependent", "address-and-port-dependent"]
"""RFC 4787 sections 4.1 and 5."""
Ports = Literal["preserve", "random"]
Switch = Literal["off", "on"]

KERNEL_PORTS = range(64_512, 65_536)
"""From these the kernel takes those of the node's own connections."""
_SHORTEST, _LONGEST = 0.1, 7 * 86_400.0
_MOST_MAPPINGS = 65_536
_WORDS: dict[str, tuple[str, ...]] = {
    "translate": get_args(Switch),
    "mapping": get_args(Behaviour),
    "filtering": get_args(Behaviour),
    "ports": get_args(Ports),
    "hairpin": get_args(Switch),
    "udp": get_args(Switch),
}


@dataclass(frozen=True, slots=True)
class NatOptions:
    """Options of the service `nat`. The defaults are those that RFC 4787, RFC 5382 and RFC 5508 recommend."""

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 -- the name and the form are pydantic's

    outside: Annotated[
        LanName, About("The LAN outside, whose address stands for all hosts inside. Without it: the gateway's.")
    ] = ""
    inside: Annotated[tuple[LanName, ...], About("The LANs inside. Without it: all others.")] = ()
    translate: Annotated[
        Switch, About("With `off` it is a plain firewall: packets keep their addresses, and the filtering remains.")
    ] = "on"
    mapping: Annotated[
        Behaviour,
        About(
            "To which peers packets of one inside address and port go by the same outside port: to all, to those of "
            "one address, or to one address and port (RFC 4787 section 4.1)."
        ),
    ] = "endpoint-independent"
    filtering: Annotated[
        Behaviour,
        About(
            "Whose packets come in by a mapping: everybody's, or those of whom the inside host has sent to, by address "
            "or by address and port (RFC 4787 section 5)."
        ),
    ] = "address-dependent"
    ports: Annotated[
        Ports, About("Whether a mapping's outside port is that of inside, where it is free, or one drawn at random.")
    ] = "preserve"
    hairpin: Annotated[
        Switch, About("Whether hosts inside reach each other by their outside address and ports (RFC 4787 section 6).")
    ] = "on"
    udp: Annotated[Switch, About("With `off` no UDP crosses the node.")] = "on"
    first_port: Annotated[int, About("The first outside port that a mapping may get.")] = 1024
    last_port: Annotated[int, About("The last one, 64511 at most: the node's own connections have those above.")] = (
        KERNEL_PORTS.start - 1
    )
    udp_timeout: Annotated[
        Duration,
        About("Seconds without a packet from inside after which a flow of UDP is forgotten; RFC 4787 asks for 2m."),
    ] = 300.0
    icmp_timeout: Annotated[
        Duration, About("Seconds after an ICMP query from inside for which it may be answered; RFC 5508 asks for 60s.")
    ] = 60.0
    tcp_established: Annotated[
        Duration, About("Seconds for which an established connection may be silent; RFC 5382 asks for 2h4m.")
    ] = 7440.0
    tcp_opening: Annotated[Duration, About("Likewise one that is not established yet; RFC 5382 asks for 4m.")] = 240.0
    tcp_closing: Annotated[Duration, About("Likewise one that both ends have closed, or one has reset.")] = 240.0
    max_mappings: Annotated[int, About("Mappings at a time; while there are so many, new ones are refused.")] = 8192
    per_host: Annotated[int, About("Likewise of one host inside.")] = 2048
    peers_per_mapping: Annotated[int, About("Peers of a mapping; one more takes the place of the oldest.")] = 256

    def __post_init__(self) -> None:
        for name, words in _WORDS.items():
            if getattr(self, name) not in words:
                raise OptionError(f"{name} {getattr(self, name)!r} is none of {', '.join(words)}", name)
        if self.outside and self.outside in self.inside:
            raise OptionError(f"inside: {self.outside} is the LAN outside", "inside", "outside", inner=self.outside)
        for timer in ("udp_timeout", "icmp_timeout", "tcp_established", "tcp_opening", "tcp_closing"):
            check_timer(timer, getattr(self, timer), _SHORTEST, _LONGEST, "5m")
        _check_number("first_port", self.first_port, 1, KERNEL_PORTS.start - 1)
        _check_number("last_port", self.last_port, 1, KERNEL_PORTS.start - 1)
        if self.last_port < self.first_port:
            text = f"last_port {self.last_port} is below first_port ({self.first_port})"
            raise OptionError(text, "last_port", "first_port")
        _check_number("max_mappings", self.max_mappings, 1, _MOST_MAPPINGS)
        _check_number("per_host", self.per_host, 1, _MOST_MAPPINGS)
        _check_number("peers_per_mapping", self.peers_per_mapping, 1, 4096)


def _check_number(name: str, value: object, least: int, most: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise OptionError(f"{name} {value!r} is out of range; it may be {least} to {most}", name)
