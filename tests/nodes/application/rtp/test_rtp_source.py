"""What is kept of a source that is heard (RFC 3550 appendices A.1, A.3, A.8, section 6.4.1)."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from catenet.nodes.application.rtp.source import MAX_DROPOUT, MAX_MISORDER, Source

RATE = 8000


def source(*, known: bool = True) -> Source:
    return Source(7, RATE, known=known)


def hear(heard: Source, *sequences: int) -> list[bool]:
    """These packets come, each at its time."""
    return [heard.receive(number % 65536, number * 160 % 2**32, number * 0.02) for number in sequences]


class Appendix:
    """A.1's `init_seq` and `update_seq`, word for word; a number behind 65,535 is 0, as its types are meant."""

    def __init__(self, seq: int) -> None:
        self.init_seq(seq)
        self.max_seq = (seq - 1) % 65536
        self.probation = 2

    def init_seq(self, seq: int) -> None:
        self.base_seq = self.max_seq = seq
        self.bad_seq = 65537
        self.cycles = self.received = 0

    def update_seq(self, seq: int) -> bool:
        udelta = (seq - self.max_seq) % 65536
        if self.probation:
            if seq == (self.max_seq + 1) % 65536:
                self.probation -= 1
                self.max_seq = seq
                if self.probation == 0:
                    self.init_seq(seq)
                    self.received += 1
                    return True
            else:
                self.probation = 1
                self.max_seq = seq
            return False
        if udelta < 3000:
            if seq < self.max_seq:
                self.cycles += 65536
            self.max_seq = seq
        elif udelta <= 65536 - 100:
            if seq == self.bad_seq:
                self.init_seq(seq)
            else:
                self.bad_seq = (seq + 1) & 65535
                return False
        self.received += 1
        return True


STEPS = st.lists(
    st.integers(-3, 3) | st.sampled_from([-100, -101, -99, 2999, 3000, 3001, 20000, -20000, 32768, 65535]), max_size=80
)


@given(st.integers(0, 65535), STEPS)
def test_validity_and_loss_are_those_of_the_appendix(first: int, steps: list[int]) -> None:
    """A.1 and A.3, of an unknown source, beside its own code."""
    ours, theirs = source(known=False), Appendix(first)
    sequence = first
    for step in [0, *steps]:
        sequence = (sequence + step) % 65536
        assert ours.receive(sequence, 0, 0.0) == theirs.update_seq(sequence)
        if not theirs.probation:
            expected = theirs.cycles + theirs.max_seq - theirs.base_seq + 1
            assert (ours.received, ours.expected) == (theirs.received, expected)
            assert ours.lost == expected - theirs.received


def test_an_unknown_source_is_valid_after_two_in_sequence() -> None:
    """A.1: MIN_SEQUENTIAL."""
    heard = source(known=False)
    assert hear(heard, 10, 12, 13, 14) == [False, False, True, True]
    assert (heard.received, heard.expected) == (2, 2)


def test_a_known_source_is_valid_at_once_at_zero_too() -> None:
    for first in (0, 65535):
        heard = source()
        assert hear(heard, first) == [True]
        assert (heard.received, heard.expected, heard.lost) == (1, 1, 0)


def test_nothing_is_expected_of_a_source_on_probation() -> None:
    heard = source(known=False)
    hear(heard, 10)
    assert (heard.expected, heard.lost, heard.has_news) == (0, 0, False)


def test_the_number_wraps_with_reordering_across_it() -> None:
    """A.1; and where it is counted twice, nothing is heard any more: 65533, 65535, 0, 1, 65534, 2."""
    heard = source()
    assert all(hear(heard, 65533, 65535, 65536, 65537, 65534, 65538))
    assert heard.block(0.0).highest == 65538
    assert heard.lost == 0


def test_a_gap_is_loss_and_what_comes_late_is_not() -> None:
    """6.4.1: "packets that arrive late are not counted as lost"."""
    heard = source()
    hear(heard, 1, 2, 5)
    assert heard.lost == 2
    hear(heard, 3)
    assert heard.lost == 1


def test_loss_is_negative_where_packets_come_twice() -> None:
    """6.4.1: "the loss may be negative if there are duplicates"; then the fraction is zero (A.3)."""
    heard = source()
    hear(heard, 1, 2, 2, 2)
    block = heard.block(0.0)
    assert (block.lost, block.fraction_lost) == (-2, 0)


def test_a_large_jump_is_taken_with_its_second_packet() -> None:
    """A.1: "Two sequential packets -- assume that the other side restarted"."""
    heard = source(known=False)
    hear(heard, 0, 1, 2)
    assert hear(heard, 2 + MAX_DROPOUT) == [False]
    assert hear(heard, 40000, 40001) == [False, True]
    assert (heard.received, heard.lost) == (1, 0)


def test_one_stray_packet_changes_nothing() -> None:
    heard = source(known=False)
    hear(heard, 999, 1000, 1001)
    assert hear(heard, 1001 - MAX_MISORDER - 1, 30000, 1002) == [False, False, True]
    assert (heard.received, heard.lost) == (3, 0)


def test_who_is_authenticated_never_begins_anew_however_late_or_far_ahead_his_packets_are() -> None:
    """A path that held packets back for more than two seconds gives them late, one after another."""
    heard = source()
    hear(heard, *range(1000, 1003), *range(1120, 1200))
    late = range(1003, 1003 + MAX_MISORDER - 3)
    assert all(hear(heard, *late))
    assert (heard.received, heard.expected) == (83 + len(late), 200)
    assert hear(heard, 1200 + 2 * MAX_DROPOUT) == [True]
    assert heard.expected == 201 + 2 * MAX_DROPOUT


def test_the_fraction_is_of_the_interval() -> None:
    """A.3: lost · 256 / expected since the report before."""
    heard = source()
    hear(heard, *range(100))
    assert heard.block(2.0).fraction_lost == 0
    hear(heard, *range(125, 200))
    block = heard.block(4.0)
    assert block.fraction_lost == 256 * 25 // 100
    assert block.lost == 25
    hear(heard, *range(200, 300))
    assert heard.block(6.0)[1:3] == (0, 25)


@given(st.lists(st.integers(1, 2900), min_size=1, max_size=30))
def test_the_fraction_fits_its_octet(gaps: list[int]) -> None:
    heard = source()
    sequence = 0
    hear(heard, sequence)
    heard.block(0.0)
    for gap in gaps:
        sequence += gap
        hear(heard, sequence)
        assert heard.block(0.0).fraction_lost == min(256 * (gap - 1) // gap, 255)


def test_the_count_of_losses_is_clamped() -> None:
    """A.3: "it should be clamped at 0x7fffff"."""
    heard = source()
    for number in range(0, 2900 * 3000, 2900):
        heard.receive(number % 65536, 0, 0.0)
    assert heard.block(0.0).lost == 0x7FFFFF


def test_there_is_news_only_after_a_packet() -> None:
    """6.4.1: no block of a source of which nothing has come since the last one."""
    heard = source()
    assert not heard.has_news
    hear(heard, 1)
    assert heard.has_news
    heard.block(0.0)
    assert not heard.has_news


def test_even_packets_have_no_jitter() -> None:
    heard = source()
    hear(heard, *range(100))
    assert heard.jitter == 0


@given(st.lists(st.integers(0, 4000), min_size=2, max_size=30), st.integers(0, 2**32 - 1))
def test_jitter_is_the_formula_of_6_4_1(delays: list[int], start: int) -> None:
    """J += (|D| − J)/16; timestamps that wrap are no jump."""
    heard = source()
    expected = Fraction(0)
    for number, delay in enumerate(delays):
        arrival = number * 160 + delay
        heard.receive(number, (start + number * 160) % 2**32, arrival / RATE + 1e-6)
        if number:
            expected += (abs(delay - delays[number - 1]) - expected) / 16
    assert abs(heard.jitter - float(expected)) < 1e-6


def test_a_report_says_when_the_last_one_of_the_source_came() -> None:
    """6.4.1: the middle 32 bits of its NTP timestamp, and the delay since; its example: 5.250 s."""
    heard = source()
    assert heard.block(9.0)[5:] == (0, 0)
    heard.reported(0xB44D_B705_2000_0000, 10.0)
    block = heard.block(15.25)
    assert (block.last_report, block.delay) == (0xB705_2000, 0x0005_4000)
    assert heard.block(10.0 + 1e6).delay == 2**32 - 1
