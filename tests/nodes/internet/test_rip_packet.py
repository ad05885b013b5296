"""The codec against the RFC's diagram, and against bytes of a reference implementation's kind."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catenet.nodes.internet.rip.packet import REQUEST, RESPONSE, WHOLE_TABLE, Entry, Message
from catenet.nodes.internet.rip.received import check_entry, parse_message, prefix_of
from catenet.nodes.machine import DecodeError

WORD = st.integers(0, 2**32 - 1)
HALF = st.integers(0, 2**16 - 1)
ENTRIES = st.builds(Entry, HALF, HALF, WORD, WORD, WORD, WORD)
MESSAGES = st.builds(
    Message,
    st.sampled_from([REQUEST, RESPONSE]),
    st.lists(ENTRIES, max_size=25).map(tuple),
    st.integers(1, 255),
)


@given(MESSAGES)
def test_what_is_written_is_read(message):
    assert Message.parse(bytes(message)) == message


@given(MESSAGES)
def test_the_layout_is_that_of_the_diagrams(message):
    """3.6 and 4: a header of 4 octets, then entries of 20, "in network byte order"."""
    data = bytes(message)
    assert data[:4] == bytes([message.command, message.version, 0, 0])
    assert len(data) == 4 + 20 * len(message.entries)
    for number, entry in enumerate(message.entries):
        assert struct.unpack_from(">HHIIII", data, 4 + 20 * number) == tuple(entry)


def test_a_request_for_the_whole_table_in_octets():
    """3.9.1: "exactly one entry in the request, and it has an address family identifier of zero and a metric of
    infinity (i.e., 16)"."""
    octets = "01 02 0000  0000 0000  00000000 00000000 00000000 00000010"
    assert bytes(Message(REQUEST, (WHOLE_TABLE,))) == bytes.fromhex(octets)


def test_a_response_in_octets():
    octets = "02 02 0000  0002 002a  0a010300 ffffff00 0a000109 00000003"
    message = Message.parse(bytes.fromhex(octets))
    assert message == Message(RESPONSE, (Entry(2, 42, 0x0A010300, 0xFFFFFF00, 0x0A000109, 3),))
    offer = check_entry(bytes(message.entries[0]))
    assert (str(offer.prefix), offer.metric, offer.tag, str(offer.next_hop)) == ("10.1.3.0/24", 3, 42, "10.0.1.9")


@pytest.mark.parametrize("length", [0, 1, 3, 5, 23, 25, 503, 505])
def test_a_length_that_is_no_whole_number_of_entries(length):
    with pytest.raises(DecodeError, match=f"length {length}") as error:
        Message.parse((b"\x02\x02" + bytes(length))[:length])
    assert error.value.field == "length"


def test_at_most_25_entries():
    """3.6: "There may be between 1 and 25 (inclusive) RIP entries." """
    assert len(Message.parse(b"\x02\x02\0\0" + bytes(20 * 25)).entries) == 25
    with pytest.raises(DecodeError, match="entries 26"):
        Message.parse(b"\x02\x02\0\0" + bytes(20 * 26))


@pytest.mark.parametrize("command", [0, 3, 4, 5, 255])
def test_commands_other_than_request_and_response(command):
    with pytest.raises(DecodeError, match=f"command {command}"):
        Message.parse(bytes([command, 2, 0, 0]))


def test_version_0_is_discarded():
    """5: "RIP messages of version 0 are to be discarded"."""
    with pytest.raises(DecodeError, match="version 0"):
        Message.parse(b"\x02\0\0\0")


@pytest.mark.parametrize("version", [2, 3, 255])
def test_what_must_be_zero_may_be_anything_from_version_2_on(version):
    """5: "RIP messages of any version greater than 1 should not be discarded simply because an MBZ field contains a
    value other than zero"."""
    assert Message.parse(bytes([2, version, 0xAB, 0xCD])).version == version


@given(st.binary(max_size=600))
def test_any_bytes_are_a_message_or_a_decode_error(data):
    try:
        heard = parse_message(data)
    except DecodeError as error:
        assert str(error).startswith(error.field)
    else:
        assert len(heard.routes) + len(heard.skipped) + len(heard.message.entries) == (len(data) - 4) // 20 <= 25


def test_a_response_is_its_offers_and_what_was_skipped_a_request_its_entries():
    good, bad = Entry(2, 7, 0x0A010300, 0xFFFFFF00, 0, 3), Entry(2, 0, 0x7F000000, 0xFF000000, 0, 1)
    heard = parse_message(bytes(Message(RESPONSE, (good, bad), 3)))
    assert heard.message == Message(RESPONSE, (), 3)
    assert [(str(offer.prefix), offer.metric, offer.tag) for offer in heard.routes] == [("10.1.3.0/24", 3, 7)]
    assert heard.skipped == (("net-127", bad),)
    asked = Message(REQUEST, (good, bad))
    assert (parse_message(bytes(asked)).message, parse_message(bytes(asked)).routes) == (asked, ())


VALID = Entry(2, 0, 0x0A010300, 0xFFFFFF00, 0, 1)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"family": 0}, "family"),
        ({"family": 10}, "family"),
        ({"family": 0xFFFF}, "family"),
        ({"metric": 0}, "metric"),
        ({"metric": 17}, "metric"),
        ({"metric": 2**32 - 1}, "metric"),
        ({"mask": 0xFF00FF00}, "mask"),
        ({"mask": 0x000000FF}, "mask"),
        ({"address": 0x0A010301}, "host-bits"),
        ({"address": 0x00010300}, "net-0"),
        ({"address": 0x00000000}, "net-0"),
        ({"address": 0x7F000000}, "net-127"),
        ({"address": 0x7F000001, "mask": 0xFFFFFFFF}, "net-127"),
        ({"address": 0xE0000900}, "class"),
        ({"address": 0xEFFFFF00}, "class"),
        ({"address": 0xF0000000}, "class"),
        ({"address": 0xFFFFFFFF, "mask": 0xFFFFFFFF}, "class"),
    ],
)
def test_entries_that_are_ignored(change, word):
    """3.9.2: "is the destination address valid (e.g., unicast; not net 0 or 127)" and "is the metric valid (i.e.,
    between 1 and 16, inclusive)"."""
    assert not isinstance(check_entry(bytes(VALID)), str)
    assert check_entry(bytes(VALID._replace(**change))) == word


@pytest.mark.parametrize(
    ("address", "mask", "prefix"),
    [
        (0x00000000, 0x00000000, "0.0.0.0/0"),  # 3.7: the default route
        (0x0A010203, 0xFFFFFFFF, "10.1.2.3/32"),  # 3.7: "should support host routes"
        (0x0A000000, 0x00000000, "10.0.0.0/8"),  # 4.3: no mask included, so the class's
        (0xAC100000, 0x00000000, "172.16.0.0/16"),
        (0xC01F4100, 0x00000000, "192.31.65.0/24"),
        (0xC0000000, 0xC0000000, "192.0.0.0/2"),
    ],
)
def test_destinations(address, mask, prefix):
    assert str(prefix_of(VALID._replace(address=address, mask=mask))) == prefix


def test_a_repeated_datagram_is_decoded_once():
    data = bytes(Message(RESPONSE, (VALID,)))
    assert parse_message(data) is parse_message(bytes(bytearray(data)))
