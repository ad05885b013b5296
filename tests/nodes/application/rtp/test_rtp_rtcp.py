"""RTCP (RFC 3550 section 6, appendix A.2)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catenet.nodes.application.rtp.rtcp import (
    MAX_PACKETS,
    Application,
    Chunk,
    Control,
    Goodbye,
    ReceiverReport,
    ReportBlock,
    SenderReport,
    SourceDescription,
    parse,
)
from catenet.nodes.machine import DecodeError

WORD = st.integers(0, 2**32 - 1)
SHORT = st.binary(max_size=255)
BLOCKS = st.lists(
    st.builds(ReportBlock, WORD, st.integers(0, 255), st.integers(-(2**23), 2**23 - 1), *[WORD] * 4),
    max_size=31,
).map(tuple)
REPORTS = st.builds(ReceiverReport, WORD, BLOCKS) | st.builds(
    SenderReport, WORD, st.integers(0, 2**64 - 1), WORD, WORD, WORD, BLOCKS
)
CHUNKS = st.builds(Chunk, WORD, st.lists(st.tuples(st.integers(1, 255), SHORT), max_size=4).map(tuple))
OTHERS = (
    st.builds(SourceDescription, st.lists(CHUNKS, max_size=5).map(tuple))
    | st.builds(Goodbye, st.lists(WORD, max_size=31).map(tuple), SHORT)
    | st.builds(
        Application,
        WORD,
        st.binary(min_size=4, max_size=4),
        st.integers(0, 50).map(lambda words: b"\1" * 4 * words),
        st.integers(0, 31),
    )
)
EMPTY = "80c90001 00000001"


def one(data: str) -> Control:
    """What stands behind an empty RR."""
    _, packet = parse(bytes.fromhex(EMPTY + data))
    return packet


def refused(data: str) -> str:
    with pytest.raises(DecodeError) as raised:
        parse(bytes.fromhex(data))
    return raised.value.field


def test_a_sender_report_has_its_fields() -> None:
    """Section 6.4.1, with the NTP timestamp of its example: 1995-11-10 11:33:25.125 UTC."""
    data = bytes.fromhex(
        "81c8000c 0000000a b44db705 20000000 00001f40 00000032 00001f40"
        "0000000b 40fffffe 00010005 0000000c b7052000 00054000"
    )
    block = ReportBlock(11, 64, -2, 0x10005, 12, 0xB705_2000, 0x0005_4000)
    report = SenderReport(10, 0xB44D_B705_2000_0000, 8000, 50, 8000, (block,))
    assert parse(data) == (report,)
    assert bytes(report) == data


def test_a_receiver_report_is_one_without_sender_information() -> None:
    """6.4.2; RC = 0 is the empty one that MUST be put at the head where there is nothing to report."""
    assert parse(bytes.fromhex(EMPTY)) == (ReceiverReport(1),)
    assert bytes(ReceiverReport(1)) == bytes.fromhex(EMPTY)


def test_extensions_of_a_report_are_passed_over() -> None:
    """6.4.3: a profile's, behind the blocks."""
    assert parse(bytes.fromhex("80c90003 00000001 11111111 22222222")) == (ReceiverReport(1),)


@pytest.mark.parametrize(
    ("text", "packet"),
    [
        (b"a", "81ca0002 00000001 01 01 61 00"),
        (b"ab", "81ca0003 00000001 01 02 6162 00000000"),
        (b"abc", "81ca0003 00000001 01 03 616263 000000"),
    ],
)
def test_items_end_with_nulls_to_the_next_word(text: bytes, packet: str) -> None:
    """6.5: "terminated by one or more null octets"; where the items fill the word, four."""
    description = SourceDescription((Chunk(1, ((1, text),)),))
    assert bytes(description) == bytes.fromhex(packet)
    assert one(packet) == description


def test_a_chunk_without_items_is_valid() -> None:
    """6.5: "A chunk with zero items (four null octets) is valid but useless.\""""
    assert one("82ca0004 00000001 00000000 00000002 00000000") == SourceDescription((Chunk(1, ()), Chunk(2, ())))


def test_a_goodbye_may_have_a_reason() -> None:
    """6.6: "If the string fills the packet to the next 32-bit boundary, the string is not null terminated.\""""
    assert one("81cb0001 00000001") == Goodbye((1,))
    assert one("81cb0002 00000001 03 627965") == Goodbye((1,), b"bye")
    assert one("81cb0003 00000001 04 67 6f6e 65 000000") == Goodbye((1,), b"gone")
    assert one("80cb0000") == Goodbye(())
    assert bytes(Goodbye((1,), b"gone")) == bytes.fromhex("81cb0003 00000001 04 67 6f6e 65 000000")


def test_an_application_has_a_name_and_data() -> None:
    """6.7."""
    assert one("85cc0003 00000001 43544e54 01020304") == Application(1, b"CTNT", b"\1\2\3\4", 5)


def test_unknown_types_are_ignored() -> None:
    """6.1: "An implementation SHOULD ignore incoming RTCP packets with types unknown to it.\""""
    assert parse(bytes.fromhex(EMPTY + "81cd0002 00000001 00000002" + "80cb0000")) == (ReceiverReport(1), Goodbye(()))


def test_padding_is_passed_over_in_the_last_packet_only() -> None:
    """6.4.1, A.2."""
    assert parse(bytes.fromhex("a0c90002 00000001 00000004")) == (ReceiverReport(1),)
    assert one("a1cb0002 00000001 00000004") == Goodbye((1,))
    assert refused("a0c90002 00000001 00000004" + "80cb0000") == "padding"
    assert refused("a0c90002 00000001 00000003") == "padding"
    assert refused("a0c90002 00000001 0000000c") == "padding"
    assert refused("a0c90002 00000001 00000000") == "padding"


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ("", "length"),
        ("80c9", "length"),
        ("40c90001 00000001", "version"),
        (EMPTY + "00cb0000", "version"),
        ("80ca0000", "packet type"),
        ("80cb0000" + EMPTY, "packet type"),
        ("80c90002 00000001", "length"),
        ("80c90001 00000001 00", "length"),
        ("80c90000", "length"),
        ("81c90001 00000001", "length"),
        ("80c80005 00000001" + "00" * 16, "length"),
        (EMPTY + "81ca0000", "length"),
        (EMPTY + "81ca0001 00000001", "length"),
        (EMPTY + "81ca0002 00000001 01 02 6162", "length"),
        (EMPTY + "81ca0002 00000001 01 03 6162", "length"),
        (EMPTY + "81ca0002 00000001 01 00 01 00", "length"),
        (EMPTY + "82cb0001 00000001", "length"),
        (EMPTY + "81cb0002 00000001 04 627965", "length"),
        (EMPTY + "80cc0001 00000001", "length"),
        (EMPTY + "80cb0000" * MAX_PACKETS, "packets"),
    ],
)
def test_what_is_not_valid_names_its_field(data: str, field: str) -> None:
    """Appendix A.2, and what each packet counts."""
    assert refused(data) == field


def test_nothing_is_sent_that_the_format_cannot_say() -> None:
    """31 blocks fit into a report (6.4); an APP's data "MUST be a multiple of 32 bits long" (6.7)."""
    block = ReportBlock(1, 0, 0, 0, 0)
    for packet in (ReceiverReport(1, (block,) * 32), Application(1, b"CTNT", b"odd")):
        with pytest.raises(ValueError, match="RTCP packet type"):
            bytes(packet)


@given(REPORTS, st.lists(OTHERS, max_size=5))
def test_what_is_written_is_read(report: Control, others: list[Control]) -> None:
    packets = (report, *others)
    assert parse(b"".join(map(bytes, packets))) == packets


@given(st.lists(st.sampled_from([200, 201, 202, 203, 204, 205]), min_size=1, max_size=4), st.data())
def test_any_octets_are_a_compound_or_refused(kinds: list[int], data: st.DataObject) -> None:
    whole = b""
    for kind in kinds:
        body = data.draw(st.binary(max_size=60))
        body = body[: len(body) // 4 * 4]
        whole += bytes([0x80 | data.draw(st.integers(0, 0x3F)), kind]) + (len(body) // 4).to_bytes(2, "big") + body
    try:
        packets = parse(whole)
    except DecodeError:
        return
    assert parse(b"".join(map(bytes, packets))) == packets
