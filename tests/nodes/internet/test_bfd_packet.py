"""The BFD Control packet (RFC 5880 section 4.1), and what section 6.8.6 discards whatever sessions there are."""

from __future__ import annotations

import struct

import pytest
from bfd_captured import BIRD, FRR, captured
from bfd_router import ADMIN_DOWN, DOWN, HIS, INIT, UP, refusal
from hypothesis import given
from hypothesis import strategies as st

from catenet.nodes.internet.bfd.packet import Control, diagnostic_text
from catenet.nodes.internet.bfd.session_states import SessionState
from catenet.nodes.machine import DecodeError

WORD, NUMBER = st.integers(0, 0xFFFFFFFF), st.integers(1, 0xFFFFFFFF)
CONTROLS = st.builds(
    Control,
    st.sampled_from(SessionState),
    st.integers(1, 255),
    NUMBER,
    NUMBER,
    *[WORD] * 2,
    st.integers(0, 31),
    WORD,
    *[st.booleans()] * 3,
    st.just(False),
    st.booleans(),
)


def octets(**changes: int) -> bytes:
    """A good packet, but for some fields."""
    field = {
        "version": 1,
        "diagnostic": 0,
        "state": 3,
        "flags": 0,
        "multiplier": 3,
        "length": 24,
        "mine": HIS,
        "yours": 7,
        "desired": 100_000,
        "required": 100_000,
        "echo": 0,
    } | changes
    first = field["version"] << 5 | field["diagnostic"]
    second = field["state"] << 6 | field["flags"]
    numbers = (field[word] for word in ("multiplier", "length", "mine", "yours", "desired", "required", "echo"))
    return struct.pack(">BBBBIIIII", first, second, *numbers)


@given(CONTROLS)
def test_what_is_written_is_read(packet: Control) -> None:
    data = bytes(packet)
    assert len(data) == data[3] == 24
    assert Control.parse(data) == packet


def test_4_1_each_field_is_where_the_rfc_has_it() -> None:
    data = bytes.fromhex("23 f2 05 18 0000cafe 00000007 000186a0 0000c350 00002710".replace(" ", ""))
    packet = Control.parse(data[:1] + b"\xe2" + data[2:])
    assert packet == Control(UP, 5, 0xCAFE, 7, 100_000, 50_000, 3, 10_000, poll=True, demand=True)


@pytest.mark.parametrize("bit", ["poll", "final", "independent", "authenticated", "demand"])
def test_4_1_each_flag_is_its_own_bit(bit: str) -> None:
    place = {"poll": 0x20, "final": 0x10, "independent": 0x08, "authenticated": 0x04, "demand": 0x02}[bit]
    data = octets(flags=place, length=26) + bytes(2)
    assert Control.parse(data) == Control.parse(octets())._replace(**{bit: True})


def test_6_8_6_a_good_packet_is_taken() -> None:
    assert Control.parse(octets()) == Control(UP, 3, HIS, 7, 100_000, 100_000)


@pytest.mark.parametrize("version", [0, 2, 7])
def test_6_8_6_if_the_version_number_is_not_correct_it_is_discarded(version: int) -> None:
    assert refusal(octets(version=version)) == "version"


@pytest.mark.parametrize("length", [0, 23])
def test_6_8_6_if_the_length_is_less_than_24_it_is_discarded(length: int) -> None:
    assert refusal(octets(length=length)) == "length"


def test_6_8_6_if_the_length_is_less_than_26_with_the_a_bit_it_is_discarded() -> None:
    assert refusal(octets(flags=4, length=25) + bytes(8)) == "length"
    assert refusal(octets(flags=4, length=26) + bytes(8)) == ""


def test_6_8_6_if_the_length_is_greater_than_the_payload_it_is_discarded() -> None:
    assert refusal(octets(length=25)) == "length"
    assert refusal(octets(length=255)) == "length"
    assert refusal(octets()[:23]) == "length"
    assert refusal(b"") == "length"


def test_what_is_behind_the_length_is_not_looked_at() -> None:
    assert Control.parse(octets() + b"\xff" * 40) == Control.parse(octets())


def test_6_8_6_if_the_multiplier_is_zero_it_is_discarded() -> None:
    assert refusal(octets(multiplier=0)) == "multiplier"


def test_6_8_6_if_the_multipoint_bit_is_nonzero_it_is_discarded() -> None:
    assert refusal(octets(flags=1)) == "multipoint"


def test_6_8_6_if_my_discriminator_is_zero_it_is_discarded() -> None:
    assert refusal(octets(mine=0)) == "my-discriminator"


@pytest.mark.parametrize("state", SessionState)
def test_6_8_6_if_yours_is_zero_and_the_state_is_not_down_or_admin_down_it_is_discarded(state: SessionState) -> None:
    assert refusal(octets(yours=0, state=state)) == ("" if state in (DOWN, ADMIN_DOWN) else "state")


def test_6_8_6_the_rules_come_in_their_order() -> None:
    faults = {"version": 0, "length": 0, "multiplier": 0, "flags": 1, "mine": 0, "yours": 0}
    words = ["version", "length", "multiplier", "multipoint", "my-discriminator", "state"]
    for mended, word in zip([None, *faults], [*words, ""], strict=True):
        faults.pop(mended or "", None)
        assert refusal(octets(**faults)) == word


@given(st.binary(max_size=80))
def test_whatever_comes_is_a_packet_or_its_senders_fault(data: bytes) -> None:
    try:
        packet = Control.parse(data)
    except DecodeError as error:
        assert error.field
    else:
        assert packet.multiplier
        assert packet.mine


def test_4_1_a_diagnostic_has_the_rfcs_words() -> None:
    assert diagnostic_text(1) == "Control Detection Time Expired"
    assert diagnostic_text(8) == "Reverse Concatenated Path Down"
    assert diagnostic_text(31) == "diagnostic 31"


@pytest.mark.parametrize("name", ["lost-and-stopped", "switched-off"])
def test_what_frr_and_bird_sent_is_written_again_octet_by_octet(name: str) -> None:
    packets = captured(name)
    assert {packet.source for packet in packets} == {FRR, BIRD}
    for packet in packets:
        assert bytes(Control.parse(packet.data)) == packet.data
        assert packet.ttl == 255


def test_what_frr_and_bird_meant_is_read() -> None:
    lost = [(packet.source, Control.parse(packet.data)) for packet in captured("lost-and-stopped")]
    off = [Control.parse(packet.data).state for packet in captured("switched-off") if packet.source == FRR]
    assert {packet.state for _, packet in lost} == {DOWN, INIT, UP}
    assert {packet.diagnostic for _, packet in lost} == {0, 1, 3}
    assert {packet.echo for source, packet in lost if source == FRR} == {50_000}
    assert {(packet.poll, packet.final) for _, packet in lost} == {(False, False), (True, False), (False, True)}
    assert {packet.multiplier for _, packet in lost} == {3}
    assert {packet.desired for _, packet in lost if packet.state == UP} == {100_000}
    assert ADMIN_DOWN in off


def test_rfc_5881_4_bird_speaks_from_ports_below_the_range() -> None:
    """So who listens must not mind."""
    assert min(packet.port for packet in captured("lost-and-stopped") if packet.source == BIRD) < 49_152
