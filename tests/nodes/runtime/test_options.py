"""JSON → the options of a service: right kinds pass, wrong ones are named."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import pytest

from catenet.nodes.catalogue import options_class, services
from catenet.nodes.control.config import ConfigError
from catenet.nodes.control.units import Duration
from catenet.nodes.runtime.options import build_options


@dataclass(frozen=True)
class Options:
    zones: tuple[str, ...]
    update: Duration = 30.0
    count: int = 1
    loud: bool = False
    mode: Literal["on", "off"] = "on"
    hints: Literal["lab"] | Mapping[str, str] = "lab"
    key: str | None = None

    def __post_init__(self) -> None:
        if self.update <= 0:
            raise ValueError(f"update {self.update:g} s is not above 0")


def test_every_kind_of_field() -> None:
    given = {"zones": ["a", "b"], "update": 2, "count": 3, "loud": True, "mode": "off", "hints": {"a": "1.2.3.4"}}
    options = build_options("svc", Options, given)
    assert options == Options(("a", "b"), 2.0, 3, True, "off", {"a": "1.2.3.4"}, None)
    assert isinstance(options.update, float)
    assert build_options("svc", Options, {"zones": [], "key": "x"}) == Options((), key="x")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"updat": 1}, "svc.updat is an unknown option; it has zones, update"),
        ({"zones": "a"}, "svc.zones 'a' is no tuple"),
        ({"zones": [1]}, "svc.zones 1 is no str"),
        ({"update": "fast"}, "svc.update 'fast' is no float"),
        ({"update": True}, "svc.update True is no float"),
        ({"update": -1.0}, "svc: update -1 s is not above 0"),
        ({"count": 1.5}, "svc.count 1.5 is no int"),
        ({"count": True}, "svc.count True is no int"),
        ({"loud": "off"}, "svc.loud 'off' is no bool"),
        ({"mode": "perhaps"}, "svc.mode 'perhaps' is no on or off"),
        ({"mode": []}, "svc.mode [] is no on or off"),
        ({"hints": 3}, "svc.hints 3 is none of lab, Mapping"),
        ({"key": 1}, "svc.key 1 is none of str, NoneType"),
    ],
)
def test_what_is_wrong_is_named(change: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        build_options("svc", Options, {"zones": [], **change})
    assert said in str(caught.value)


def test_what_is_missing_is_named() -> None:
    with pytest.raises(ConfigError, match=r"svc\.zones is missing"):
        build_options("svc", Options, {})


@pytest.mark.parametrize(
    ("service", "given"),
    [
        ("rip", {"update": 5, "timeout": 15, "garbage": 10, "split_horizon": "on"}),
        ("nameserver", {"zones": ["root", "edu"]}),
        ("resolver", {"hints": {"a.root-servers.net": "192.31.53.53"}, "qname_minimisation": "off"}),
        ("web", {"root": "dragon"}),
        ("browse", {}),
    ],
)
def test_the_services_of_the_catalogue(service: str, given: dict[str, Any]) -> None:
    options = build_options(service, options_class(service), given)
    assert all(
        getattr(options, key) == (tuple(value) if isinstance(value, list) else value) for key, value in given.items()
    )
    assert service in services()
