"""The program `source-route` on this machine's kernel: what it is given for a socket, and what the user is told."""

from __future__ import annotations

import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catenet.nodes.address import Address
from catenet.nodes.control.probes import ProbedHop, Probes
from catenet.nodes.internet.ipv4.options import MOST, SPACE, SourceRouteOption, parse_options, source_route
from catenet.nodes.programs.source_route import _lines, main, socket_option

addresses = st.integers(0x01000000, 0xDFFFFFFF).map(Address).filter(lambda address: address.is_unicast)


@given(st.lists(addresses, max_size=MOST), addresses, st.booleans())
def test_the_kernel_takes_every_option_and_means_the_same(vias: list[Address], to: Address, strict: bool) -> None:
    """Asked again, it gives what it was given: the first router, and those that it will write into the header."""
    option = socket_option(vias, to, strict=strict)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as opened:
        opened.setsockopt(socket.IPPROTO_IP, socket.IP_OPTIONS, option)
        kept = opened.getsockopt(socket.IPPROTO_IP, socket.IP_OPTIONS, SPACE)
    found = parse_options(kept)
    assert found == ((SourceRouteOption(tuple(vias), strict),) if vias else ())
    first, written = source_route(vias, to, strict=strict)
    assert first == (vias[0] if vias else to)
    assert written is None or written.addresses == (*vias[1:], to)


@given(st.sampled_from((131, 137)), st.integers(0, 41), st.integers(0, 255), st.binary(min_size=38, max_size=38))
def test_what_the_kernel_takes_is_read_and_what_it_sends_is_never_refused(
    kind: int, length: int, pointer: int, data: bytes
) -> None:
    option = (bytes((kind, length, pointer)) + data)[:SPACE]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as opened:
        try:
            opened.setsockopt(socket.IPPROTO_IP, socket.IP_OPTIONS, option[: max(length, 3)])
        except OSError:
            return  # ours may take it: a packet on its way may have another pointer, and one address or none
        kept = opened.getsockopt(socket.IPPROTO_IP, socket.IP_OPTIONS, SPACE)
    (found,) = parse_options(kept)
    assert isinstance(found, SourceRouteOption)
    assert (bytes(found), found.recorded) == (option[:length], ())


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["10.0.0.9", *["--via", "10.0.0.1"] * 10], "10 routers, and a source route has room for 9"),
        (["10.0.0.9", "--via", "224.0.0.5"], "224.0.0.5 is the address of no node"),
        (["127.0.0.1"], "127.0.0.1 is the address of no node"),
    ],
)
def test_what_cannot_be_written_is_the_users_mistake(
    capsys: pytest.CaptureFixture[str], words: list[str], says: str
) -> None:
    assert main(words) == 2
    assert says in capsys.readouterr().err


@pytest.mark.parametrize("words", [[], ["10.0.0"], ["10.0.0.1", "--via", "b"]])
def test_what_is_no_address_is_too(capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(words)
    assert caught.value.code == 2
    assert "usage: source-route" in capsys.readouterr().err


def test_as_text() -> None:
    hops = (
        ProbedHop(1, "10.0.0.1", 0.25, "time exceeded", "10.0.0.1", ("10.0.1.2", "10.0.2.9")),
        ProbedHop(2),
        ProbedHop(3, "10.0.1.2", 12.5, "source route failed", "10.0.1.2", ("10.0.2.9",)),
    )
    assert [line.split() for line in _lines(Probes(False, "No route to host", hops))] == [
        ["1", "10.0.0.1", "0.250", "ms", "then", "10.0.1.2", "10.0.2.9"],
        ["2", "*"],
        ["3", "10.0.1.2", "12.500", "ms", "then", "10.0.2.9", "source", "route", "failed"],
        ["nothing", "was", "sent:", "No", "route", "to", "host"],
    ]
