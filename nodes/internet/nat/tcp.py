"""What a translator knows of a TCP connection: its state by what it has seen of both ends (RFC 5382 section 5).

A table, state and event → the next state; what is not in it changes nothing. An event is a flag of a segment that went
out or came in. "ACKs in both directions mark the beginning of the established phase", and "the closing phase begins
when both endpoints have terminated their half of the connection by sending a FIN packet". After a RST the connection
may still be there (the RST was lost behind the translator, or forged): it is kept for four minutes, and by another
segment it is established again (RFC 7857 section 2.2, RFC 6146 section 3.5.2.2).
"""

from __future__ import annotations

from enum import Enum
from struct import Struct
from typing import TYPE_CHECKING

from catenet.nodes.internet.nat.header import ACK, FIN, RST, SYN

if TYPE_CHECKING:
    from catenet.nodes.internet.nat.config import NatOptions

__all__ = ["SEEN", "STEADY", "State", "acceptable_reset", "lifetimes", "next_state"]

SEEN = slice(24, 34)
"""What is kept of the last segment each way, of a packet without IP options: sequence and acknowledgement number, data
offset, flags (RFC 9293 section 3.1)."""
_SEEN = Struct("!IIBB")
_ALL = 0xFFFFFFFF
_WINDOW = 0xFFFF
"""Octets of the largest window that is not scaled; by how much one is, only the two ends know."""


class State(Enum):
    """Of a connection; of a flow of UDP or ICMP there is but one, OPEN. The value is for people."""

    OPEN = "open"
    OPENING = "opening"
    ACKED_BY_INSIDE = "opening, acknowledged by inside"
    ACKED_BY_OUTSIDE = "opening, acknowledged by outside"
    ESTABLISHED = "established"
    CLOSED_BY_INSIDE = "established, closed by inside"
    CLOSED_BY_OUTSIDE = "established, closed by outside"
    CLOSING = "closing"
    RESET = "reset"


STEADY = frozenset((State.ESTABLISHED, State.CLOSED_BY_INSIDE, State.CLOSED_BY_OUTSIDE, State.CLOSING))
"""In these a segment that has none of FIN, SYN and RST changes nothing."""

_OUT, _IN = True, False
_NEXT = {
    (State.OPENING, _OUT, ACK): State.ACKED_BY_INSIDE,
    (State.OPENING, _IN, ACK): State.ACKED_BY_OUTSIDE,
    (State.ACKED_BY_INSIDE, _IN, ACK): State.ESTABLISHED,
    (State.ACKED_BY_OUTSIDE, _OUT, ACK): State.ESTABLISHED,
    (State.ESTABLISHED, _OUT, FIN): State.CLOSED_BY_INSIDE,
    (State.ESTABLISHED, _IN, FIN): State.CLOSED_BY_OUTSIDE,
    (State.CLOSED_BY_INSIDE, _IN, FIN): State.CLOSING,
    (State.CLOSED_BY_OUTSIDE, _OUT, FIN): State.CLOSING,
    # A new connection of the same ends, while what is left of the old one is kept (RFC 5382 section 4.3).
    (State.CLOSING, _OUT, SYN): State.OPENING,
    (State.CLOSING, _IN, SYN): State.OPENING,
    (State.RESET, _OUT, SYN): State.OPENING,
    (State.RESET, _IN, SYN): State.OPENING,
    (State.RESET, _OUT, ACK): State.ESTABLISHED,
    (State.RESET, _IN, ACK): State.ESTABLISHED,
}


def next_state(state: State, flags: int, *, out: bool) -> State:
    """The state after a segment with these flags. One with RST is for who knows whether it belongs to the connection;
    here it changes nothing."""
    if flags & RST:
        return state
    for flag in (SYN, ACK, FIN):
        if flags & flag:
            state = _NEXT.get((state, out, flag), state)
    return state


def lifetimes(options: NatOptions) -> dict[State, float]:
    """State → seconds for which nothing need be seen until it is forgotten. OPEN is not among them."""
    opening, established, closing = options.tcp_opening, options.tcp_established, options.tcp_closing
    return {
        State.OPENING: opening,
        State.ACKED_BY_INSIDE: opening,
        State.ACKED_BY_OUTSIDE: opening,
        State.ESTABLISHED: established,
        State.CLOSED_BY_INSIDE: established,
        State.CLOSED_BY_OUTSIDE: established,
        State.CLOSING: closing,
        State.RESET: closing,
    }


def acceptable_reset(reset: bytes, same_way: bytes, other_way: bytes) -> bool:
    """Whether a RST belongs to the connection: "the NAT has to verify" that, "to avoid off-path attacks" (RFC 7857
    section 2.2). `same_way`, `other_way`: what was seen last (SEEN) in its direction and against it, b"" where nothing.

    It does where its number is one that its hearer waits for (RFC 9293 section 3.10.7.4), or, in answer to a SYN,
    where it acknowledges that (section 3.10.7.3).
    """
    if len(reset) < _SEEN.size or not other_way:
        return False
    sequence, acknowledged, _, flags = _SEEN.unpack(reset)
    begun, expected, _, others = _SEEN.unpack(other_way)
    if not others & ACK:
        return bool(flags & ACK) and acknowledged == begun + 1 & _ALL
    under_way = _SEEN.unpack(same_way)[0] - expected & _ALL if same_way else 0
    if under_way > _ALL >> 1:  # it is behind: all of it was acknowledged
        under_way = 0
    ahead: int = sequence - expected & _ALL
    return ahead <= under_way + _WINDOW
