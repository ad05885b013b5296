"""What a lab file may say about `ospf`, with every default and its unit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal, NamedTuple, get_args

from catenet.nodes.address import Address
from catenet.nodes.control.units import (
    About,
    Duration,
    Form,
    LanName,
    OptionError,
    RouteSource,
    check_tags,
    check_timer,
    format_duration,
)
from catenet.nodes.internet.bfd.config import Bfd, BfdTimers, BfdTimerWords, bfd_on, check_bfd
from catenet.nodes.internet.ospf.packet import PASSWORD_LENGTH
from catenet.nodes.keys.key import Auth, Key, read_auth
from catenet.nodes.keys.keyring import Proofs, proofs_of

__all__ = ["BACKBONE", "MEASURED", "AreaKind", "Network", "OnLan", "OspfOptions", "area_of"]

AreaKind = Literal["normal", "stub", "totally-stub"]
Network = Literal["broadcast", "point-to-point"]
Cost = int | Literal["measured"]
Switch = Literal["off", "on"]
Source = Annotated[str, RouteSource(("connected", "static", "default"))]

BACKBONE = Address(0)
MEASURED = "measured"
"""In the place of a cost."""
_DEFAULT_COST = 1
_AREA = Form("an area's number, like 1 or 0.0.0.1, or off")
_SHORTEST, _LONGEST = 0.1, 3600.0
_LONGEST_HELLO, _MAX_COST, _MAX_METRIC, _MAX_TAG, _MAX_PATHS = 0xFFFF, 0xFFFF, 0xFFFFFE, 0xFFFFFFFF, 64


class OnLan(NamedTuple):
    """How the router speaks on one LAN: the interface parameters of RFC 2328 section C.3 that may differ there.
    `measured`: the cost is that of the way to the neighbours, by Echo; `cost` is what counts until that is known."""

    area: Address
    kind: AreaKind
    network: Network
    cost: int
    priority: int
    passive: bool
    bfd: BfdTimers | None = None
    measured: bool = False


@dataclass(frozen=True, slots=True)
class OspfOptions:
    """Options of the service `ospf`. The timers' defaults are the sample values of RFC 2328 section C.3."""

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 -- the name and the form are pydantic's

    router_id: Annotated[
        str, About("The router's number, written as an address. Without it: the node's first address.")
    ] = ""
    area: Annotated[
        Mapping[LanName, Annotated[int | str, _AREA]],
        About(
            "LAN → its area; 0, the backbone, where nothing is said. On a LAN that is `off` the router says nothing."
        ),
    ] = field(default_factory=dict)
    areas: Annotated[
        Mapping[str, AreaKind],
        About(
            "Area → what it is. A `stub` area hears of no routes of other protocols, a `totally-stub` one of no other "
            "area's either: a default route stands for them (section 3.6). All its routers must say so."
        ),
    ] = field(default_factory=dict)
    network: Annotated[
        Mapping[LanName, Network],
        About("LAN → `broadcast`, where routers elect a designated one, or `point-to-point`, for two that need none."),
    ] = field(default_factory=dict)
    hello: Annotated[Duration, About("Seconds between two Hellos. All routers of a LAN have the same.")] = 10.0
    dead: Annotated[
        Duration,
        About("Seconds without a Hello after which a neighbour is gone. All routers of a LAN have the same."),
    ] = 40.0
    bfd: Bfd = "off"
    bfd_timers: BfdTimerWords = field(default_factory=dict)
    retransmit: Annotated[Duration, About("Seconds after which what was not acknowledged is sent once more.")] = 5.0
    cost: Annotated[
        Mapping[LanName, Cost],
        About(
            "LAN → the cost of sending a packet there, 1 to 65535; 1 where nothing is said. With `measured` it is the "
            "round trip to the neighbours there: 1, and 1 more for each millisecond, at most 1000."
        ),
    ] = field(default_factory=dict)
    smoothing: Annotated[
        Switch,
        About(
            "Whether a measured cost is that of the least of the last eight round trips, and stays unless it is wrong "
            "for a while and by a good deal; `off`: it follows each round trip, and routes may flap."
        ),
    ] = "on"
    priority: Annotated[
        Mapping[LanName, int],
        About("LAN → who becomes its designated router: the highest of 0 to 255. 1 where nothing is said, 0: never."),
    ] = field(default_factory=dict)
    passive: Annotated[
        tuple[LanName, ...], About("LANs that are announced, and on which the router neither speaks nor listens.")
    ] = ()
    redistribute: Annotated[
        tuple[Source, ...],
        About(
            "Other routes that are announced, as AS-external ones: `connected`, its LANs that are `off`; `static`, the "
            "routes that the lab file gives the node; `default`, a default route; or those of another service."
        ),
    ] = ()
    metric: Annotated[int, About("The cost, 0 to 16777214, at which those are announced.")] = 20
    metric_type: Annotated[
        int,
        About(
            "What that cost is compared with: 1, the costs of the way to this router, which are added; 2, only "
            "others of that type (section 2.3)."
        ),
    ] = 2
    tag: Annotated[
        int,
        About(
            "The mark, 0 to 4294967295, of the routes that are announced for others. With 0 a route goes on with the "
            "mark that it has."
        ),
    ] = 0
    last_resort: Annotated[
        tuple[int, ...],
        About(
            "Marks of the AS-external routes that another router has taken out of this router's other protocols. Such "
            "a route is used where no other source has one, and never announced to another protocol; so what two "
            "routers redistribute does not go round in circles."
        ),
    ] = ()
    auth: Auth = field(default_factory=dict)
    fail_secure: Annotated[
        Switch,
        About("When the last key has expired, `off` keeps it in use, `on` ends routing (RFC 5709 section 3.2)."),
    ] = "off"
    ecmp: Annotated[int, About("Ways of equal cost that are used side by side, 1 to 64.")] = 16

    def __post_init__(self) -> None:
        if self.router_id:
            _check_router_id(self.router_id)
        self._check_areas()
        self._check_networks()
        self._check_timers()
        self._check_costs()
        for lan, priority in self.priority.items():
            _check_number("priority", priority, 0, 0xFF, lan)
        if "ospf" in self.redistribute:
            raise OptionError("redistribute 'ospf': its own routes are always announced", "redistribute", inner="ospf")
        for name, least, most in (
            ("metric", 0, _MAX_METRIC),
            ("metric_type", 1, 2),
            ("tag", 0, _MAX_TAG),
            ("ecmp", 1, _MAX_PATHS),
        ):
            _check_number(name, getattr(self, name), least, most)
        check_tags("last_resort", self.last_resort, _MAX_TAG)
        self.keys()
        check_bfd(self.bfd, self.bfd_timers)
        for name in ("fail_secure", "smoothing"):
            if getattr(self, name) not in get_args(Switch):
                raise OptionError(f"{name} {getattr(self, name)!r} is neither on nor off", name)

    def at(self, lan: str) -> OnLan | None:
        """How the router speaks on that LAN; None: not at all, nor of it."""
        area = area_of(self.area.get(lan, 0))
        if area is None:
            return None
        return OnLan(
            area,
            self.kind_of(area),
            self.network.get(lan, "broadcast"),
            self.fixed_costs().get(lan, _DEFAULT_COST),
            self.priority.get(lan, 1),
            lan in self.passive,
            None if lan in self.passive else bfd_on(self.bfd, self.bfd_timers, lan),
            self.cost.get(lan) == MEASURED,
        )

    def fixed_costs(self) -> dict[str, int]:
        """LAN → its cost, where it is said and not measured."""
        return {lan: cost for lan, cost in self.cost.items() if isinstance(cost, int)}

    def kind_of(self, area: Address) -> AreaKind:
        """What that area is."""
        return next((kind for word, kind in self.areas.items() if area_of(word) == area), "normal")

    def identity(self, first: Address) -> Address:
        """The Router ID (section 1.2) of a node whose first address is `first`."""
        return Address.parse(self.router_id) if self.router_id else first

    def keys(self, began: float = 0.0) -> bytes | tuple[Key, ...]:
        """The option `auth`: a simple password, or keys in the file's order; none where it is empty.

        `began`: seconds since 1970 when the lab was brought up.
        """
        return read_auth(self.auth, PASSWORD_LENGTH, began)

    def proofs(self) -> Proofs:
        """How it proves at some time that it may speak, and what it takes for a proof at some time."""
        return proofs_of(self.keys())

    def _check_areas(self) -> None:
        for lan, given in self.area.items():
            _checked_area(given, "area", lan)
        seen: set[Address | None] = {None}
        for word, kind in self.areas.items():
            area = _checked_area(word, "areas", word)
            if area in seen:
                why = "off is no area" if area is None else "it is here twice"
                raise OptionError(f"areas {word}: {why}", "areas", inner=word)
            if kind not in get_args(AreaKind):
                known = ", ".join(get_args(AreaKind))
                raise OptionError(f"areas {word}: {kind!r} is none of {known}", "areas", inner=word)
            if area == BACKBONE and kind != "normal":
                raise OptionError(f"areas {word}: the backbone cannot be {kind} (section 3.6)", "areas", inner=word)
            seen.add(area)

    def _check_costs(self) -> None:
        for lan, cost in self.cost.items():
            if isinstance(cost, str) and cost != MEASURED:
                raise OptionError(
                    f"cost of {lan} {cost!r} is no cost; write 1 to {_MAX_COST}, or {MEASURED}", "cost", inner=lan
                )
            if cost != MEASURED:
                _check_number("cost", cost, 1, _MAX_COST, lan)
            elif lan in self.passive:
                raise OptionError(
                    f"cost of {lan} is {MEASURED}, and {lan} is passive: there is no neighbour to measure it with; "
                    f"write a number",
                    "cost",
                    "passive",
                    inner=lan,
                )

    def _check_networks(self) -> None:
        for lan, network in self.network.items():
            if network not in get_args(Network):
                raise OptionError(
                    f"network of {lan} {network!r} is none of {', '.join(get_args(Network))}", "network", inner=lan
                )
        for lan in self.priority:
            if self.network.get(lan) == "point-to-point":
                raise OptionError(
                    f"priority of {lan}: it is point-to-point, so no router is elected there", "priority", inner=lan
                )

    def _check_timers(self) -> None:
        for name, longest in (("hello", _LONGEST_HELLO), ("dead", _LONGEST_HELLO * 4)):
            value = getattr(self, name)
            check_timer(name, value, 1.0, longest, "10s")
            if value % 1:
                raise OptionError(
                    f"{name} {format_duration(value)}: the packet has whole seconds (section A.3.2)", name
                )
        check_timer("retransmit", self.retransmit, _SHORTEST, _LONGEST, "10s")
        if self.dead < 2 * self.hello:
            raise OptionError(
                f"dead {format_duration(self.dead)} is under twice hello ({format_duration(self.hello)}): one lost "
                f"Hello would end an adjacency; write {format_duration(2 * self.hello)} or more",
                "dead",
                "hello",
            )


def area_of(word: int | str) -> Address | None:
    """An area as a lab file has it: a number, or one written as an address; None: `off`.

    Raises:
        ValueError: it is none.

    """
    if word == "off":
        return None
    number = word if isinstance(word, int) else int(word) if word.isascii() and word.isdigit() else None
    if number is None:
        return Address.parse(str(word))
    if not 0 <= number <= 0xFFFFFFFF:
        raise ValueError(f"{word!r} is no number of 32 bits")
    return Address(number)


def _checked_area(word: int | str, option: str, inner: str) -> Address | None:
    try:
        return area_of(word)
    except ValueError:
        text = f"{option} {word!r} is no area; write a number like 1, or 0.0.0.1"
        raise OptionError(text if option == "areas" else f"{text}, or off", option, inner=inner) from None


def _check_router_id(word: str) -> None:
    try:
        number = int(Address.parse(word))
    except ValueError:
        number = 0
    if number == 0:
        raise OptionError(f"router_id {word!r} is none; write it like an address: 10.0.0.1", "router_id")


def _check_number(option: str, value: object, least: int, most: int, lan: str = "") -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        what = f"{option} of {lan}" if lan else option
        raise OptionError(f"{what} {value!r} is out of range; it may be {least} to {most}", option, inner=lan)
