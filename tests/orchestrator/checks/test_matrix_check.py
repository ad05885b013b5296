"""The check `matrix`: its table, who calls whom in which round, and what it says of what it has seen."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catenet.orchestrator.checks.expectation import Called
from catenet.orchestrator.checks.matrix import MatrixCheck, rounds
from catenet.orchestrator.lab.load import parse
from catenet.orchestrator.lab.model import LabFileError

LAB = "lans: {l: {}}\nnodes: {a: {lans: [l]}, b: {lans: [l]}, c: {lans: [l]}}\nchecks:\n"
PATHS = "a  b direct  c punched relayed"


class Telephones:
    """What becomes of each call; it keeps who was called at one time."""

    def __init__(self, **seen: Called) -> None:
        self.seen = seen
        self.asked: list[list[tuple[str, str]]] = []

    def call_all(self, pairs: Sequence[tuple[str, str]], seconds: float) -> list[Called]:
        self.asked.append([*pairs])
        return [self.seen["".join(pair)] for pair in pairs]


AS_PREDICTED = {"ab": Called("direct", (), ""), "ac": Called("punched", (), ""), "bc": Called("relayed", ("s1",), "")}


@given(st.integers(2, 20))
def test_every_pair_calls_once_and_nobody_twice_at_a_time(count: int) -> None:
    names = [f"n{number}" for number in range(count)]
    played = [*rounds(names)]
    assert sorted(pair for pairs in played for pair in pairs) == sorted(combinations(names, 2))
    assert len(played) == count - 1 + count % 2
    for pairs in played:
        called = [name for pair in pairs for name in pair]
        assert len(called) == len({*called})


def test_what_is_as_predicted_holds_and_is_shown() -> None:
    check, telephones = MatrixCheck(("a", "b", "c"), PATHS), Telephones(**AS_PREDICTED)
    finding = check.run(telephones)  # type: ignore[arg-type]
    assert finding.holds
    assert sorted(pair for pairs in telephones.asked for pair in pairs) == [("a", "b"), ("a", "c"), ("b", "c")]
    assert finding.table[:3] == ("   a        b", "b  direct", "c  punched  relayed")


@pytest.mark.parametrize(
    ("called", "seen"), [(Called("relayed", ("s1",), ""), "relayed"), (Called("", (), "no-answer"), "no-answer")]
)
def test_what_is_not_is_said_with_what_was_predicted(called: Called, seen: str) -> None:
    finding = MatrixCheck(("a", "b", "c"), PATHS).run(Telephones(**{**AS_PREDICTED, "ac": called}))  # type: ignore[arg-type]
    assert not finding.holds
    assert finding.seen == f"a to c: {seen}, not punched"
    assert finding.next == "catenet trace call a c"
    assert finding.table[2].startswith(f"c  {seen} (punched)")


@pytest.mark.parametrize(
    ("paths", "message"),
    [
        ("a b direct", "paths wants c here, and 2 of direct, punched, relayed behind it, not ''"),
        ("a b direct c punched", "paths wants c here, and 2 of direct, punched, relayed behind it, not 'c punched'"),
        ("a b straight c punched relayed", "paths wants b here, and 1 of direct, punched, relayed behind it"),
        ("b a direct c punched relayed", "paths wants a here, and nothing behind it, not 'b'"),
        (f"{PATHS} d", "paths has more than that: d"),
    ],
)
def test_each_mistake_in_its_table_is_told_with_its_line(paths: str, message: str) -> None:
    with pytest.raises(LabFileError) as caught:
        parse(f"{LAB}  - matrix: {{among: [a, b, c], paths: {paths}}}\n".encode(), "f")
    assert f"f:4: check: matrix: {message}" in str(caught.value)


def test_one_telephone_has_nobody_to_call() -> None:
    with pytest.raises(LabFileError, match="among names one node only"):
        parse(f"{LAB}  - matrix: {{among: [a], paths: a}}\n".encode(), "f")
