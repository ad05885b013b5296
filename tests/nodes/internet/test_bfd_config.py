"""The options `bfd` and `bfd_timers` of OSPF: who has BFD where, how fast; and what is refused, by name."""

from __future__ import annotations

from typing import Any

import pytest

from catenet.nodes.control.units import OptionError
from catenet.nodes.internet.bfd.config import BfdTimers
from catenet.nodes.internet.ospf.config import OspfOptions


def on(lan: str = "link1", **options: Any) -> BfdTimers | None:
    there = OspfOptions(**options).at(lan)
    assert there is not None
    return there.bfd


def test_without_the_option_there_is_none() -> None:
    assert on() is None


def test_on_is_everywhere_with_the_default_timers() -> None:
    assert on(bfd="on") == BfdTimers(transmit=0.2, receive=0.2, multiplier=3)


def test_lan_by_lan_it_is_off_where_nothing_is_said() -> None:
    chosen: dict[str, Any] = {"link1": "on", "link2": "off"}
    assert [on(lan, bfd=chosen) is not None for lan in ("link1", "link2", "link3")] == [True, False, False]


def test_a_lans_own_timers_go_before_those_of_all() -> None:
    chosen: dict[str, Any] = {"link1": {"transmit": "50ms"}, "link2": "on"}
    timers = {"receive": "1s", "transmit": "300ms", "multiplier": 5}
    assert on("link1", bfd=chosen, bfd_timers=timers) == BfdTimers(0.05, 1.0, 5)
    assert on("link2", bfd=chosen, bfd_timers=timers) == BfdTimers(0.3, 1.0, 5)


def test_a_passive_lan_has_none() -> None:
    assert on(bfd="on", passive=("link1",)) is None


@pytest.mark.parametrize(
    ("options", "text", "inner"),
    [
        ({"bfd": "yes"}, "bfd 'yes' is neither on nor off", ""),
        ({"bfd": {"link1": "fast"}}, "bfd of link1 'fast' is neither on nor off", "link1"),
        ({"bfd": {"link1": {"interval": "1s"}}}, "'interval' is none of transmit, receive, multiplier", "interval"),
        ({"bfd": {"link1": {"transmit": 100}}}, "bfd of link1: transmit: 100 is no duration", "transmit"),
        ({"bfd": {"link1": {"transmit": "fast"}}}, "bfd of link1: transmit: 'fast' is no duration", "transmit"),
        ({"bfd_timers": {"receive": "9ms"}}, "bfd_timers: receive 0.009s is out of range", "receive"),
        ({"bfd_timers": {"transmit": "61s"}}, "bfd_timers: transmit 61s is out of range", "transmit"),
        ({"bfd_timers": {"transmit": "10.5ms"}}, "it counts whole milliseconds", "transmit"),
        ({"bfd_timers": {"multiplier": 0}}, "multiplier 0 is out of range; it may be 1 to 255", "multiplier"),
        ({"bfd_timers": {"multiplier": 256}}, "multiplier 256 is out of range", "multiplier"),
        ({"bfd_timers": {"multiplier": "3"}}, "multiplier '3' is no whole number", "multiplier"),
        ({"bfd_timers": {"multiplier": True}}, "multiplier True is no whole number", "multiplier"),
    ],
)
def test_what_is_refused(options: dict[str, Any], text: str, inner: str) -> None:
    with pytest.raises(OptionError) as refused:
        OspfOptions(**options)
    assert text in str(refused.value)
    assert refused.value.options == (next(iter(options)),)
    assert refused.value.inner == inner
