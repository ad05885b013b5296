"""G.711, against the tables of the standard: its decision values, written out, and what it makes of them."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from itertools import accumulate
from math import pi, sin

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catenet.nodes.application.rtp.g711 import FRAME, PCMA, PCMU, Law

# Column 1 of table 1a and 2a of G.711: number of intervals × interval size, from zero. 13 bits and 14 bits.
A_LAW = [(32, 2), (16, 4), (16, 8), (16, 16), (16, 32), (16, 64), (16, 128)]
MU_LAW = [(1, 1), (15, 2), (16, 4), (16, 8), (16, 16), (16, 32), (16, 64), (16, 128), (16, 256)]


def decision_values(intervals: list[tuple[int, int]]) -> list[int]:
    """x1 … x129 of the table."""
    return list(accumulate((size for count, size in intervals for _ in range(count)), initial=0))


A_VALUES, MU_VALUES = decision_values(A_LAW), decision_values(MU_LAW)


def a_output(number: int) -> int:
    """Note 2 to table 1a: y(n) = (x(n-1) + x(n)) / 2."""
    return (A_VALUES[number] + A_VALUES[number + 1]) // 2


def mu_output(number: int) -> int:
    """Note to table 2a: y(0) = 0, y(n) = (x(n) + x(n+1)) / 2."""
    return (MU_VALUES[number] + MU_VALUES[number + 1]) // 2 if number else 0


def a_code(number: int, negative: bool) -> int:
    """Column 6 of table 1, with "even bits inverted"."""
    return ((0 if negative else 128) + number) ^ 0b01010101


def mu_code(number: int, negative: bool) -> int:
    """Column 6 of table 2: the first positive one is 11111111, the last 10000000."""
    return (127 if negative else 255) - number


CASES = [
    pytest.param(PCMA, A_VALUES, a_output, a_code, 8, id="PCMA"),
    pytest.param(PCMU, MU_VALUES, mu_output, mu_code, 4, id="PCMU"),
]


def test_the_tables_end_where_the_standard_has_them() -> None:
    """The virtual decision values: 4096 (table 1a) and 8159 (table 2a)."""
    assert (A_VALUES[-1], MU_VALUES[-1]) == (4096, 8159)
    assert (len(A_VALUES), len(MU_VALUES)) == (129, 129)


@pytest.mark.parametrize(("law", "values", "output", "code", "scale"), CASES)
def test_each_of_the_256_codes(law: Law, values: list[int], output, code, scale: int) -> None:
    codes, samples = bytearray(), array("h")
    for number in range(128):
        for negative in (False, True):
            codes.append(code(number, negative))
            samples.append(scale * output(number) * (-1 if negative else 1))
    assert sorted(codes) == list(range(256))
    assert array("h", law.decode(bytes(codes))) == samples


@pytest.mark.parametrize(("law", "values", "output", "code", "scale"), CASES)
def test_each_of_the_65536_samples(law: Law, values: list[int], output, code, scale: int) -> None:
    """The interval between two decision values; negative samples by their complement, as G.191 does."""
    samples = array("h", range(-32768, 32768))
    wanted = bytearray()
    for sample in samples:
        size = (sample if sample >= 0 else ~sample) // scale
        wanted.append(code(min(bisect_right(values, size) - 1, 127), sample < 0))
    assert law.encode(samples.tobytes()) == bytes(wanted)


@pytest.mark.parametrize(
    ("law", "overload", "load", "codes"),
    [(PCMA, 8 * 4096, 3.14, "34 21 21 34 b4 a1 a1 b4"), (PCMU, 4 * 8159, 3.17, "1e 0b 0b 1e 9e 8b 8b 9e")],
    ids=["PCMA", "PCMU"],
)
def test_the_digital_milliwatt(law: Law, overload: int, load: float, codes: str) -> None:
    """Tables 5 and 6 of G.711: a sine of 1 kHz at 0 dBm0. The loudest that fits is `load` dB louder (section 4)."""
    loud = overload / 10 ** (load / 20)
    sine = array("h", [round(-loud * sin(pi / 8 + pi / 4 * place)) for place in range(8)])
    assert law.encode(sine.tobytes()) == bytes.fromhex(codes)


@pytest.mark.parametrize("law", [PCMA, PCMU])
@given(data=st.binary(max_size=400))
def test_what_is_decoded_is_coded_the_same_again(law: Law, data: bytes) -> None:
    """But for µ-law's negative zero, which has the value of the positive one."""
    assert law.encode(law.decode(data)) == (data.replace(b"\x7f", b"\xff") if law is PCMU else data)


@pytest.mark.parametrize("law", [PCMA, PCMU])
def test_loss_is_in_proportion(law: Law) -> None:
    """From the third segment up, half an interval is at most 1/32 of the sample (of µ-law's: 33 more, times 4)."""
    samples = array("h", range(600, 32000, 7))
    back = array("h", law.decode(law.encode(samples.tobytes())))
    assert all(abs(ours - theirs) <= (theirs + 132) / 32 for ours, theirs in zip(back, samples, strict=True))


@pytest.mark.parametrize("law", [PCMA, PCMU])
def test_silence_and_quiet(law: Law) -> None:
    assert len(law.silence) == FRAME
    assert all(abs(sample) <= 8 for sample in array("h", law.decode(law.silence)))
    assert law.is_quiet(law.silence)
    assert law.is_quiet(law.encode(array("h", [300, -300] * 80).tobytes()))
    assert not law.is_quiet(law.encode(array("h", [0] * 159 + [-700]).tobytes()))


def test_payload_types() -> None:
    """RFC 3551 table 4."""
    assert [(law.name, law.payload_type) for law in (PCMU, PCMA)] == [("PCMU", 0), ("PCMA", 8)]


def test_half_a_sample_is_refused() -> None:
    with pytest.raises(TypeError):
        PCMU.encode(b"\0\0\0")
