"""The rules by which packets wait, as text. What a kernel makes of them: tests/labs/test_translating_in_containers."""

from __future__ import annotations

import pytest

from catenet.nodes.address import Address
from catenet.nodes.runtime.crossing_rules import MARK, QUEUE, rules

OUTSIDE = (Address.parse("203.0.113.1"), Address.parse("203.0.113.9"))
JUMPS = {
    "raw": ["PREROUTING -j catenet-whole", "OUTPUT -j catenet-own"],
    "mangle": ["PREROUTING -j catenet-arriving", "FORWARD -j catenet-forwarding", "OUTPUT -j catenet-leaving"],
}


def by_table(text: str) -> dict[str, list[str]]:
    tables: dict[str, list[str]] = {}
    for line in text.splitlines():
        if line.startswith("*"):
            table = tables.setdefault(line[1:], [])
        else:
            table.append(line)
    assert all(lines[-1] == "COMMIT" for lines in tables.values())
    return tables


def test_what_arrives_for_an_address_crosses_or_is_an_error_waits_and_nothing_passes_the_queue_by() -> None:
    tables = by_table(rules(OUTSIDE, ""))
    waits = f"-j NFQUEUE --queue-num {QUEUE}"
    assert [line for line in tables["mangle"] if "NFQUEUE" in line] == [
        *(f"-A catenet-arriving ! -i lo -d {address} {waits}" for address in OUTSIDE),
        f"-A catenet-forwarding -m mark ! --mark {MARK:#x} {waits}",
        *(f"-A catenet-leaving -p icmp --icmp-type {number} {waits}" for number in (3, 11, 12)),
    ]
    assert "bypass" not in rules(OUTSIDE, "")


def test_fragments_are_put_together_and_nothing_is_tracked() -> None:
    tables = by_table(rules(OUTSIDE, ""))
    untracked = "-j CT --notrack"
    assert [line for line in tables["raw"] if " -j catenet" not in line and line.startswith("-A")] == [
        "-A catenet-whole -m socket",
        f"-A catenet-whole ! -i lo {untracked}",
        f"-A catenet-own ! -o lo {untracked}",
    ]


def test_without_an_address_nothing_that_arrives_waits() -> None:
    assert not any(line.startswith("-A catenet-arriving") for line in rules((), "").splitlines())


@pytest.mark.parametrize("table", ["raw", "mangle"])
def test_a_jump_that_is_there_is_not_made_once_more(table: str) -> None:
    present = "\n".join([f"*{table}", ":PREROUTING ACCEPT [0:0]", *(f"-A {jump}" for jump in JUMPS[table]), "COMMIT"])
    again = by_table(rules(OUTSIDE, present))
    for each, jumps in JUMPS.items():
        assert [line[3:] for line in again[each] if " -j catenet" in line] == ([] if each == table else jumps)


def test_a_rule_of_somebody_elses_that_only_sometimes_jumps_is_none_of_ours() -> None:
    present = "*mangle\n-A FORWARD -p tcp -j catenet-forwarding\nCOMMIT\n*filter\n-A FORWARD -j catenet-forwarding\n"
    assert "-A FORWARD -j catenet-forwarding" in by_table(rules(OUTSIDE, present))["mangle"]
