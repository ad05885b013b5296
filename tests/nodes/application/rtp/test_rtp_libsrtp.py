"""libsrtp reads what ours writes, and ours what libsrtp writes: derivation, nonces, rollover, replays."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pylibsrtp import Error, Policy, Session

from catenet.nodes.application.rtp.keys import MasterKey
from catenet.nodes.application.rtp.packet import Packet
from catenet.nodes.application.rtp.rtcp import Chunk, ReceiverReport, SourceDescription
from catenet.nodes.application.rtp.srtp import SrtpReceiver, SrtpSender

SSRC = 0xCAFEF00D
PROFILES = {16: Policy.SRTP_PROFILE_AEAD_AES_128_GCM, 32: Policy.SRTP_PROFILE_AEAD_AES_256_GCM}
MASTERS = {length: MasterKey(Random(length).randbytes(length), Random(7).randbytes(12)) for length in PROFILES}
COMPOUND = bytes(ReceiverReport(SSRC)) + bytes(SourceDescription((Chunk(SSRC, ((1, b"alice"),)),)))


def libsrtp(length: int, *, inbound: bool) -> Session:
    kind = Policy.SSRC_ANY_INBOUND if inbound else Policy.SSRC_ANY_OUTBOUND
    master = MASTERS[length]
    return Session(Policy(master.key + master.salt, ssrc_type=kind, srtp_profile=PROFILES[length]))


@pytest.mark.parametrize("length", PROFILES)
def test_libsrtp_reads_ours(length: int) -> None:
    ours, theirs = SrtpSender(MASTERS[length].session_keys(), SSRC, 1000), libsrtp(length, inbound=True)
    for number in range(50):
        clear = bytes(Packet(0, 1000 + number, number * 160, SSRC, b"%d" % number * 40))
        assert theirs.unprotect(ours.protect(0, number * 160, clear[12:])) == clear
        assert theirs.unprotect_rtcp(ours.protect_control(COMPOUND)) == COMPOUND


@pytest.mark.parametrize("length", PROFILES)
def test_ours_reads_libsrtp(length: int) -> None:
    ours, theirs = SrtpReceiver(MASTERS[length].session_keys(), SSRC, 1000), libsrtp(length, inbound=False)
    for number in range(50):
        clear = bytes(Packet(8, 1000 + number, number * 160, SSRC, b"%d" % number * 40, number == 0))
        assert ours.unprotect(theirs.protect(clear)) == clear
        assert ours.unprotect_control(theirs.protect_rtcp(COMPOUND)) == COMPOUND


def test_extensions_and_sources_are_associated_data() -> None:
    ours, theirs = SrtpReceiver(MASTERS[16].session_keys(), SSRC, 1), libsrtp(16, inbound=False)
    clear = bytes.fromhex("b2800001 00000000 cafef00d 0000000a 0000000b bede0001 01020304") + b"speech\0\2"
    protected = theirs.protect(clear)
    assert protected.startswith(clear[:28])
    assert ours.unprotect(protected) == clear


@pytest.mark.parametrize("start", [0, 32767])
def test_the_counters_roll_over_together(start: int) -> None:
    """Both ways over two wraps; every 20,000th packet and those around a wrap are sent, as after heavy loss."""
    master = MASTERS[16].session_keys()
    to_ours, to_theirs = SrtpReceiver(master, SSRC, start), libsrtp(16, inbound=True)
    theirs = libsrtp(16, inbound=False)
    around = [65536 * turn + near for turn in (1, 2) for near in range(-3, 4)]
    for index in sorted({*range(start, 140_000, 20_000), *around}):
        clear = bytes(Packet(0, index % 65536, 0, SSRC, b"x"))
        assert to_theirs.unprotect(SrtpSender(master, SSRC, index).protect(0, 0, b"x")) == clear
        assert to_ours.unprotect(theirs.protect(clear)) == clear


@settings(max_examples=40)
@given(st.lists(st.integers(0, 90), min_size=1, max_size=80), st.booleans())
def test_both_take_and_refuse_the_same(order: list[int], wrapped: bool) -> None:
    """Reordered, repeated, lost, across a wrap: all within both windows of 128 packets."""
    keys, start = MASTERS[16].session_keys(), 65500 if wrapped else 100
    ours, theirs = SrtpReceiver(keys, SSRC, start), libsrtp(16, inbound=True)
    for number in [0, *order]:
        sent = SrtpSender(keys, SSRC, start + number).protect(0, 0, b"speech")
        try:
            wanted = theirs.unprotect(sent)
        except Error:
            with pytest.raises(ValueError, match="index"):
                ours.unprotect(sent)
        else:
            assert ours.unprotect(sent) == wanted
