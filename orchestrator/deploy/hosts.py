"""Several hosts' engines made one swarm, which a lab with LANs between hosts needs; and taken apart again.

A swarm that is there is used as it is. Of one that somebody else made, nothing is ended but what `join` brought in.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from catenet.nodes.machine import Json
from catenet.orchestrator.backend.protocols import LABEL_UNDERLAY, EngineError
from catenet.orchestrator.backend.swarm import Member, Membership, OneEngine
from catenet.orchestrator.deploy.progress import Progress
from catenet.orchestrator.observe.running import UserError

__all__ = ["PORTS", "HostReport", "join", "leave", "report"]

PORTS = "2377/tcp, 7946/tcp, 7946/udp and 4789/udp"
"""What the hosts must reach at each other."""
_READY = 20.0  # seconds until a manager sees that a new member works
_GOSSIP = 30.0  # seconds until a new member gossips: it makes a network first, in two seconds where it is idle
_DEAF = "hears nothing of who is on the other hosts"
_ANEW = (
    "its Docker does not get 7946/tcp, which it may hold since it left a swarm: `sudo systemctl restart docker` there"
)
_BETWEEN = 0.2
_ANY = "0.0.0.0"  # what some managers say of themselves
_BY_HAND = "`docker swarm leave` there"


@dataclass(frozen=True, slots=True)
class HostReport:
    """How one host is in the swarm. `seen`: as its manager has it, where one was asked; `deaf`: it is a member, and
    takes no part in what the members tell each other, so that nothing gets to the other hosts."""

    host: str
    version: str
    membership: Membership
    seen: Member | None = None
    deaf: bool = False

    @property
    def role(self) -> str:
        """`manager`, `worker`, or how it is that it is neither."""
        if self.membership.active:
            return "manager" if self.membership.manager else "worker"
        return "in no swarm" if self.membership.state == "inactive" else self.membership.state

    @property
    def fine(self) -> bool:
        """Whether it is in a swarm, hears the others, and a manager of it sees it at work."""
        return self.ready and not self.deaf

    @property
    def ready(self) -> bool:
        """Whether it is in a swarm, and a manager of it sees it at work."""
        return self.membership.active and self.seen is not None and self.seen.state == "ready"

    @property
    def reason(self) -> str:
        """What is to be known of it, in words; empty: nothing."""
        said = self.membership.reason or (self.seen.reason if self.seen is not None else "")
        if not said and self.ready and self.deaf:
            return f"{_DEAF}: {_ANEW}"
        if said or self.seen is None or self.seen.address in ("", _ANY, self.membership.address):
            return said
        return f"it says {self.membership.address}, and its manager hears it from {self.seen.address}"

    def to_json(self) -> dict[str, Json]:
        return {
            "host": self.host,
            "engine": self.version,
            "role": self.role,
            "address": self.membership.address,
            "state": self.seen.state if self.seen is not None else "",
            "mtu": self.seen.mtu if self.seen is not None else 0,
            "reason": self.reason,
        }


def report(engines: Mapping[str, OneEngine]) -> list[HostReport]:
    """How each host is in the swarm, in the order of the hosts.

    Raises:
        EngineError: one does not answer.

    """
    found = _memberships(engines)
    members: dict[str, Member] = {}
    gossip = {host: engines[host].gossips() for host, membership in found.items() if membership.active}
    shown = any(gossip[host] is not None for host in gossip if found[host].manager)
    for host, membership in found.items():
        if membership.active and membership.manager:
            members |= {member.member: member for member in engines[host].members()}
    return [
        HostReport(
            host,
            engines[host].version(),
            membership,
            members.get(membership.member),
            deaf=shown and host in gossip and not gossip[host],
        )
        for host, membership in found.items()
    ]


def join(engines: Mapping[str, OneEngine], addresses: Mapping[str, str], progress: Progress) -> list[str]:
    """Make one swarm of all hosts' engines; gives the names of those that were not in it before.

    Where none is in a swarm, the first one makes it and manages it. `addresses`: host → address by which the others
    reach it; without one its engine looks for itself. What fails leaves everything as it was.

    Raises:
        UserError: two are in different swarms, or a swarm's manager is not among the hosts.
        EngineError: one refuses, does not reach the manager, or is deaf to the others.

    """
    found = _memberships(engines)
    for host, membership in found.items():
        if membership.state not in ("active", "inactive"):
            why = f" ({membership.reason})" if membership.reason else ""
            raise UserError(f"{host} is half in a swarm, {membership.state}{why}: {_BY_HAND}, with --force; then again")
    manager = _manager(engines, found)
    outside = [host for host, membership in found.items() if not membership.active]
    done: list[str] = []
    try:
        if not manager:
            manager = next(iter(engines))
            done.append(manager)
            _make(engines[manager], manager, addresses)
        for count, host in enumerate(outside):
            if host != manager:
                progress.count("joining", count, len(outside))
                done.append(host)
                _bring(engines[host], host, engines[manager], addresses)
        _await_ready(engines, manager)
        progress.count("joining", len(outside), len(outside))
    except BaseException:
        _undo(engines, done, manager)
        raise
    return done


def _memberships(engines: Mapping[str, OneEngine]) -> dict[str, Membership]:
    def ask(host: str) -> Membership:
        try:
            return engines[host].membership()
        except EngineError as error:
            raise EngineError(f"{host}: {error}") from error

    with ThreadPoolExecutor(len(engines)) as pool:
        return dict(zip(engines, pool.map(ask, engines), strict=True))


def _manager(engines: Mapping[str, OneEngine], found: Mapping[str, Membership]) -> str:
    """The first host that manages the one swarm that the hosts are in; empty where none is in any.

    Raises:
        UserError: they are in several, or none of its managers is among the hosts.

    """
    inside = {host: membership for host, membership in found.items() if membership.active}
    manager = next((host for host, membership in inside.items() if membership.manager), "")
    if inside and not manager:
        host, membership = next(iter(inside.items()))
        where = ", ".join(membership.managers)
        raise UserError(f"{host} is in a swarm whose managers are {where}: name one of them among the hosts too")
    known = {member.member for member in engines[manager].members()} if manager else set()
    for host, membership in inside.items():
        if membership.member not in known:
            raise UserError(f"{manager} and {host} are in two different swarms: end one of them, {_BY_HAND}")
    return manager


def _make(engine: OneEngine, host: str, addresses: Mapping[str, str]) -> None:
    try:
        engine.make_swarm(addresses.get(host, ""))
    except EngineError as error:
        if "could not choose an IP address" not in str(error):
            raise
        words = f"{host} has several addresses, and nothing tells which of them the others reach"
        raise EngineError(words, f"say it: --address {host}=ADDRESS") from error


def _bring(engine: OneEngine, host: str, manager: OneEngine, addresses: Mapping[str, str]) -> None:
    there = manager.membership().managers
    try:
        engine.join_swarm(there, manager.join_token(), addresses.get(host, ""))
    except EngineError as error:
        hint = f"{host} must reach {', '.join(there)}; a swarm needs {PORTS}; where this address is wrong: --address"
        raise EngineError(f"{host}: {error}", hint) from error
    manager.mark_member(engine.membership().member, ours=True)


def _await_ready(engines: Mapping[str, OneEngine], manager: str) -> None:
    """A member may have joined, and the manager not reach it, or its engine not listen to the others."""
    start = time.monotonic()
    while late := [one for one in report(engines) if not one.fine]:
        waited = time.monotonic() - start
        if waited > _READY and (unseen := [one.host for one in late if not one.ready]):
            words = f"{manager} does not see {', '.join(unseen)} at work {_READY:.0f} s after joining"
            raise EngineError(words, f"a swarm needs {PORTS} between the hosts")
        if waited > _GOSSIP:
            deaf = ", ".join(one.host for one in late)
            raise EngineError(
                f"{deaf} {_DEAF} {_GOSSIP:.0f} s after joining", f"{_ANEW}; then catenet hosts join again"
            )
        time.sleep(_BETWEEN)


def _undo(engines: Mapping[str, OneEngine], done: Sequence[str], manager: str) -> None:
    """Best effort: what led here is what is said."""
    for host in reversed(done):
        try:
            member = engines[host].membership().member
            engines[host].leave_swarm()
            if host != manager and member:
                engines[manager].forget_member(member)
        except EngineError:
            continue


def leave(engines: Mapping[str, OneEngine], lost: Collection[str] = ()) -> tuple[list[str], dict[str, str]]:
    """Undo `join`: gives the hosts that have left, and those that stay, each with its reason.

    The manager of a swarm that `join` made goes last, and only when nobody else is left in it. `lost`: hosts that do
    not answer; what they are in is not known, and they could not leave it later without its manager.

    Raises:
        UserError: a lab runs on these hosts.
        EngineError: one does not answer.

    """
    found = _memberships(engines)
    managers = [host for host, membership in found.items() if membership.active and membership.manager]
    _refuse_labs(engines, managers)
    members = {member.member: (host, member) for host in managers for member in engines[host].members()}
    gone, stay = [], {}
    for host, membership in found.items():
        if membership.active and not membership.manager:
            boss, member = members.get(membership.member, ("", None))
            if member is None:
                stay[host] = f"whether it was brought in, a manager knows: name {', '.join(membership.managers)} too"
            elif not (member.ours or found[boss].ours):
                stay[host] = f"it was in this swarm before: {_BY_HAND} takes it out"
            else:
                engines[host].leave_swarm()
                engines[boss].forget_member(member.member)
                gone.append(host)
    for host in managers:
        if why := _must_stay(engines[host], found[host], lost):
            stay[host] = why
        else:
            engines[host].leave_swarm()
            gone.append(host)
    return gone, stay


def _refuse_labs(engines: Mapping[str, OneEngine], managers: Sequence[str]) -> None:
    for host in managers:
        networks = engines[host].networks()
        labs = sorted({each.copy for each in networks if each.driver == "overlay" and LABEL_UNDERLAY in each.labels})
        if labs:
            raise UserError(f"lab {labs[0]} runs over this swarm: catenet down {labs[0]}")


def _must_stay(engine: OneEngine, membership: Membership, lost: Collection[str]) -> str:
    """Why a manager does not leave; empty where nothing speaks against it."""
    if lost:
        return f"{', '.join(lost)} may be in its swarm: once there is an answer, catenet hosts leave again"
    if not membership.ours:
        return f"this swarm was not made by catenet: {_BY_HAND} ends it"
    for member in engine.members():
        if member.member != membership.member and (member.state != "down" or not member.ours):
            return f"{member.hostname} ({member.address}) is in its swarm: it leaves first"
    return ""
