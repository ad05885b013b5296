"""The check `arp`: whom a node knows on a LAN."""

from __future__ import annotations

import pytest

from catenet.nodes.address import Address
from catenet.nodes.machine import Json
from catenet.orchestrator.checks.arp import ArpCheck
from catenet.orchestrator.checks.expectation import Finding, NoAnswerError

E2 = "02:00:00:00:00:e2"
TABLE: list[dict[str, Json]] = [
    {"lan": "l", "address": "10.0.1.2", "node": "h2", "hardware": E2, "state": "stale", "seconds": 3},
    {"lan": "m", "address": "10.0.1.3", "node": "", "hardware": "02:00:00:00:00:03", "state": "reachable"},
    {"lan": "l", "address": "10.0.1.4", "node": "h4", "hardware": "", "state": "incomplete", "seconds": 0.5},
    {"lan": "l", "address": "10.0.1.5", "node": "h5", "hardware": "02:00:00:00:00:05", "state": "failed", "seconds": 9},
]


class Scene:
    """A lab in which node a shows this table, and keeps what it is made to send."""

    def __init__(self, table: Json) -> None:
        self.table = table
        self.done: list[str] = []

    def show(self, node: str, what: str) -> Json:
        assert (node, what) == ("a", "arp")
        return self.table

    def empty_caches(self) -> None:
        self.done.append("empty")

    def ping(self, node: str, to: Address, number: int) -> None:
        self.done.append(f"{node} pings {to} {number} time")

    def address(self, node: str, at: str) -> Address:
        assert (node, at) == ("h2", "a")
        return Address.parse("10.0.1.2")

    def name(self, address: str, at: str) -> str:
        return {"10.0.1.2": "h2"}.get(address, address)


def look(address: str, hardware: str, lan: str = "l", sends: str = "", table: Json = TABLE) -> tuple[Finding, Scene]:
    scene = Scene(table)
    check = ArpCheck("a", lan, Address.parse(address), hardware, sends)
    return check.run(scene), scene  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("address", "hardware", "lan", "holds", "seen"),
    [
        ("10.0.1.2", E2, "l", True, f"{E2} (of h2), stale"),
        ("10.0.1.2", E2.upper(), "l", True, f"{E2} (of h2), stale"),
        ("10.0.1.2", "02:00:00:00:00:e3", "l", False, f"{E2} (of h2), stale"),
        ("10.0.1.2", "none", "l", False, f"{E2} (of h2), stale"),
        ("10.0.1.3", "02:00:00:00:00:03", "l", False, "it knows none"),
        ("10.0.1.3", "02:00:00:00:00:03", "m", True, "02:00:00:00:00:03, reachable"),
        ("10.0.1.4", "none", "l", True, "none, incomplete"),
        ("10.0.1.5", "02:00:00:00:00:05", "l", False, "02:00:00:00:00:05, failed"),
        ("10.0.1.5", "none", "l", True, "02:00:00:00:00:05, failed"),
        ("10.0.1.9", "none", "l", True, "it knows none"),
    ],
)
def test_an_entry_is_of_its_lan_and_counts_while_it_is_believed(
    address: str, hardware: str, lan: str, holds: bool, seen: str
) -> None:
    finding, scene = look(address, hardware, lan)
    assert (finding.holds, finding.seen) == (holds, seen)
    assert not scene.done


def test_it_may_have_to_send_first_and_then_all_have_to_ask() -> None:
    _, scene = look("10.0.1.2", E2, sends="h2")
    assert scene.done == ["empty", "a pings 10.0.1.2 1 time"]


def test_what_it_says() -> None:
    words = "a on l knows 10.0.1.2 at 02:00:00:00:00:e2, when it has sent to h2"
    assert ArpCheck("a", "l", Address.parse("10.0.1.2"), E2, "h2").describe() == words
    assert ArpCheck("a", "l", Address.parse("10.0.1.2"), "none").describe() == (
        "a on l knows no hardware address of 10.0.1.2"
    )


def test_a_hardware_address_that_is_none_is_the_user_s_mistake() -> None:
    with pytest.raises(ValueError, match="'e2' is no hardware address"):
        ArpCheck("a", "l", Address.parse("10.0.1.2"), "e2")


@pytest.mark.parametrize("table", [{}, [1], [{"lan": "l"}], [{"lan": "l", "address": "10.0.1.2", "hardware": 7}]])
def test_an_answer_of_another_form_is_none(table: Json) -> None:
    with pytest.raises(NoAnswerError, match="a does not say whom it knows"):
        look("10.0.1.2", E2, table=table)
