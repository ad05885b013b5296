"""Checks against nodes in memory, which answer as the lab's real ones do."""

from __future__ import annotations

import math
from typing import Any

import pytest

from catenet.nodes.machine import Json
from catenet.orchestrator.backend.protocols import EngineError, EngineGoneError
from catenet.orchestrator.checks.fetch import FetchCheck
from catenet.orchestrator.checks.gone import GoneCheck
from catenet.orchestrator.checks.loop import LoopCheck
from catenet.orchestrator.checks.path import PathCheck
from catenet.orchestrator.checks.ping import PingCheck
from catenet.orchestrator.checks.resolve import ResolveCheck
from catenet.orchestrator.checks.routes import RoutesCheck
from catenet.orchestrator.operations.runner import POLL

GOOD_PAGE = (
    b"HTTP/1.1 200 OK\r\nDate: x\r\nServer: x\r\nLast-Modified: x\r\n"
    b"Content-Type: text/html\r\nContent-Length: 2\r\n\r\nhi"
)


def kernel(prefix: str, lan: str, via: str | None) -> Json:
    return {"prefix": prefix, "lan": lan, "via": via, "node": via, "protocol": "rip", "metric": 120}


TO_LINK2 = RoutesCheck("r", "link2", ("link1",), 1)
OWN = RoutesCheck("r", "link2", (), 0)


def learned(cost: int | None) -> Json:
    return {"table": [{"prefix": "10.0.2.0/24", "lan": "link1", "via": "10.0.1.2", "cost": cost}]}


def test_a_route_over_the_right_lan_at_the_right_cost(world: Any) -> None:
    world.tables = {"routes": [kernel("10.0.2.0/24", "link1", "10.0.1.2")], "rip": learned(1)}
    [result] = world.check(TO_LINK2)
    assert result.passed
    assert result.what == "r to link2: via link1, cost 1"


@pytest.mark.parametrize(
    ("routes", "cost", "seen"),
    [
        ([], 1, "no route to link2 (10.0.2.0/24)"),
        ([kernel("10.0.2.0/24", "link3", "10.0.3.3")], 1, "via link3, cost 1"),
        ([kernel("10.0.2.0/24", "link1", "10.0.1.2")], 2, "via link1, cost 2"),
        ([kernel("10.0.2.0/24", "link1", "10.0.1.2")], None, "via link1, cost unknown"),
        ([kernel("10.0.2.0/24", "link2", None)], 1, "its own LAN"),
    ],
)
def test_a_wrong_route_says_what_is_seen(world: Any, routes: list[Json], cost: int | None, seen: str) -> None:
    world.tables = {"routes": routes, "rip": learned(cost)}
    [result] = world.check(TO_LINK2)
    assert (result.passed, result.finding.seen) == (False, seen)
    assert result.finding.expected == "via link1, cost 1"
    assert result.finding.next == "catenet trace route r link2"


def test_its_own_lan(world: Any) -> None:
    world.tables["routes"] = [kernel("10.0.2.0/24", "link2", None)]
    own, by_it, dear = world.check(OWN, RoutesCheck("r", "link2", ("link2",)), RoutesCheck("r", "link2", cost=1))
    assert (own.what, own.passed, by_it.passed, dear.passed) == ("r to link2: its own LAN", True, True, False)


@pytest.mark.parametrize(("cost", "holds"), [(1, True), (2, False)])
def test_a_cost_alone_is_an_expectation(world: Any, cost: int, holds: bool) -> None:
    world.tables = {"routes": [kernel("10.0.2.0/24", "link1", "10.0.1.2")], "rip": learned(1)}
    [result] = world.check(RoutesCheck("r", "link2", cost=cost))
    assert (result.what, result.passed) == (f"r to link2: cost {cost}", holds)
    assert result.finding.seen == "via link1, cost 1"


@pytest.mark.parametrize(("via", "holds"), [("link1", True), ("link2", False)])
def test_a_way_alone_is_an_expectation_of_a_router_without_rip_too(world: Any, via: str, holds: bool) -> None:
    world.tables = {"routes": [kernel("10.0.2.0/24", "link1", "10.0.1.2")]}
    [result] = world.check(RoutesCheck("r", "link2", (via,)))
    assert (result.what, result.passed) == (f"r to link2: via {via}", holds)
    assert (result.finding.expected, result.finding.seen) == (f"via {via}", "via link1")
    assert world.asked == ["routes"]


def test_checks_of_one_table_share_one_question(world: Any) -> None:
    world.tables = {"routes": [kernel("10.0.2.0/24", "link1", "10.0.1.2")], "rip": learned(1)}
    assert all(result.passed for result in world.check(*[TO_LINK2] * 8))
    assert sorted(world.asked) == ["rip", "routes"]


def test_a_check_waits_until_it_holds(world: Any) -> None:
    looks: list[int] = []

    def ping() -> tuple[int, bytes, bytes]:
        looks.append(1)
        answered = len(looks) == 3
        return int(not answered), f"3 packets transmitted, {int(answered)} received\n".encode(), b""

    world.programs["ping"] = ping
    [result] = world.check(PingCheck("h", "g"), within=200.0)
    assert result.passed
    assert len(looks) == 3


def test_a_check_that_may_take_no_time_looks_once(world: Any) -> None:
    world.prints("ping", b"3 packets transmitted, 0 received\n", code=1)
    [result] = world.check(PingCheck("h", "g"))
    assert result.finding.seen == "0 of 3 answered"
    assert not result.passed


def test_no_answer_may_be_what_is_expected(world: Any) -> None:
    world.prints("ping", b"", code=1)
    assert world.check(PingCheck("h", "g", answered=False))[0].passed


def test_a_path_is_told_by_names(world: Any) -> None:
    world.prints("traceroute", b" 1  10.0.1.1  0.1 ms\n 2  10.0.2.9  0.1 ms\n")
    good, bad = world.check(PathCheck("h", "g", ("r",)), PathCheck("h", "g", ()))
    assert good.passed
    assert (bad.passed, bad.finding.expected, bad.finding.seen) == (False, "g", "r g")


def test_a_path_that_does_not_arrive(world: Any) -> None:
    world.prints("traceroute", b" 1  10.0.1.1  0.1 ms\n 2  *\n 3  *\n")
    assert world.check(PathCheck("h", "g", ("r",)))[0].finding.seen == "r"


@pytest.mark.parametrize(
    ("page", "seen"),
    [
        (GOOD_PAGE.replace(b"200 OK", b"404 Not Found"), "404"),
        (GOOD_PAGE.replace(b"Server: x\r\n", b""), "200; no Server"),
        (GOOD_PAGE + b"!", "200; Content-Length 2 and 3 bytes"),
        (b"curl: (6) Could not resolve host: dragon\n", "curl: (6) Could not resolve host: dragon"),
    ],
)
def test_a_page_that_is_not_right(world: Any, page: bytes, seen: str) -> None:
    world.prints("curl", GOOD_PAGE)
    assert world.check(FetchCheck("h", "http://g/"))[0].passed
    world.prints("curl", page)
    [result] = world.check(FetchCheck("h", "http://g/"))
    assert (result.passed, result.finding.seen) == (False, seen)


def test_a_missing_page_needs_no_headers(world: Any) -> None:
    world.prints("curl", b"HTTP/1.1 404 Not Found\r\n\r\n")
    assert world.check(FetchCheck("h", "http://g/x", 404))[0].passed


def test_a_host_without_a_resolver_cannot_resolve(world: Any) -> None:
    assert world.check(ResolveCheck("h", "g"))[0].finding.seen == "the node has no resolver"


def test_a_dead_node_fails_its_checks_and_no_others(world: Any) -> None:
    world.engine.kill("line-r")
    world.prints("ping", b"")
    dead, alive = world.check(OWN, PingCheck("h", "g"))
    assert (dead.passed, dead.finding.seen) == (False, "r: exited (137)")
    assert alive.passed


def test_a_lost_engine_is_no_finding_about_the_lab(world: Any) -> None:
    def lose() -> tuple[int, bytes, bytes]:
        world.engine.gone = True
        raise EngineError("run ping: the engine went away")

    world.programs["ping"] = lose
    with pytest.raises(EngineGoneError):
        world.check(PingCheck("h", "g"), within=math.inf)


def test_a_node_that_comes_back_meanwhile_is_seen(world: Any) -> None:
    world.engine.kill("line-r")
    world.tables["routes"] = [kernel("10.0.2.0/24", "link2", None)]

    def start() -> tuple[int, bytes, bytes]:
        world.engine.start("line-r")
        return 0, b"", b""

    world.programs["ping"] = start
    assert all(result.passed for result in world.check(OWN, PingCheck("h", "g"), within=200.0))


def test_the_time_of_all_checks_runs_at_once(world: Any) -> None:
    """Fetches are made one after the other: the first uses the time up, and the others look once."""
    looks: list[int] = []

    def curl() -> tuple[int, bytes, bytes]:
        looks.append(1)
        return 0, GOOD_PAGE + b"!", b""

    world.programs["curl"] = curl
    checks, looks_of_one = 9, 1 + math.ceil(0.5 / POLL)
    assert not any(result.passed for result in world.check(*[FetchCheck("h", "http://g/")] * checks, within=0.5))
    assert len(looks) <= looks_of_one + (checks - 1)


def test_results_keep_the_order_of_the_checks(world: Any) -> None:
    world.prints("ping", b"")
    world.prints("curl", GOOD_PAGE)
    expectations = [PingCheck("h", "g"), FetchCheck("h", "http://g/"), PingCheck("g", "h")]
    assert [result.check.expectation for result in world.check(*expectations)] == expectations


GONE = GoneCheck(("r",), ("link1", "link2"))
LOST = b"From 10.0.1.1 icmp_seq=1 Time to live exceeded\n"  # as Debian's ping (iputils) has it
NO_ONE = b"From 10.0.1.1 icmp_seq=1 Destination Net Unreachable\n"


def test_a_lan_is_gone_when_no_kernel_has_a_route_to_it(world: Any) -> None:
    world.tables["routes"] = [kernel("10.9.0.0/16", "link1", "10.0.1.2")]
    [result] = world.check(GONE)
    assert (result.passed, result.what) == (True, "link1 link2 gone at r")


def test_a_lan_that_is_still_reached_is_named_with_its_router_and_its_way(world: Any) -> None:
    world.tables["routes"] = [kernel("10.0.2.0/24", "link1", "10.0.1.2")]
    [result] = world.check(GONE)
    assert (result.passed, result.finding.seen) == (False, "r to link2 via link1")
    assert result.finding.next == "catenet show r routes"


@pytest.mark.parametrize(
    ("text", "found", "seen"),
    [
        (LOST, True, "10.0.1.1: time exceeded"),
        (NO_ONE, False, "10.0.1.1: destination net unreachable"),
        (b"2 packets transmitted, 0 received\n", False, "nothing was said"),
    ],
)
def test_a_loop_is_there_where_a_packets_ttl_runs_out(world: Any, text: bytes, found: bool, seen: str) -> None:
    world.prints("ping", text, code=1)
    there, none = world.check(LoopCheck("h", ("link2",)), LoopCheck("h", ("link2",), found=False))
    assert (there.passed, none.passed) == (found, not found)
    assert there.finding.seen == none.finding.seen == seen
    assert (there.what, none.what) == ("h to link2: a loop", "h to link2: no loop")
    assert there.finding.next == "catenet traceroute h 10.0.2.253"  # the highest address that nobody has


@pytest.mark.parametrize("code", [126, 127, 137])
def test_where_no_ping_ran_nothing_is_known_of_an_answer_or_a_loop(world: Any, code: int) -> None:
    world.prints("ping", b"no such program\n", code)
    for check in (PingCheck("h", "g", answered=False), LoopCheck("h", ("link2",), found=False)):
        [result] = world.check(check)
        assert (result.passed, result.finding.seen) == (False, "ping did not run at h: no such program")


def test_an_unreachable_network_is_no_answer(world: Any) -> None:
    world.prints("ping", b"ping: connect: Network is unreachable\n", 2)
    assert world.check(PingCheck("h", "g", answered=False))[0].passed


def test_no_table_is_no_proof_that_a_lan_is_gone(world: Any) -> None:
    world.tables["routes"] = {"error": "later"}
    [result] = world.check(GONE)
    said = "r does not say which routes it has: routes {'error': 'later'} is no list"
    assert (result.passed, result.finding.seen) == (False, said)


def test_a_length_with_leading_zeros_is_the_same_length(world: Any) -> None:
    head = "HTTP/1.1 200 OK\r\nDate: x\r\nServer: x\r\nLast-Modified: x\r\nContent-Type: x\r\n"
    world.prints("curl", f"{head}Content-Length: 0002\r\n\r\nhi".encode())
    assert world.check(FetchCheck("h", "http://g/"))[0].passed
    world.prints("curl", f"{head}Content-Length: 0003\r\n\r\nhi".encode())
    assert not world.check(FetchCheck("h", "http://g/"))[0].passed


def test_what_a_node_said_reaches_a_report_without_what_a_terminal_obeys(world: Any) -> None:
    world.programs["ping"] = lambda: (1, b"", b"\x1b[31mno\x07\n")
    [result] = world.check(PingCheck("h", "g"))
    assert result.lines()[2] == "  seen      ?[31mno?"
