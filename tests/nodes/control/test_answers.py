"""What a node answers is read again as it was made; what is older lacks something, and what is odd is refused."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catenet.nodes.control.answers import (
    KernelRoute,
    LinkState,
    NodeStatus,
    ProtocolRoute,
    RoutingTable,
    ServiceStatus,
    kernel_routes,
    link_states,
)
from catenet.nodes.control.fields import AnswerError, read, words
from catenet.nodes.control.link import HEALTHY, LinkCondition
from catenet.nodes.control.origin import Explanation, RouteOrigin, SourceRoute, Turn
from catenet.nodes.control.questions import Answer
from catenet.nodes.machine import Json

LINK = LinkState("link1", LinkCondition(drop=True), "10.0.1.1", 24, "172.18.0.2", "eth0", "02:42:0a:00:01:01", 1500)
SERVICE = ServiceStatus("failed", 2, {"sent.updates": 3}, "port 520 is taken", None, "frr")
STATUS = NodeStatus("a", "five", False, 3.5, (LINK,), {"rip": SERVICE}, 9_000_000)


def again(value: Json) -> Json:
    """As it comes over the socket."""
    read: Json = json.loads(json.dumps(value))
    return read


def test_what_was_told_is_what_is_read() -> None:
    assert NodeStatus.parse(again(STATUS.to_json())) == STATUS
    assert link_states(again([LINK.to_json()])) == (LINK,)
    route = KernelRoute("10.0.2.0/24", "10.0.1.2", "b", "link1", "rip", 120, "rip")
    assert kernel_routes(again([route.to_json()])) == (route,)
    row = ProtocolRoute("10.0.2.0/24", "link1", "10.0.1.2", "b", 2, 1, 0.5, 0, "valid", "not there: no such device")
    assert RoutingTable.parse(again({"table": [row.to_json()]})) == RoutingTable((row,), None)


def test_a_service_that_will_not_be_started_again_says_so_by_null() -> None:
    assert ServiceStatus.parse({"state": "failed", "retry": None}).stays_down
    assert not ServiceStatus.parse({"state": "failed", "retry": 0.4}).stays_down
    assert not ServiceStatus.parse({"state": "failed"}).stays_down  # an older node does not say
    assert "retry" not in ServiceStatus("ready").to_json()
    ready = ServiceStatus.parse({"state": "ready", "retry": 5})
    assert ServiceStatus.parse(ready.to_json()) == ready


def test_what_an_older_node_does_not_say_is_taken_as_it_was_there() -> None:
    row = {"prefix": "10.0.2.0/24", "via": "10.0.1.2", "node": "b", "lan": "link1", "protocol": "rip", "metric": 120}
    assert KernelRoute.parse(row).source == ""
    assert LinkState.parse({"lan": "link1", "up": True}).condition == HEALTHY
    origin = RouteOrigin.parse({"prefix": "10.0.2.0/24", "kernel": [row], "services": {"rip": None}})
    assert (origin.sources, origin.services) == ((), {})
    assert Turn.parse({"at": 1.0, "metric": 2, "lan": "x", "node": None, "cause": "started"}).reason == ""
    assert Answer.parse(b'{"ok": false, "error": "no such table"}').known == ()


def test_messages_are_counted_where_they_are_counted() -> None:
    assert RoutingTable.parse({"table": []}).sent is None
    assert RoutingTable.parse({"table": [], "counters": {"received.responses": 3}}).sent == 0
    assert RoutingTable.parse({"table": [], "counters": {"sent.updates": 3, "sent.requests": 1}}).sent == 4


@pytest.mark.parametrize(
    ("parse", "value", "error"),
    [
        (link_states, {"lan": "link1"}, "links {'lan': 'link1'} is no list"),
        (link_states, [{"up": True}], "links.lan None is no name"),
        (link_states, [{"lan": "link1", "up": 1}], "links.up 1 is no bool"),
        (kernel_routes, None, "routes None is no list"),
        (kernel_routes, ["10.0.0.0/8"], "routes '10.0.0.0/8' is no object"),
        (kernel_routes, [{"prefix": "10.0.0.0/8", "metric": True}], "routes.metric True is no whole number"),
        (RoutingTable.parse, {"table": {}}, "answer.table {} is no list"),
        (RoutingTable.parse, {"counters": {"sent.x": "1"}}, "counters '1' is no whole number"),
        (NodeStatus.parse, {"services": {"rip": 1}}, "services 1 is no object"),
        (NodeStatus.parse, {"uptime": "long"}, "status.uptime 'long' is no number"),
        (NodeStatus.parse, {"uptime": 10**400}, "status.uptime 1000"),
        (SourceRoute.parse, {"next_hops": [7]}, "next_hops 7 is no object"),
        (Explanation.parse, {"announced": []}, r"announced \[\] is no object"),
        (words, ["routes", 7], "answer 7 is no text"),
        (kernel_routes, [{"prefix": {"\x1b[2J": "x" * 100}}], r"routes.prefix {'\\x1b\[2J': 'x{40,50} is no text"),
    ],
)
def test_what_is_odd_is_refused_with_its_field_and_its_value(
    parse: Callable[[Json], object], value: Json, error: str
) -> None:
    with pytest.raises(AnswerError, match=error) as caught:
        read(Answer(value), parse)
    assert str(caught.value).isprintable()


def test_what_a_terminal_would_obey_is_no_part_of_a_text() -> None:
    assert LinkState.parse({"lan": "\x1b[2J"}).lan == "?[2J"
    assert list(NodeStatus.parse({"services": {"\x07": {}}}).services) == ["?"]


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["kernel", "services", "interfaces", "table", "counters", "lan", "prefix", "up", "state", "metric"]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@given(anything, st.sampled_from([link_states, kernel_routes, words, RoutingTable.parse, NodeStatus.parse]))
def test_whatever_a_node_answers_it_is_read_or_refused(value: Json, parse: Callable[[Json], object]) -> None:
    try:
        parse(value)
    except AnswerError as error:
        assert str(error).isprintable()


@given(anything)
def test_so_is_where_a_route_comes_from(value: Json) -> None:
    try:
        origin = RouteOrigin.parse(value)
    except AnswerError:
        return
    assert RouteOrigin.parse(again(origin.to_json())) == origin
