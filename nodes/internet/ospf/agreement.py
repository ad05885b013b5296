"""Which routers of a LAN can be neighbours, by what their options say, and what keeps them from it.

"When the receiving interface attaches to a broadcast […] network, these values [Network Mask, HelloInterval,
RouterDeadInterval] must match" (RFC 2328 section 10.5); so must the area (8.2), the area's being a stub (10.5) and the
authentication (D.4).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from catenet.nodes.control.topology import Disagreement, Router
from catenet.nodes.control.units import format_duration
from catenet.nodes.internet.ospf.config import OnLan
from catenet.nodes.keys.keyring import Proofs

__all__ = ["Member", "are_neighbours", "disagreements", "members"]


class Member(NamedTuple):
    """A router on a LAN of which it speaks. `proofs`: with which keys it signs, and which it takes."""

    router: Router
    on: OnLan
    proofs: Proofs

    @property
    def name(self) -> str:
        return self.router.name


def members(routers: Sequence[Router]) -> dict[str, list[Member]]:
    """LAN → those that have it in an area, the passive ones among them."""
    found: dict[str, list[Member]] = {}
    for router in routers:
        proofs = router.options.proofs()
        for lan in router.lans:
            if (on := router.options.at(lan)) is not None:
                found.setdefault(lan, []).append(Member(router, on, proofs))
    return found


def are_neighbours(one: Member, other: Member, lan: str) -> bool:
    """Whether each hears the other there, and takes what it says."""
    speaking = not one.on.passive and not other.on.passive
    heard = lan not in one.router.ingress_dropped and lan not in other.router.ingress_dropped
    twins = bool(_number(one)) and _number(one) == _number(other)
    return speaking and heard and not twins and all(agree(one, other) for agree in _AGREE.values())


def disagreements(routers: Sequence[Router]) -> Iterator[Disagreement]:
    """What keeps routers that share a LAN from being neighbours there; each is held against the one with which most
    agree.
    """
    yield from _same_identity(routers)
    for lan, on_it in members(routers).items():
        speaking = [member for member in on_it if not member.on.passive]
        for option, agree in _AGREE.items():
            yield from _different(lan, speaking, option, agree)
        yield from _odd_network(lan, speaking)


def _different(
    lan: str, speaking: Sequence[Member], option: str, agree: Callable[[Member, Member], bool]
) -> Iterator[Disagreement]:
    if len(speaking) < 2:
        return
    most = max(speaking, key=lambda one: sum(agree(one, other) for other in speaking))
    for member in speaking:
        if not agree(member, most):
            its, others = _said(option, member), _said(option, most)
            differ = f"is {its}, and {most.name}'s is {others}"
            if its == others:
                differ = f"has another secret than {most.name}'s, of {its}"
            text = f"its {_WORDS[option]} on {lan} {differ}: they cannot be neighbours"
            yield Disagreement(lan, member.name, most.name, option, text)


def _odd_network(lan: str, speaking: Sequence[Member]) -> Iterator[Disagreement]:
    if len(speaking) < 2:
        return
    *_, last = speaking
    if all(member.on.network == "point-to-point" for member in speaking) and len(speaking) > 2:
        text = f"{lan} is point-to-point, and there are {len(speaking)} routers on it: it has two ends"
        yield Disagreement(lan, last.name, speaking[0].name, "network", text)
    elif all(member.on.network == "broadcast" and member.on.priority == 0 for member in speaking):
        text = f"nobody on {lan} may be its designated router: the priority of all is 0"
        yield Disagreement(lan, last.name, speaking[0].name, "priority", text)


def _same_identity(routers: Sequence[Router]) -> Iterator[Disagreement]:
    """Only of those that the lab file says: of the others the first address is the router's own."""
    first: dict[str, str] = {}
    for router in routers:
        number = router.options.router_id
        if number and number in first:
            text = f"its router_id {number} is {first[number]}'s too: each router has one of its own"
            yield Disagreement("", router.name, first[number], "router_id", text)
        first.setdefault(number, router.name)


def _number(member: Member) -> str:
    """The Router ID that the lab file says; "": the router's own first address."""
    return str(member.router.options.router_id)


def _trusts(one: Member, other: Member) -> bool:
    """Each takes a key with which the other may sign."""
    own, its = one.proofs, other.proofs
    return not (own.signs.isdisjoint(its.takes) or its.signs.isdisjoint(own.takes))


_AGREE: Mapping[str, Callable[[Member, Member], bool]] = {
    "area": lambda one, other: one.on.area == other.on.area,
    "areas": lambda one, other: (one.on.kind == "normal") == (other.on.kind == "normal"),
    "network": lambda one, other: one.on.network == other.on.network,
    "hello": lambda one, other: bool(one.router.options.hello == other.router.options.hello),
    "dead": lambda one, other: bool(one.router.options.dead == other.router.options.dead),
    "auth": _trusts,
}
"""Option → whether two routers can be neighbours with what theirs say."""
_WORDS = {"areas": "kind of area", "auth": "authentication"} | {
    word: word for word in ("area", "network", "hello", "dead")
}


def _said(option: str, member: Member) -> str:
    options: Any = member.router.options
    match option:
        case "area":
            return str(member.on.area)
        case "areas":
            return str(member.on.kind)
        case "network":
            return str(member.on.network)
        case "auth":
            return _auth(options.auth)
    return format_duration(getattr(options, option))


def _auth(auth: Mapping[str, Any]) -> str:
    """Methods and key ids; the secrets are nobody's to read."""
    if "password" in auth:
        return "a password"
    keys = [f"{method} {key}" for method, keys in auth.items() for key in keys]
    return " and ".join(keys) if keys else "none"
