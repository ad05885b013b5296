"""The check `fragments`: pieces that fit together, and every way in which they do not."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from catenet.orchestrator.checks.expectation import Finding
from catenet.orchestrator.checks.fragments import FragmentsCheck
from catenet.orchestrator.wire.fragments import Fragment, fragment_in
from catenet.orchestrator.wire.layers import dissect

WELL = (Fragment(7, 0, 576, True), Fragment(7, 576, 576, True), Fragment(7, 1152, 256, False))
"""1,408 octets over a LAN of 600: 596 less the header, in eights."""


class Scene:
    """A lab where the datagram was in these pieces."""

    def __init__(self, found: Sequence[Fragment], arrived: bool) -> None:
        self.found = found, arrived

    def fragments(self, source: str, target: str, lan: str, size: int) -> tuple[Sequence[Fragment], bool]:
        assert (source, target, lan, size) == ("h1", "h2", "narrow", 1400)
        return self.found


def look(*found: Fragment, pieces: int = 3, arrived: bool = True) -> Finding:
    return FragmentsCheck("h1", "h2", "narrow", pieces).run(Scene(found, arrived))  # type: ignore[arg-type]


def test_they_fit_together_in_whatever_order_they_came() -> None:
    assert look(*WELL).holds
    assert look(*reversed(WELL)).holds
    assert look(*WELL).table[1] == "576 octets at 576 of 0x0007"
    assert look(Fragment(7, 0, 1408, False), pieces=1).holds


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ((), "0 of 1408 octets"),
        (WELL[:2], "1152 of 1408 octets, with another end"),
        (WELL[1:], "with a gap"),
        ((WELL[0], WELL[1]._replace(identification=8), WELL[2]), "of several identifications"),
        ((WELL[0], WELL[0], *WELL[1:]), "one of them twice"),
        ((*WELL[:2], WELL[2]._replace(more=True)), "with another end than the last one"),
        ((WELL[0]._replace(more=False), *WELL[1:]), "with another end than the last one"),
        ((*WELL[:2], WELL[2]._replace(octets=264)), "1416 of 1408 octets"),
    ],
)
def test_where_they_do_not_it_says_why(found: tuple[Fragment, ...], said: str) -> None:
    seen = look(*found, pieces=len(found) or 1)
    assert not seen.holds
    assert said in seen.seen


def test_so_many_there_must_be_and_it_must_come_back() -> None:
    assert not look(*WELL, pieces=2).holds
    assert not look(*WELL, arrived=False).holds
    assert look(*WELL, arrived=False).seen == "3 on narrow, it did not come back"
    assert FragmentsCheck("h1", "h2", "narrow", 3).describe() == "h1 to h2, 1400 octets: 3 pieces on narrow"


def test_a_piece_is_read_by_its_header() -> None:
    """RFC 791 section 3.1, by hand: IHL 5, total length 28, identification 0x0a0b, MF, offset 72 eights."""
    header = bytes.fromhex("4500001c0a0b204840110000 0a090107 0a090307".replace(" ", ""))
    frame = bytes.fromhex("020000000001 020000000002 0800".replace(" ", "")) + header + bytes(8)
    assert fragment_in(dissect(frame)) == Fragment(0x0A0B, 576, 8, True)
