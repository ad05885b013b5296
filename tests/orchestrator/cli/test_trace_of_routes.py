"""`catenet trace route` on the small lab, whose nodes say what the tests give them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catenet.nodes.address import Prefix
from catenet.nodes.catalogue import services
from catenet.nodes.control.fields import read
from catenet.nodes.control.origin import RouteOrigin
from catenet.nodes.control.questions import Answer, Question
from catenet.nodes.internet.rip.packet import INFINITY
from catenet.nodes.internet.rip.table import NETWORK_COST
from catenet.orchestrator.cli.app import run
from catenet.orchestrator.cli.trace_route import print_route
from catenet.orchestrator.observe.running import UserError
from catenet.orchestrator.trace.route import find_prefix, follow

LAN = "10.0.2.0/24"
BEGAN = 1_700_000_000.0  # 22:13:20 UTC
OWN = {
    "kernel": [{"prefix": LAN, "via": None, "node": None, "lan": "link2", "protocol": "kernel", "metric": 0}],
    "services": {
        "rip": {
            "state": "connected",
            "metric": 1,
            "lan": "link2",
            "tag": 0,
            "since": BEGAN,
            "cause": "started",
            "announced": {"at": BEGAN + 0.5, "by": "triggered"},
        }
    },
}


def learned(node: str, lan: str, carried: int, **said: object) -> dict:
    row = {"prefix": LAN, "via": "10.0.1.2", "node": node, "lan": lan, "protocol": "rip", "metric": 120}
    rip = {
        "state": "valid",
        "metric": carried + 1,
        "lan": lan,
        "node": node,
        "message": "update",
        "carried": carried,
        "cost": 1,
        "tag": 0,
        "since": BEGAN + 0.51,
        "refreshed": BEGAN + 4,
        "cause": f"{node}'s update",
        "rivals": [],
        "history": [],
        **said,
    }
    return {"kernel": [row], "services": {"rip": rip}}


def other(node: str) -> dict:
    rip = {"implementation": "bird", "state": "valid", "metric": 2, "lan": "link1", "node": node}
    row = {"prefix": LAN, "via": "10.0.1.2", "node": node, "lan": "link1", "protocol": "bird", "metric": 32}
    return {"kernel": [row], "services": {"rip": rip}}


@pytest.fixture
def catenet(small, capsys, monkeypatch, tmp_path):
    """Runs a command line; `told` is what the nodes answer."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CATENET_LAB", raising=False)

    def call(told: dict[str, object], *words: str) -> tuple[int, str, str]:
        def answer(container, command, given):
            assert Question.parse(given) == Question("route", {"prefix": LAN})
            return 0, bytes(Answer(told[container.removeprefix("small-")])), b""

        small.engine.answer = answer
        code = run(["trace", "route", *words], lambda: small.engine)
        return code, *capsys.readouterr()

    return call


def test_the_chain_begins_where_the_network_is(catenet) -> None:
    rival = {"node": "d", "lan": "link9", "carried": 3, "metric": 4, "at": BEGAN + 2, "why": "worse: 4, not 2"}
    turns = [
        {"at": BEGAN + 0.2, "metric": 3, "lan": "link9", "node": "d", "cause": "d's answer"},
        {"at": BEGAN + 0.3, "metric": 16, "lan": "link9", "node": None, "cause": "link9 went down"},
        {"at": BEGAN + 0.51, "metric": 2, "lan": "link1", "node": "b", "cause": "b's update"},
    ]
    told = {"a": learned("b", "link1", 1, rivals=[rival], history=turns, auth="md5", tag=7), "b": OWN}
    code, out, _ = catenet(told, "a", "link2")
    assert code == 0
    assert [line.split() for line in out.splitlines()] == [
        line.split()
        for line in f"""\
a to link2 ({LAN}): via b on link1, metric 2

#  at (UTC)      node  metric  how
1  22:13:20.000  b          1  its own network link2 (started)
2  22:13:20.510  a          2  b's triggered update on link1: 1 + 1; tag 7; md5; confirmed 22:13:24.000

the kernel of a: {LAN} via 10.0.1.2 on link1, protocol rip, metric 120

said last     by  LAN    metric  not taken
22:13:22.000  d   link9  3 + 1   worse: 4, not 2

at (UTC)      what became of it at a
22:13:20.200  via d on link9, metric 3 (d's answer)
22:13:20.300  unreachable (link9 went down)
22:13:20.510  via b on link1, metric 2 (b's update)
""".splitlines()
    ]


@pytest.mark.parametrize("target", ["link2", LAN, "10.0.2.3", "c"])
def test_what_a_route_may_lead_to(catenet, target: str) -> None:
    code, out, _ = catenet({"a": learned("b", "link1", 1), "b": OWN}, "a", target, "--json")
    done = json.loads(out)
    assert (code, done["prefix"], done["found"]) == (0, LAN, True)
    assert [(hop["node"], hop["kind"]) for hop in done["hops"]] == [("b", "own"), ("a", "protocol")]


def test_a_word_that_is_none_of_them(catenet) -> None:
    code, out, err = catenet({}, "a", "lin2")
    assert (code, out) == (2, "")
    assert "did you mean link2?" in err
    assert "has host bits set" in catenet({}, "a", "10.0.2.1/24")[2]


def test_programs_of_others_do_not_say_and_the_kernel_only_where_it_goes(catenet) -> None:
    told = {
        "a": {"kernel": [{**other("b")["kernel"][0], "protocol": "static"}], "services": {}},
        "b": other("c"),
        "c": OWN,
    }
    code, out, _ = catenet(told, "a", LAN)
    assert code == 0
    assert "via c on link1: bird does not say by which message" in out
    assert "via b on link1: a route of the kernel's, static" in out


def test_a_next_hop_that_no_node_has(catenet) -> None:
    row = {**other("b")["kernel"][0], "node": "10.0.1.99", "protocol": "boot"}
    out = catenet({"a": {"kernel": [row], "services": {}}}, "a", LAN)[1]
    assert "via 10.0.1.99 on link1: a route of the kernel's, boot; no node has that address" in out


def test_of_a_long_history_the_end(catenet) -> None:
    turns = [{"at": BEGAN + n, "metric": 2, "lan": "link1", "node": "b", "cause": f"turn {n}"} for n in range(12)]
    told = {"a": learned("b", "link1", 1, history=turns), "b": OWN}
    lines = catenet(told, "a", LAN)[1].splitlines()[-6:]
    assert lines[0].split() == ["…", "7", "earlier", "(--json", "has", "them)"]
    assert [line.split("(")[1] for line in lines[1:]] == [f"turn {n})" for n in range(7, 12)]
    assert len(json.loads(catenet(told, "a", LAN, "--json")[1])["history"]) == 12


def test_a_word_that_is_nearly_route(small, capsys) -> None:
    assert run(["trace", "rout", "a", LAN], lambda: small.engine) == 2
    said = capsys.readouterr().err
    assert "did you mean route?" in said
    assert "Value error" not in said


def test_a_route_that_the_kernel_has_not(catenet) -> None:
    told = {**learned("b", "link1", 1, kernel="not there: Network is down"), "kernel": []}
    assert "the kernel of a: nothing (not there: Network is down)" in catenet({"a": told, "b": OWN}, "a", LAN)[1]


def test_no_route_is_exit_1_and_says_since_when_and_why(catenet) -> None:
    rip = {"state": "garbage", "metric": 16, "since": BEGAN, "cause": "timed out"}
    code, out, _ = catenet({"a": {"kernel": [], "services": {"rip": rip}}}, "a", LAN)
    assert (code, out.splitlines()[0]) == (1, f"a to {LAN}: no route: unreachable (timed out)")
    code, out, _ = catenet({"a": {"kernel": [], "services": {"rip": None}}}, "a", LAN)
    assert (code, out.splitlines()[0]) == (1, f"a to {LAN}: no route, and it never had one")


def test_nodes_that_do_not_run(catenet, small) -> None:
    small.engine.pause("small-b")
    code, out, _ = catenet({"a": learned("b", "link1", 1)}, "a", LAN)
    assert code == 0
    assert "cannot be asked: paused" in out
    assert catenet({}, "b", LAN)[::2] == (2, "catenet: b is paused: catenet resume b\n")


def test_a_route_in_a_loop_comes_to_an_end(catenet) -> None:
    told = {"a": learned("b", "link1", 5), "b": learned("c", "link2", 4), "c": learned("b", "link2", 5)}
    out = catenet(told, "a", LAN)[1]
    assert "b has it from here: a loop, for the moment" in out


def test_a_teller_that_has_changed_meanwhile(catenet) -> None:
    out = catenet({"a": learned("b", "link1", 3), "b": OWN}, "a", LAN)[1]
    assert "b is at 1 by now" in out


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["kernel", "services", "rip", "state", "via", "node", "lan", "announced", "metric"])
            | st.text(max_size=3),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@given(anything)
def test_whatever_a_node_answers_there_is_an_end(value: object) -> None:
    def say(_: str) -> RouteOrigin:
        return read(Answer(value), RouteOrigin.parse)

    done = follow("a", "x", Prefix.parse(LAN), say, {"a": None, "b": None})
    assert done.hops[-1].node == "a"
    assert json.dumps(done.to_json())
    print_route(done)


def test_cold_is_a_word_for_pages(catenet) -> None:
    code, out, err = catenet({}, "a", "link2", "--cold")
    assert (code, out) == (2, "")
    assert "--cold belongs to `trace http`" in err


def test_an_address_of_no_lan_is_a_prefix_of_its_own(small) -> None:
    assert find_prefix(small.running, "a", "192.0.2.7") == Prefix.parse("192.0.2.7/32")
    with pytest.raises(UserError, match="no LAN or node"):
        find_prefix(small.running, "a", "")


def source(name: str, distance: int, node: str, *, selected: bool = False) -> dict:
    hops = [{"via": "10.0.1.2", "node": node, "lan": "link1"}]
    kernel = None if selected else "shadowed by toyroute, metric 90"
    return {
        "source": name,
        "distance": distance,
        "metric": 3,
        "next_hops": hops,
        "selected": selected,
        "tag": 0,
        "last_resort": False,
        "kernel": kernel,
    }


def test_of_several_sources_that_ones_word_counts_whose_route_the_kernel_takes(catenet) -> None:
    sources = [source("toyroute", 90, "c", selected=True), source("rip", 120, "b")]
    toy = {"implementation": "toy", "state": "valid", "metric": 3, "lan": "link1", "node": "c"}
    row = {"prefix": LAN, "via": "10.0.1.2", "node": "c", "lan": "link1", "protocol": "250", "source": "toyroute"}
    rip = learned("b", "link1", 1)["services"]
    told = {"kernel": [{**row, "metric": 90}], "sources": sources, "services": {**rip, "toyroute": toy}}
    nodes = {"a": told, "b": OWN, "c": OWN}
    assert catenet(nodes, "a", LAN)[1].splitlines()[0] == f"a to {LAN}: via c on link1, metric 3"
    out = catenet({**nodes, "a": {**told, "services": rip}}, "a", LAN)[1]
    assert "via c on link1: a route of the kernel's, toyroute" in out
    table = [line.split() for line in out.splitlines()][-3:]
    assert table == [
        ["source", "distance", "metric", "via", "kernel"],
        ["toyroute", "90", "3", "c", "on", "link1", "selected"],
        ["rip", "120", "3", "b", "on", "link1", "shadowed", "by", "toyroute,", "metric", "90"],
    ]
    assert json.loads(catenet(nodes, "a", LAN, "--json")[1])["sources"] == sources


def of_ospf(node: str) -> dict:
    """A route that an LSA of another router's has brought, which says no metric of the sender's."""
    lsa = learned(node, "link1", 19, message="AS-external-LSA", cost=None, tag=120)
    lsa["services"]["rip"]["carried"] = None
    hop = [{"via": "10.0.1.2", "node": node, "lan": "link1"}]
    ospf = {"source": "ospf", "distance": 110, "metric": 20, "next_hops": hop, "selected": True, "kernel": None}
    return {"kernel": lsa["kernel"], "sources": [ospf], "services": {"ospf": lsa["services"]["rip"]}}


def test_the_chain_goes_on_across_the_border_between_two_protocols(catenet) -> None:
    """The one has it from a router's LSA, and that from its RIP neighbour: their metrics are no two of one kind."""
    told = {"a": of_ospf("b"), "b": {**learned("c", "link1", 1), "sources": []}, "c": OWN}
    code, out, _ = catenet(told, "a", LAN)
    assert code == 0
    chain = [line.split(maxsplit=4)[2:] for line in out.splitlines()[3:6]]
    assert chain == [
        ["c", "1", "its own network link2 (started)"],
        ["b", "2", "c's triggered update on link1: 1 + 1; confirmed 22:13:24.000"],
        ["a", "20", "b's AS-external-LSA on link1; tag 120; confirmed 22:13:24.000; b redistributes it from rip"],
    ]


def test_what_the_last_resort_is_stands_beside_why_it_is_not_taken(catenet) -> None:
    sources = [source("rip", 120, "b", selected=True), {**source("ospf", 110, "c"), "tag": 120, "last_resort": True}]
    out = catenet({"a": {**learned("b", "link1", 1), "sources": sources}, "b": OWN}, "a", LAN)[1]
    assert "the last resort, by its tag 120; shadowed by toyroute, metric 90" in out


@pytest.mark.usefixtures("own_service")
@pytest.mark.parametrize(
    ("service", "infinity", "finite", "message"),
    [("rip", 16, 15, "triggered update"), ("toyroute", 1000, 16, "update")],
)
def test_the_protocols_declaration_says_what_its_metrics_and_messages_mean(
    catenet, service: str, infinity: int, finite: int, message: str
) -> None:
    """16 is a metric like any other to `toyroute`, which ends at 1000, and has no name for what RIP calls triggered."""
    rivals = [
        {"node": node, "lan": "link9", "carried": metric, "metric": metric + 1, "at": BEGAN, "why": "w"}
        for node, metric in (("d", infinity), ("e", finite), ("f", 17))
    ]
    turns = [
        {"at": BEGAN, "metric": metric, "lan": "link9", "node": "d", "cause": "c"}
        for metric in (infinity, finite, 17, None)
    ]

    def of(told: dict) -> dict:
        return {**told, "services": {service: told["services"]["rip"]}}

    told = {"a": of(learned("b", "link1", 1, rivals=rivals, history=turns)), "b": of(OWN)}
    code, out, _ = catenet(told, "a", "link2")
    assert code == 0
    assert f"b's {message} on link1: 1 + 1" in out
    lines = [" ".join(line.split()[1:]) for line in out.splitlines()]
    assert [line for line in lines if "link9 " in line and "w" in line.split()] == [
        f"d link9 {infinity} w",
        f"e link9 {finite} + 1 w",
        "f link9 17 + 1 w",
    ]
    assert [line for line in lines if line.endswith("(c)")] == [
        "unreachable (c)",
        f"via d on link9, metric {finite} (c)",
        "via d on link9, metric 17 (c)",
        "via d on link9, metric - (c)",
    ]


def test_rip_declares_what_its_room_reckons_with() -> None:
    routing = services()["rip"].routing
    assert routing is not None
    assert (routing.unreachable, routing.network_cost) == (INFINITY, NETWORK_COST)
    assert [routing.cost(metric) for metric in (0, 1, 2, 15)] == [0, 0, 1, 14]
