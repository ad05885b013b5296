"""The program `source-route`: a traceroute whose packets say themselves by which routers they go.

    source-route 10.0.9.7 --via 10.0.1.1 --via 10.0.2.3       loosely: others may lie between
    source-route 10.0.9.7 --via 10.0.1.1 --strict             by none but these
    source-route 10.0.9.7                                     without any: as routers send them

UDP datagrams go out with a TTL of 1, 2, 3 …, and whoever drops one says so, with its header: it tells how far the
source route had come (RFC 792, RFC 791 section 3.1). Exit codes: 0 the destination was reached; 1 it was not; 2 the
user's mistake.

Whoever is asked answers by the source route, too, the other way round (RFC 1812 section 4.3.2.6, RFC 1122 section
3.2.1.8): the answers of a node that was reached by one are heard only if this node follows source routes itself.
"""

from __future__ import annotations

import argparse
import json
import socket
import struct
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack

from catenet.nodes.address import Address
from catenet.nodes.control.probes import TIME_EXCEEDED as TIME_OUT
from catenet.nodes.control.probes import ProbedHop, Probes
from catenet.nodes.internet.icmp.error import PORT_UNREACHABLE, TIME_EXCEEDED, TYPES, IcmpError
from catenet.nodes.internet.ipv4.header import Header
from catenet.nodes.internet.ipv4.options import LOOSE, STRICT, parse_options, source_route
from catenet.nodes.machine import DecodeError

__all__ = ["main", "socket_option"]

_ARRIVED, _LOST, _USER = 0, 1, 2
_PORT = 33434
"""Of the first datagram, and the next one for each that follows: nobody listens there, as with traceroute."""
_PATIENCE = 1.0  # seconds that an answer may take
_TRIES = 2  # for each TTL
_SILENT = 2  # hops in a row that nobody answers for, and then it is given up
_HOPS, _FAR = 30, 64
_ICMP_FILTER = 1  # of linux/icmp.h; its level is SOL_RAW
_SOL_RAW = 255
_SO_NO_CHECK = 11  # of asm-generic/socket.h
_ONLY_ERRORS = struct.pack("=I", ~sum(1 << kind for kind in TYPES) & 0xFFFFFFFF)
_LONGEST = 65_535


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program with the arguments of the command line; returns its exit code."""
    asked = _parser().parse_args(arguments)
    try:
        option = socket_option(asked.via, asked.destination, strict=asked.strict)
    except ValueError as error:
        sys.stderr.write(f"source-route: {error}\n")
        return _USER
    found = _probe(asked.destination, option, strict=asked.strict)
    text = json.dumps(found.to_json()) if asked.json else "\n".join(_lines(found))
    sys.stdout.write(f"{text}\n")
    return _ARRIVED if found.arrived else _LOST


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="source-route", description="A traceroute whose packets say themselves by which routers they go."
    )
    parser.add_argument("destination", metavar="DESTINATION", type=_address, help="an IPv4 address")
    parser.add_argument(
        "--via", metavar="ADDRESS", type=_address, action="append", default=[], help="a router on the way; up to nine"
    )
    parser.add_argument("--strict", action="store_true", help="by no other router than these")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of text")
    return parser


def _address(text: str) -> Address:
    try:
        return Address.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def socket_option(vias: Sequence[Address], destination: Address, *, strict: bool = False) -> bytes:
    """The value of IP_OPTIONS. The kernel wants all routers in it, sends to the first, moves the others up and puts the
    destination of each datagram behind them: what is on the wire then is the option of `source_route`.

    Raises:
        ValueError: too many routers, or an address that no router has.

    """
    for address in (*vias, destination):
        if not address.is_unicast:
            raise ValueError(f"{address} is the address of no node")
    _, option = source_route(vias, destination, strict=strict)
    if option is None:
        return b""
    data = b"".join(via.pack() for via in vias)
    return bytes((STRICT if strict else LOOSE, 3 + len(data), option.pointer)) + data


def _probe(destination: Address, option: bytes, *, strict: bool) -> Probes:
    with ExitStack() as stack:
        try:
            prober = stack.enter_context(_Prober(destination, option, strict=strict))
        except PermissionError:
            return Probes(False, "it needs the capability NET_RAW, to hear ICMP errors")
        try:
            prober.run()
        except OSError as error:
            return Probes(False, error.strerror or str(error), tuple(prober.hops))
    return Probes(prober.arrived, "", tuple(prober.hops))


class _Prober:
    """Sends the datagrams from a port of its own, and hears the errors that are about them."""

    def __init__(self, destination: Address, option: bytes, *, strict: bool) -> None:
        self.arrived = False
        self.hops: list[ProbedHop] = []
        self._destination = destination
        self._heard = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
        self._heard.setsockopt(_SOL_RAW, _ICMP_FILTER, _ONLY_ERRORS)
        self._sent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._sent.setsockopt(socket.IPPROTO_IP, socket.IP_OPTIONS, option)
        # Linux would sum the first router's address, and the destination finds that wrong: its own belongs there. None
        # at all is as good: "an all zero transmitted checksum value means that the transmitter generated no checksum".
        self._sent.setsockopt(socket.SOL_SOCKET, _SO_NO_CHECK, 1)
        if strict:  # "directly to the next address in the source route through only the directly connected network"
            self._sent.setsockopt(socket.SOL_SOCKET, socket.SO_DONTROUTE, 1)
        self._sent.bind(("", 0))
        self._port = self._sent.getsockname()[1]
        self._next = _PORT

    def __enter__(self) -> _Prober:
        return self

    def __exit__(self, *_: object) -> None:
        self._sent.close()
        self._heard.close()

    def run(self) -> None:
        """Hop by hop, the nearest first, until one is the last. Where the destination answers at all, others on the way
        may be silent: one that is visited twice hears an answer of its own come by, and drops that.

        Raises:
            OSError: the kernel does not send there.

        """
        self._ask(_FAR, 1)
        arrives, self.arrived = self.arrived, False
        silent = 0
        for ttl in range(1, _HOPS + 1):
            hop, last = self._ask(ttl, _TRIES)
            self.hops.append(hop)
            silent = silent + 1 if hop.address is None and not arrives else 0
            if last or silent == _SILENT:
                return

    def _ask(self, ttl: int, tries: int) -> tuple[ProbedHop, bool]:
        """Who answers at that TTL, and whether nobody is beyond."""
        for _ in range(tries):
            self._sent.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, ttl)
            began = time.monotonic()
            port, self._next = self._next, self._next + 1
            self._sent.sendto(b"source-route", (str(self._destination), port))
            if (heard := self._hear(port, began + _PATIENCE)) is not None:
                header, error = heard
                took = round((time.monotonic() - began) * 1000, 3)
                self.arrived = (error.type, error.code) == PORT_UNREACHABLE and header.source == self._destination
                return _hop(ttl, took, header, error), (error.type, error.code) != TIME_EXCEEDED
        return ProbedHop(ttl), False

    def _hear(self, port: int, until: float) -> tuple[Header, IcmpError] | None:
        """The error about the datagram to that port."""
        while (left := until - time.monotonic()) > 0:
            self._heard.settimeout(left)
            try:
                packet = self._heard.recv(_LONGEST)
                header = Header.parse(packet)
                error = IcmpError.parse(packet[header.length :])
                parse_options(error.about.options)
            except TimeoutError:
                return None
            except DecodeError:  # whose ever it is, it tells nothing
                continue
            if error.ports == (self._port, port):
                return header, error
        return None


def _hop(ttl: int, took: float, header: Header, error: IcmpError) -> ProbedHop:
    route = error.about.source_route
    left, recorded = ((), ()) if route is None else (route.left, route.recorded)
    return ProbedHop(
        ttl,
        str(header.source),
        took,
        error.name,
        str(error.about.destination),
        tuple(map(str, left)),
        tuple(map(str, recorded)),
    )


def _lines(found: Probes) -> Iterator[str]:
    for hop in found.hops:
        if hop.address is None:
            yield f"{hop.ttl:2}  *"
        else:
            left = f"  then {' '.join(hop.left)}" if hop.left else ""
            says = "" if hop.says == TIME_OUT else f"  {hop.says}"
            yield f"{hop.ttl:2}  {hop.address:15} {hop.ms:8.3f} ms{left}{says}"
    if found.error:
        yield f"nothing was sent: {found.error}"


if __name__ == "__main__":
    sys.exit(main())
