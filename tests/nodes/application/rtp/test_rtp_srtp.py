"""SRTP and SRTCP: the RFCs' vectors, the rollover counter, replays, forgeries (RFC 3711, RFC 7714)."""

from __future__ import annotations

import subprocess
import sys

import pytest
import rtp_vectors as vectors
from hypothesis import given
from hypothesis import strategies as st
from rtp_vectors import Vector, keys

from catenet.nodes.application.rtp.keys import MasterKey, derive
from catenet.nodes.application.rtp.replay import WINDOW, ReplayList
from catenet.nodes.application.rtp.srtp import MOST_CONTROLS, MOST_PACKETS, TAG, SrtpReceiver, SrtpSender
from catenet.nodes.machine import DecodeError

KEYS = keys(vectors.SHORT_KEY)
SSRC = 0x01020304
REPORT = bytes.fromhex("80c90001 01020304 81ca0002 01020304 01 01 61 00")


def sender(index: int = 0) -> SrtpSender:
    return SrtpSender(KEYS, SSRC, index)


def packets(first: int, *indices: int) -> dict[int, bytes]:
    """What a sender that began at `first` sends with these indices; the payload is the index."""
    return {index: sender(index).protect(0, index * 160 % 2**32, str(index).encode()) for index in indices}


def refused(receiver: SrtpReceiver, data: bytes) -> str:
    with pytest.raises(DecodeError) as raised:
        receiver.unprotect(data)
    return raised.value.field


def refused_control(receiver: SrtpReceiver, data: bytes) -> str:
    with pytest.raises(DecodeError) as raised:
        receiver.unprotect_control(data)
    return raised.value.field


# The vectors.


def test_the_key_stream_is_that_of_b2() -> None:
    """RFC 3711 appendix B.2: the derivation is AES-CM, here with label 0 over 65,282 blocks."""
    stream = derive(bytes.fromhex("2B7E151628AED2A6ABF7158809CF4F3C"), bytes(range(0xF0, 0xFE)), 0, 1044512)
    assert stream[:16].hex().upper() == "E03EAD0935C95E80E166B16DD92B4EB4"
    assert stream[16:32].hex().upper() == "D23513162B02D0F72A43A2FE4A5F97AB"
    assert stream[-48:-32].hex().upper() == "EC8CDF7398607CB0F2D21675EA9EA1E4"
    assert stream[-16:].hex().upper() == "6A2CC3787889374FBEB4C81B17BA6C44"


@pytest.mark.parametrize("label", vectors.DERIVED)
def test_keys_are_derived_as_in_b3(label: int) -> None:
    """RFC 3711 appendix B.3."""
    wanted = bytes.fromhex(vectors.DERIVED[label])
    assert derive(vectors.MASTER, vectors.MASTER_SALT, label, len(wanted)) == wanted


@pytest.mark.parametrize("section", vectors.RTP)
def test_a_packet_is_encrypted_as_in_section_16(section: str) -> None:
    """RFC 7714 sections 16.1.1, 16.1.2, 16.2.1, 16.2.2."""
    key, clear, protected = vectors.RTP[section]
    out = SrtpSender(keys(key), vectors.SSRC, vectors.SEQUENCE)
    assert out.protect(0x40, 0x8041F8D3, clear[12:]) == protected
    assert SrtpReceiver(keys(key), vectors.SSRC, vectors.SEQUENCE).unprotect(protected) == clear


def test_a_packet_that_is_tagged_only_is_refused() -> None:
    """RFC 7714 section 8.2: "All SRTP packets MUST be both authenticated and encrypted"; the packet is 16.1.3's."""
    receiver = SrtpReceiver(keys(vectors.SHORT_KEY), vectors.SSRC, vectors.SEQUENCE)
    assert refused(receiver, vectors.TAGGED_ONLY) == "tag"


@pytest.mark.parametrize("section", vectors.RTCP)
def test_a_report_is_encrypted_as_in_section_17(section: str) -> None:
    """RFC 7714 sections 17.1 and 17.2."""
    key, clear, protected = vectors.RTCP[section]
    out = SrtpSender(keys(key), vectors.CONTROL_SSRC, 0, vectors.CONTROL_INDEX)
    assert out.protect_control(clear) == protected
    assert SrtpReceiver(keys(key), vectors.CONTROL_SSRC, 0).unprotect_control(protected) == clear


def test_a_report_may_be_tagged_only() -> None:
    """RFC 7714 section 9.3; the packet is 17.3's."""
    receiver = SrtpReceiver(keys(vectors.SHORT_KEY), vectors.CONTROL_SSRC, 0)
    assert receiver.unprotect_control(vectors.CONTROL_TAGGED_ONLY) == vectors.RTCP["17.1"].clear
    assert refused_control(receiver, vectors.CONTROL_TAGGED_ONLY) == "index"


def test_whether_it_is_encrypted_is_authenticated() -> None:
    """RFC 7714 section 9.2: the Encryption flag and the index are associated data, in network byte order."""
    receiver = SrtpReceiver(keys(vectors.SHORT_KEY), vectors.CONTROL_SSRC, 0)
    protected = vectors.RTCP["17.1"].protected
    assert refused_control(receiver, protected[:-4] + bytes.fromhex("000005d4")) == "tag"
    assert refused_control(receiver, protected[:-4] + bytes.fromhex("800005d5")) == "tag"
    assert refused_control(receiver, protected[:-4] + bytes.fromhex("d4050080")) == "tag"
    assert receiver.unprotect_control(protected) == vectors.RTCP["17.1"].clear


# Indices.


def test_the_counter_rolls_over_with_reordering_and_loss() -> None:
    """RFC 3711 section 3.3.1: …, 65533, 65535, 0, 1, 65534, 2: the counter rises once, and one that comes late from
    before the wrap has the lower one."""
    receiver = SrtpReceiver(KEYS, SSRC, 65533)
    sent = packets(0, *range(65533, 65560))
    for index in (65533, 65535, 65536, 65537, 65534, 65538, 65559, 65550):
        assert receiver.unprotect(sent[index])[12:] == str(index).encode()


def test_the_counter_is_in_the_index_after_a_gap_without_a_wrap() -> None:
    """12, 32,700, 60,000, 82,630, 115,000: each less than 2^15 ahead."""
    receiver = SrtpReceiver(KEYS, SSRC, 12)
    for index, data in packets(0, 12, 32_700, 60_000, 82_630, 115_000).items():
        assert receiver.unprotect(data)[12:] == str(index).encode()


def test_the_first_packets_may_be_lost() -> None:
    """The first sequence number is known: below 2^15 nothing that comes first is taken for another round."""
    for first in (0, 1, 32767):
        receiver = SrtpReceiver(KEYS, SSRC, first)
        index = first + 32767
        assert receiver.unprotect(packets(first, index)[index])[12:] == str(index).encode()


@given(st.integers(0, 2**40), st.lists(st.integers(-32767, 32767), min_size=1, max_size=20))
def test_the_index_is_the_closest(first: int, steps: list[int]) -> None:
    """3.3.1: "v is chosen from the set { ROC-1, ROC, ROC+1 } such that i is closest"."""
    receiver = SrtpReceiver(KEYS, SSRC, first)
    receiver.unprotect(sender(first).protect(0, 0, b""))
    highest, taken = first, {first}
    for step in steps:
        index = highest + step
        if index < 0:
            continue
        sent = sender(index).protect(0, 0, b"")
        around = [(highest >> 16) + v << 16 | index & 0xFFFF for v in (-1, 0, 1)]
        assert min(around, key=lambda each: abs(each - highest)) == index
        if index in taken or index <= highest - WINDOW:
            assert refused(receiver, sent) == "index"
        else:
            receiver.unprotect(sent)
            taken.add(index)
        highest = max(highest, index)


def test_a_round_below_the_first_is_refused() -> None:
    receiver = SrtpReceiver(KEYS, SSRC, 0)
    assert refused(receiver, packets(0, 65535)[65535]) == "index"
    receiver.unprotect(packets(0, 0)[0])


def test_the_sender_numbers_its_packets_itself() -> None:
    """RFC 7714 section 8.4; over the wrap."""
    out = sender(65534)
    receiver = SrtpReceiver(KEYS, SSRC, 65534)
    sent = [out.protect(0, 0, b"") for _ in range(4)]
    assert [int.from_bytes(data[2:4], "big") for data in sent] == [65534, 65535, 0, 1]
    for data in sent:
        receiver.unprotect(data)


def test_equal_packets_are_encrypted_differently() -> None:
    """RFC 7714 section 6: no nonce twice."""
    out = sender()
    assert len({out.protect(0, 0, b"same")[12:] for _ in range(100)}) == 100
    assert len({out.protect_control(REPORT)[8:-4] for _ in range(100)}) == 100


def test_a_key_is_used_up() -> None:
    """RFC 7714 section 12: 2^48 and 2^31 packets."""
    out = SrtpSender(KEYS, SSRC, MOST_PACKETS - 1, MOST_CONTROLS - 1)
    receiver = SrtpReceiver(KEYS, SSRC, MOST_PACKETS - 1)
    receiver.unprotect(out.protect(0, 0, b""))
    receiver.unprotect_control(out.protect_control(REPORT))
    with pytest.raises(ValueError, match="used up"):
        out.protect(0, 0, b"")
    with pytest.raises(ValueError, match="used up"):
        out.protect_control(REPORT)


def test_the_first_report_has_the_index_zero() -> None:
    """RFC 3711 section 3.4: "MUST be set to zero before the first SRTCP packet is sent"."""
    out = sender()
    assert [out.protect_control(REPORT)[-4:].hex() for _ in range(2)] == ["80000000", "80000001"]


# Replays and forgeries.


def test_a_packet_is_taken_once() -> None:
    """RFC 3711 section 3.3.2."""
    receiver = SrtpReceiver(KEYS, SSRC, 0)
    for data in packets(0, 5, 3, 4).values():
        receiver.unprotect(data)
        assert refused(receiver, data) == "index"
    report = sender().protect_control(REPORT)
    assert receiver.unprotect_control(report) == REPORT
    assert refused_control(receiver, report) == "index"


def test_what_is_behind_the_window_is_refused() -> None:
    """3.3.2: SRTP-WINDOW-SIZE, 64 at least."""
    assert WINDOW >= 64
    receiver = SrtpReceiver(KEYS, SSRC, 0)
    receiver.unprotect(packets(0, 1000)[1000])
    receiver.unprotect(packets(0, 1001 - WINDOW)[1001 - WINDOW])
    assert refused(receiver, packets(0, 1000 - WINDOW)[1000 - WINDOW]) == "index"


@given(st.lists(st.integers(0, 400) | st.just(2**31), max_size=60))
def test_the_list_is_a_set_of_what_was_received(indices: list[int]) -> None:
    received, ours = set(), ReplayList()
    for index in indices:
        fresh = index not in received and index > max(received, default=-1) - WINDOW
        assert ours.takes(index) == fresh
        if fresh:
            ours.add(index)
            received.add(index)


@pytest.mark.parametrize("ahead", [1, 100, 30_000, 40_000, 65_535])
def test_a_forged_packet_changes_nothing(ahead: int) -> None:
    """3.3: the replay list, s_l and the counter are updated only behind the authentication: a forged packet, however
    far ahead it says it is, hinders none that follows."""
    receiver = SrtpReceiver(KEYS, SSRC, 60_000)
    receiver.unprotect(packets(0, 60_000)[60_000])
    forged = bytearray(packets(0, 60_000 + ahead)[60_000 + ahead])
    forged[-1] ^= 1
    for _ in range(3):
        with pytest.raises(DecodeError):
            receiver.unprotect(bytes(forged))
    for index, data in packets(0, *range(60_001, 60_010)).items():
        assert receiver.unprotect(data)[12:] == str(index).encode()
    receiver.unprotect(packets(0, 59_990)[59_990])


def test_a_forged_report_changes_nothing() -> None:
    receiver = SrtpReceiver(KEYS, SSRC, 0)
    genuine = sender().protect_control(REPORT)
    forged = genuine[:-4] + b"\xff\xff\xff\xff"
    assert refused_control(receiver, forged) == "tag"
    assert receiver.unprotect_control(genuine) == REPORT


@pytest.mark.parametrize("section", ["16.1.1", "17.1"])
def test_every_bit_is_authenticated(section: str) -> None:
    """Which of the reasons it is refused for depends on the bit; taken it is never."""
    vector: Vector = (vectors.RTP | vectors.RTCP)[section]
    receiver = SrtpReceiver(KEYS, vectors.SSRC if section[:2] == "16" else vectors.CONTROL_SSRC, vectors.SEQUENCE)
    read = receiver.unprotect if section[:2] == "16" else receiver.unprotect_control
    for bit in range(len(vector.protected) * 8):
        changed = bytearray(vector.protected)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(DecodeError):
            read(bytes(changed))
    assert read(vector.protected) == vector.clear


def test_another_key_or_source_is_refused() -> None:
    data, report = sender().protect(0, 0, b"speech"), sender().protect_control(REPORT)
    other = SrtpReceiver(keys(bytes(16)), SSRC, 0)
    assert (refused(other, data), refused_control(other, report)) == ("tag", "tag")
    stranger = SrtpReceiver(KEYS, SSRC + 1, 0)
    assert (refused(stranger, data), refused_control(stranger, report)) == ("ssrc", "ssrc")


@given(st.binary(max_size=100))
def test_any_octets_are_refused(data: bytes) -> None:
    receiver = SrtpReceiver(KEYS, SSRC, 0)
    head = bytes.fromhex("80000000 00000000 01020304")
    for each in (data, head + data):
        with pytest.raises(DecodeError):
            receiver.unprotect(each)
    for each in (data, REPORT[:8] + data):
        with pytest.raises(DecodeError):
            receiver.unprotect_control(each)


def test_what_is_too_short_is_refused() -> None:
    receiver = SrtpReceiver(KEYS, SSRC, 0)
    data, report = sender().protect(0, 0, b""), sender().protect_control(REPORT[:8])
    assert len(data) == 12 + TAG
    assert {refused(receiver, data[:cut]) for cut in range(len(data))} == {"length"}
    assert {refused_control(receiver, report[:cut]) for cut in range(len(report))} == {"length"}
    assert receiver.unprotect(data) == data[:12]
    assert receiver.unprotect_control(report) == REPORT[:8]


# Keys.


@pytest.mark.parametrize(("key", "salt"), [(15, 12), (24, 12), (16, 14), (32, 11)])
def test_a_master_key_of_another_length_is_refused(key: int, salt: int) -> None:
    with pytest.raises(ValueError, match="master key"):
        MasterKey(bytes(key), bytes(salt))


def test_keys_are_not_printed() -> None:
    master = MasterKey(b"k" * 16, b"s" * 12)
    assert repr(master) == "MasterKey()"
    assert repr(master.session_keys()) == "SessionKeys()"


def test_nothing_is_imported_until_a_key_is_used() -> None:
    """A node that has no call does not wait for OpenSSL."""
    code = "import sys, catenet.nodes.application.rtp.session; print('cryptography' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout == b"False\n"
