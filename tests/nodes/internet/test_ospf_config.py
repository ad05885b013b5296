"""`ospf:` in a lab file."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pydantic import TypeAdapter, ValidationError

from catenet.nodes.address import Address
from catenet.nodes.internet.ospf.config import OnLan, OspfOptions, area_of


def test_the_defaults_are_the_rfcs_sample_values():
    """C.3: HelloInterval 10 seconds; RouterDeadInterval "some multiple" of it, 40; RxmtInterval 5."""
    assert OspfOptions() == OspfOptions(hello=10.0, dead=40.0, retransmit=5.0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"hello": 0.5}, "hello 0.5s is out of range; it may be 1s to"),
        ({"hello": 1.5}, "hello 1.5s: the packet has whole seconds"),
        ({"dead": float("nan")}, "dead nan is no duration; write one like 10s"),
        ({"dead": 15.0}, r"dead 15s is under twice hello \(10s\)"),
        ({"retransmit": 0.0}, "retransmit 0s is out of range; it may be 100ms to 1h"),
        ({"cost": {"l": 0}}, "cost of l 0 is out of range; it may be 1 to 65535"),
        ({"cost": {"l": True}}, "cost of l True is out of range"),
        ({"cost": {"l": "measure"}}, "cost of l 'measure' is no cost; write 1 to 65535, or measured"),
        ({"cost": {"l": "measured"}, "passive": ("l",)}, "cost of l is measured, and l is passive: there is no neigh"),
        ({"smoothing": "no"}, "smoothing 'no' is neither on nor off"),
        ({"priority": {"l": 256}}, "priority of l 256 is out of range; it may be 0 to 255"),
        ({"priority": {"l": 2}, "network": {"l": "point-to-point"}}, "priority of l: it is point-to-point"),
        ({"network": {"l": "nbma"}}, "network of l 'nbma' is none of broadcast, point-to-point"),
        ({"area": {"l": "one"}}, "area 'one' is no area; write a number like 1, or 0.0.0.1, or off"),
        ({"area": {"l": -1}}, "area -1 is no area"),
        ({"area": {"l": 1 << 32}}, "area 4294967296 is no area"),
        ({"areas": {"off": "stub"}}, "areas off: off is no area"),
        ({"areas": {"1": "nssa"}}, "areas 1: 'nssa' is none of normal, stub, totally-stub"),
        ({"areas": {"1": "stub", "0.0.0.1": "stub"}}, r"areas 0\.0\.0\.1: it is here twice"),
        ({"areas": {"0": "stub"}}, "areas 0: the backbone cannot be stub"),
        ({"router_id": "0.0.0.0"}, r"router_id '0\.0\.0\.0' is none; write it like an address"),
        ({"router_id": "a"}, "router_id 'a' is none"),
        ({"redistribute": ("ospf",)}, "redistribute 'ospf': its own routes are always announced"),
        ({"metric": 0xFFFFFF}, "metric 16777215 is out of range; it may be 0 to 16777214"),
        ({"metric_type": 3}, "metric_type 3 is out of range; it may be 1 to 2"),
        ({"tag": 1 << 32}, "tag 4294967296 is out of range"),
        ({"ecmp": 0}, "ecmp 0 is out of range; it may be 1 to 64"),
        ({"auth": {"password": "ninechars"}}, "auth password has 9 octets"),
        ({"fail_secure": "no"}, "fail_secure 'no' is neither on nor off"),
    ],
)
def test_a_wrong_option_is_named_with_its_value_and_what_is_allowed(options, message):
    with pytest.raises(ValueError, match=message):
        OspfOptions(**options)


def test_how_it_speaks_on_a_lan():
    options = OspfOptions(
        area={"a": 1, "b": "off", "c": "0.0.0.2"},
        areas={"0.0.0.1": "stub"},
        network={"c": "point-to-point"},
        cost={"a": 7},
        priority={"a": 0},
        passive=("c",),
    )
    one, two = Address.parse("0.0.0.1"), Address.parse("0.0.0.2")
    assert options.at("a") == OnLan(one, "stub", "broadcast", 7, 0, False)
    assert options.at("b") is None
    assert options.at("c") == OnLan(two, "normal", "point-to-point", 1, 1, True)
    assert options.at("elsewhere") == OnLan(Address(0), "normal", "broadcast", 1, 1, False)


def test_a_measured_cost_begins_at_1():
    options = OspfOptions(cost={"a": "measured", "b": 7})
    assert (options.at("a").cost, options.at("a").measured) == (1, True)
    assert (options.at("b").cost, options.at("b").measured) == (7, False)
    assert options.fixed_costs() == {"b": 7}


def test_an_area_is_a_number_however_it_is_written():
    assert area_of(258) == area_of("258") == area_of("0.0.1.2") == Address(258)
    assert area_of("off") is None


def test_the_router_id_is_the_first_address_unless_it_is_said():
    first, said = Address.parse("10.0.0.9"), Address.parse("1.1.1.1")
    assert OspfOptions().identity(first) == first
    assert OspfOptions(router_id="1.1.1.1").identity(first) == said


def test_what_a_node_gets_is_what_the_lab_file_says():
    adapter = TypeAdapter(OspfOptions)
    given = OspfOptions(area={"a": 1, "b": "off"}, areas={"1": "stub"}, auth={"md5": {"1": "x"}})
    given = replace(given, cost={"a": "measured", "c": 3}, smoothing="off")
    assert adapter.validate_python(adapter.dump_python(given, mode="json")) == given
    with pytest.raises(ValidationError, match="hallo"):
        adapter.validate_python({"hallo": 2.0})
