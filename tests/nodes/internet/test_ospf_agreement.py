"""What keeps routers of a LAN from being neighbours, in words."""

from __future__ import annotations

from typing import Any

import pytest

from catenet.nodes.control.topology import Router
from catenet.nodes.internet.ospf.agreement import disagreements
from catenet.nodes.internet.ospf.config import OspfOptions


def said(*options: dict[str, Any]) -> list[tuple[str, str, str, str, str]]:
    routers = [Router(f"r{number}", ("l",), OspfOptions(**each)) for number, each in enumerate(options, 1)]
    return [tuple(each) for each in disagreements(routers)]


@pytest.mark.parametrize(
    ("odd", "option", "words"),
    [
        ({"hello": 5.0}, "hello", "its hello on l is 5s, and r1's is 10s: they cannot be neighbours"),
        ({"dead": 60.0}, "dead", "its dead on l is 1m, and r1's is 40s: they cannot be neighbours"),
        ({"area": {"l": 7}}, "area", "its area on l is 0.0.0.7, and r1's is 0.0.0.0: they cannot be neighbours"),
        (
            {"network": {"l": "point-to-point"}},
            "network",
            "its network on l is point-to-point, and r1's is broadcast: they cannot be neighbours",
        ),
        (
            {"auth": {"md5": {"1": "hush"}}},
            "auth",
            "its authentication on l is md5 1, and r1's is none: they cannot be neighbours",
        ),
        (
            {"auth": {"password": "hush"}},
            "auth",
            "its authentication on l is a password, and r1's is none: they cannot be neighbours",
        ),
    ],
)
def test_the_one_that_differs_is_named_not_the_others(odd: dict[str, Any], option: str, words: str) -> None:
    assert said({}, odd, {}) == [("l", "r2", "r1", option, words)]
    assert "hush" not in words


def test_two_secrets_under_one_key_id_are_told_apart() -> None:
    """The words for both are the same, and the secrets are nobody's to read."""
    (found,) = said({"auth": {"md5": {"1": "hush"}}}, {"auth": {"md5": {"1": "hist"}}})
    assert found[4] == "its authentication on l has another secret than r1's, of md5 1: they cannot be neighbours"


def test_of_the_e_bit_both_kinds_of_stub_areas_are_one() -> None:
    """10.5: "the setting of the E-bit […] must match this area's ExternalRoutingCapability"."""
    inside = {"area": {"l": 1}}
    stub, total, normal = ({**inside, "areas": {"1": kind}} for kind in ("stub", "totally-stub", "normal"))
    assert said(stub, total) == []
    (found,) = said(stub, total, normal)
    assert found[:4] == ("l", "r3", "r1", "areas")
    assert found[4].startswith("its kind of area on l is normal, and r1's is stub")


def test_of_passive_and_silent_routers_nothing_is_said() -> None:
    assert said({}, {"hello": 5.0, "passive": ("l",)}) == []
    assert said({}, {"hello": 5.0, "area": {"l": "off"}}) == []


def test_a_point_to_point_network_has_two_ends() -> None:
    (found,) = said(*({"network": {"l": "point-to-point"}},) * 3)
    assert (found[1], found[3]) == ("r3", "network")
    assert found[4] == "l is point-to-point, and there are 3 routers on it: it has two ends"


def test_somebody_must_be_designated() -> None:
    (found,) = said(*({"priority": {"l": 0}},) * 2)
    assert (found[1], found[3]) == ("r2", "priority")
    assert said({"priority": {"l": 0}}, {}) == []


def test_each_router_has_a_number_of_its_own() -> None:
    """1.2: "Router ID […] uniquely identifies the router within an Autonomous System"."""
    (found,) = said({"router_id": "1.1.1.1"}, {"router_id": "1.1.1.1"})
    assert found[:4] == ("", "r2", "r1", "router_id")
