"""What a lab file may say about `rip`, with every default and its unit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal, get_args

from catenet.nodes.control.units import (
    About,
    Duration,
    LanName,
    OptionError,
    RouteSource,
    check_tags,
    check_timer,
    format_duration,
)
from catenet.nodes.internet.rip.packet import INFINITY, PASSWORD_LENGTH
from catenet.nodes.keys.key import Auth, Key, read_auth
from catenet.nodes.keys.keyring import Proofs, proofs_of

__all__ = ["MAX_TAG", "RipOptions", "SplitHorizon"]

SplitHorizon = Literal["off", "on", "poisoned"]
Switch = Literal["off", "on"]
Source = Annotated[str, RouteSource(("connected", "static", "default"))]

_SHORTEST, _LONGEST = 0.1, 86_400.0
MAX_TAG = 0xFFFF
"""A route tag has 16 bits (section 4)."""


@dataclass(frozen=True, slots=True)
class RipOptions:
    """Options of the service `rip`. The timers' defaults are those of RFC 2453 section 3.8."""

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 -- the name and the form are pydantic's

    update: Annotated[Duration, About("Seconds between two whole tables.")] = 30.0
    timeout: Annotated[Duration, About("Seconds without a word after which a route is unreachable.")] = 180.0
    garbage: Annotated[Duration, About("Seconds for which an unreachable route is still announced.")] = 120.0
    split_horizon: Annotated[
        SplitHorizon,
        About(
            'What is said of a route on the network that it leaves by. `poisoned` says "unreachable", `on` says '
            "nothing, `off` says it as if it were news (and shows why the other two exist)."
        ),
    ] = "poisoned"
    triggered: Annotated[
        Switch,
        About(
            "Whether a change is told at once (section 3.4.4). With `off` the router is the slow one that the section "
            "starts from: it speaks at its start and every `update`, asks nobody after a loss, and ends without a "
            "word."
        ),
    ] = "on"
    cost: Annotated[
        Mapping[LanName, int], About("LAN → what crossing it adds to the metric, 1 to 15; 1 where nothing is said.")
    ] = field(default_factory=dict)
    passive: Annotated[tuple[LanName, ...], About("LANs on which the router only listens.")] = ()
    redistribute: Annotated[
        tuple[Source, ...],
        About(
            "What is announced beside the LANs on which the router speaks: `connected`, its passive LANs; `static`, "
            "the routes that the lab file gives the node; `default`, a default route; or those of another service, at "
            "metric 1. `tag` marks these (section 4.2)."
        ),
    ] = ("connected",)
    tag: Annotated[
        int,
        About(
            "The mark, 0 to 65535, of the routes that are announced for others. With 0 a route goes on with the mark "
            "that it has; one above 65535 does not fit, and goes on as 0."
        ),
    ] = 0
    last_resort: Annotated[
        tuple[int, ...],
        About(
            "Marks of the routes that another router has taken out of this router's other protocols and announces "
            "here. Such a route is used where no other source has one, and never announced to another protocol; so "
            "what two routers redistribute does not go round in circles."
        ),
    ] = ()
    auth: Auth = field(default_factory=dict)
    fail_secure: Annotated[
        Switch,
        About("When the last key has expired, `off` keeps it in use, `on` ends routing (RFC 4822 section 5.1)."),
    ] = "off"

    def __post_init__(self) -> None:
        for timer in ("update", "timeout", "garbage"):
            check_timer(timer, getattr(self, timer), _SHORTEST, _LONGEST, "30s")
        if self.timeout < 2 * self.update:
            raise OptionError(
                f"timeout {format_duration(self.timeout)} is under twice update ({format_duration(self.update)}): "
                f"one lost message would take the routes away; write {format_duration(2 * self.update)} or more",
                "timeout",
                "update",
            )
        if self.split_horizon not in get_args(SplitHorizon):
            raise OptionError(f"split_horizon {self.split_horizon!r} is none of off, on, poisoned", "split_horizon")
        if self.triggered not in get_args(Switch):
            raise OptionError(f"triggered {self.triggered!r} is neither on nor off", "triggered")
        for lan, cost in self.cost.items():
            if isinstance(cost, bool) or not isinstance(cost, int) or not 0 < cost < INFINITY:
                raise OptionError(
                    f"cost of {lan} {cost!r} is out of range; it may be 1 to {INFINITY - 1}", "cost", inner=lan
                )
        if "rip" in self.redistribute:
            raise OptionError("redistribute 'rip': its own routes are always announced", "redistribute", inner="rip")
        if isinstance(self.tag, bool) or not isinstance(self.tag, int) or not 0 <= self.tag <= MAX_TAG:
            raise OptionError(f"tag {self.tag!r} is out of range; it may be 0 to {MAX_TAG}", "tag")
        check_tags("last_resort", self.last_resort, MAX_TAG)
        self.keys()
        if self.fail_secure not in get_args(Switch):
            raise OptionError(f"fail_secure {self.fail_secure!r} is neither on nor off", "fail_secure")

    def keys(self, began: float = 0.0) -> bytes | tuple[Key, ...]:
        """The option `auth`: a simple password, or keys in the file's order; none where it is empty.

        `began`: seconds since 1970 when the lab was brought up.
        """
        return read_auth(self.auth, PASSWORD_LENGTH, began)

    def proofs(self) -> Proofs:
        """How it proves at some time that it may speak, and what it takes for a proof at some time."""
        return proofs_of(self.keys())
