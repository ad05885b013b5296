"""Candidates: their priorities, foundations, and how they are written (RFC 8445 section 5.1, RFC 8839 section 5.1)."""

from __future__ import annotations

import aioice
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catenet.nodes.address import Address
from catenet.nodes.application.ice.candidate import Candidate, Foundations, Kind, priority_of
from catenet.nodes.application.ice.pair import pair_priority
from catenet.nodes.machine import DecodeError, Endpoint

HERE = Address.parse("192.0.2.1")


def test_rfc_8445_5_1_2_1_priorities() -> None:
    """The formula, by hand: 126 * 2^24 + 65535 * 2^8 + 255."""
    assert priority_of(Kind.HOST, 65535) == 126 * 2**24 + 65535 * 2**8 + 255 == 2130706431
    assert priority_of(Kind.RELAYED, 0) == 255
    ordered = sorted(Kind, key=lambda kind: priority_of(kind, 0), reverse=True)
    assert ordered == [Kind.HOST, Kind.PEER_REFLEXIVE, Kind.SERVER_REFLEXIVE, Kind.RELAYED]


@given(st.integers(1, 2**31 - 1), st.integers(1, 2**31 - 1))
def test_rfc_8445_6_1_2_3_pair_priority(controlling: int, controlled: int) -> None:
    more = 1 if controlling > controlled else 0
    assert pair_priority(controlling, controlled) == (
        2**32 * min(controlling, controlled) + 2 * max(controlling, controlled) + more
    )


def test_rfc_8445_5_1_1_3_foundations() -> None:
    foundations = Foundations()
    other = Address.parse("192.0.2.2")
    one = foundations.of(Kind.HOST, HERE)
    assert foundations.of(Kind.HOST, HERE) == one
    rest = [
        foundations.of(Kind.HOST, other),
        foundations.of(Kind.SERVER_REFLEXIVE, HERE, other),
        foundations.of(Kind.RELAYED, HERE, other),
        foundations.of(Kind.RELAYED, HERE, HERE),
    ]
    assert len({one, *rest}) == 5


@given(
    st.sampled_from([Kind.HOST, Kind.SERVER_REFLEXIVE, Kind.RELAYED]),
    st.integers(0x01000000, 0x7E000000),
    st.integers(1, 65535),
    st.integers(0, 65535),
)
def test_another_implementation_reads_what_is_written(kind: Kind, address: int, port: int, preference: int) -> None:
    endpoint = Endpoint(Address(address), port)
    mine = Candidate(kind, endpoint, endpoint, priority_of(kind, preference), "7")
    theirs = aioice.Candidate.from_sdp(str(mine).removeprefix("candidate:"))
    assert (theirs.host, theirs.port, theirs.type) == (str(endpoint.address), port, kind.word)
    assert (theirs.priority, theirs.foundation, theirs.component) == (mine.priority, "7", 1)
    assert Candidate.parse("candidate:" + theirs.to_sdp()) == mine


@pytest.mark.parametrize(
    "text",
    [
        "candidate:1 1 TCP 1 192.0.2.1 9 typ host tcptype active",
        "candidate:1 2 UDP 1 192.0.2.1 5000 typ host",
        "candidate:1 1 UDP 1 2001:db8::1 5000 typ host",
        "candidate:1 1 UDP 1 6f1c.local 5000 typ host",
        "candidate:1 1 UDP 1 127.0.0.1 5000 typ host",
        "candidate:1 1 UDP 1 224.0.0.9 5000 typ host",
        "candidate:1 1 UDP 1 192.0.2.1 0 typ host",
    ],
)
def test_what_is_not_spoken_here_is_passed_over(text: str) -> None:
    assert Candidate.parse(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "candidate:1 1 UDP 1 192.0.2.1 5000 typ friend",
        "candidate:1 1 UDP 0 192.0.2.1 5000 typ host",
        "candidate:1 1 UDP 4294967296 192.0.2.1 5000 typ host",
        "candidate:1 1 UDP 1 192.0.2.1 70000 typ host",
        "candidate:" + "a" * 40 + " 1 UDP 1 192.0.2.1 5000 typ host",
        "candidate:1 1 UDP 1 192.0.2.1 5000 typ host " + "x" * 300,
    ],
)
def test_what_is_no_candidate_is_refused(text: str) -> None:
    with pytest.raises(DecodeError, match="candidate"):
        Candidate.parse(text)
