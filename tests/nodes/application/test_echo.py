"""Echo (RFC 862): who gets an answer, who gets none; and the datagrams that are sent there, known again."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catenet.nodes.address import Address, Prefix
from catenet.nodes.application.echo.config import EchoOptions
from catenet.nodes.application.echo.machine import Echo
from catenet.nodes.application.echo.numbered import RUN, SMALLEST, Numbered
from catenet.nodes.control.units import OptionError
from catenet.nodes.machine import Datagram, DecodeError, Endpoint, Interface, OpenPort, Send, Udp

LAN = Interface("lan", Address.parse("10.0.0.2"), Prefix.parse("10.0.0.0/24"))
OWN = Endpoint(LAN.address, 7)
PEER = Endpoint(Address.parse("10.9.0.1"), 40_000)


def answers(
    source: Endpoint = PEER, to: str = "10.0.0.2", data: bytes = b"x", port: int = 7, lan: Interface = LAN
) -> list[Datagram]:
    counters: Counter[str] = Counter()
    echo = Echo(EchoOptions(port), [lan], lambda word, by=1: counters.update({word: by}))
    assert [action.port for action in echo.take_actions() if isinstance(action, OpenPort)] == [Udp(port)]
    echo.receive(Datagram(data, source, Endpoint(Address.parse(to), port), "lan"), 0.0)
    sent = [action.packet for action in echo.take_actions() if isinstance(action, Send)]
    assert counters == Counter(["echoed"] if sent else ["refused"])
    return [packet for packet in sent if isinstance(packet, Datagram)]


@given(st.binary(max_size=2000))
def test_what_comes_goes_back_as_it_is(data: bytes) -> None:
    assert answers(data=data) == [Datagram(data, OWN, PEER, "lan")]


@pytest.mark.parametrize("to", ["255.255.255.255", "10.0.0.255", "224.0.0.1"])
def test_what_is_for_many_nobody_answers(to: str) -> None:
    assert answers(to=to) == []


@pytest.mark.parametrize("source", ["0.0.0.0", "10.0.0.255", "255.255.255.255", "224.0.0.9", "240.0.0.1"])
def test_nobody_is_answered_who_is_not_one_host(source: str) -> None:
    assert answers(Endpoint(Address.parse(source), 40_000)) == []


def test_3021_2_2_a_lan_of_two_has_no_address_of_all() -> None:
    lan = LAN._replace(prefix=Prefix.parse("10.0.0.2/31"))
    assert answers(Endpoint(Address.parse("10.0.0.3"), 40_000), lan=lan) != []


@pytest.mark.parametrize("number", [0, 7, 19, 53, 1023])
def test_what_comes_from_a_server_s_port_could_go_round_for_ever(number: int) -> None:
    assert answers(Endpoint(PEER.address, number)) == []


def test_nor_from_an_echo_on_another_port() -> None:
    assert answers(Endpoint(PEER.address, 7007), port=7007) == []
    assert answers(Endpoint(PEER.address, 7008), port=7007) != []


@pytest.mark.parametrize("port", [0, 65_536, -1])
def test_a_port_that_is_none_is_refused(port: int) -> None:
    with pytest.raises(OptionError, match="between 1 and 65535"):
        EchoOptions(port)


NUMBERED = st.builds(
    Numbered, st.binary(min_size=RUN, max_size=RUN), st.integers(0, 2**32 - 1), st.integers(SMALLEST, 3000)
)


@given(NUMBERED)
def test_a_numbered_datagram_is_read_as_it_was_made(made: Numbered) -> None:
    assert len(bytes(made)) == made.size
    assert Numbered.parse(bytes(made)) == made


def test_its_octets_by_hand() -> None:
    assert bytes(Numbered(b"RUNRUNRU", 0x01FE, 16)) == b"RUNRUNRU\x00\x00\x01\xfe\xfe\xff\x00\x01"


@given(NUMBERED.filter(lambda made: made.size > SMALLEST), st.data())
def test_any_other_octet_behind_the_number_is_seen(made: Numbered, data: st.DataObject) -> None:
    octets = bytearray(bytes(made))
    place = data.draw(st.integers(SMALLEST, made.size - 1))
    octets[place] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(DecodeError, match="filling"):
        Numbered.parse(bytes(octets))


@given(st.binary(max_size=SMALLEST - 1))
def test_one_that_is_too_short_is_none(data: bytes) -> None:
    with pytest.raises(DecodeError, match="size"):
        Numbered.parse(data)
