"""`rip:` in a lab file."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from catenet.nodes.internet.rip.config import RipOptions


def test_the_defaults_are_the_rfcs():
    """3.8: 30, 180 and 120 seconds; 3.4.3: "should also use split horizon with poisoned reverse"."""
    assert RipOptions() == RipOptions(update=30.0, timeout=180.0, garbage=120.0, split_horizon="poisoned")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"update": 0.0}, "update 0s is out of range; it may be 100ms to 24h"),
        ({"update": -1.0}, "update -1s is out of range"),
        ({"garbage": 1e6}, "garbage 1e\\+06s is out of range"),
        ({"timeout": float("nan")}, "timeout nan is no duration; write one like 30s"),
        ({"timeout": float("inf")}, "timeout inf is no duration"),
        ({"update": True}, "update True is no duration"),
        ({"garbage": "2s"}, "garbage '2s' is no duration"),
        ({"update": 5.0, "timeout": 9.0}, r"timeout 9s is under twice update \(5s\)"),
        ({"update": 100.0}, r"timeout 3m is under twice update \(100s\)"),
        ({"triggered": "no"}, "triggered 'no' is neither on nor off"),
        ({"split_horizon": "yes"}, "split_horizon 'yes' is none of off, on, poisoned"),
    ],
)
def test_a_wrong_option_is_named_with_its_value_and_what_is_allowed(options, message):
    with pytest.raises(ValueError, match=message):
        RipOptions(**options)


def test_unknown_options_are_refused_by_the_orchestrators_validation():
    with pytest.raises(ValidationError, match="updates"):
        TypeAdapter(RipOptions).validate_python({"updates": 2.0})
    assert TypeAdapter(RipOptions).validate_python({"update": 2.0}).update == 2.0
