"""The contract's own values."""

from __future__ import annotations

import pytest

from catenet.nodes.address import Address, Prefix
from catenet.nodes.machine import NextHop, SetRoute

PREFIX, VIA = Prefix.parse("10.9.0.0/24"), Address.parse("10.0.1.2")
ROUTE = SetRoute(PREFIX, (NextHop(VIA, "link1"),), 3)


def test_a_route_by_its_older_words_is_the_same_and_the_newer_ones_are_said() -> None:
    with pytest.warns(FutureWarning, match=r"write SetRoute\(prefix, \(NextHop\(via, interface\),\), metric\)") as said:
        routes = [
            SetRoute(PREFIX, VIA, "link1", 3),
            SetRoute(PREFIX, via=VIA, interface="link1", metric=3),
            SetRoute(PREFIX, VIA, "link1")._replace(metric=3),
        ]
    assert routes == [ROUTE] * 3
    assert {warning.filename for warning in said} == {__file__}


def test_a_route_without_a_next_hop_is_none() -> None:
    with pytest.raises(ValueError, match=r"SetRoute.next_hops is empty; DeleteRoute\(10.9.0.0/24\) takes the route"):
        SetRoute(PREFIX, ())
