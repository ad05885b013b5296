"""The events of a phone, and what they say to a person."""

from __future__ import annotations

from catenet.nodes.address import Address
from catenet.nodes.application.phone.call import Call
from catenet.nodes.application.phone.keys import fingerprint
from catenet.nodes.application.phone.show import path_fields, quality
from catenet.nodes.application.phone.terms import Moved, Path
from catenet.nodes.machine import Json, Report

__all__ = [
    "addressed",
    "answered",
    "calling",
    "ended",
    "joined",
    "key_changed",
    "key_new",
    "left",
    "moved",
    "ringing",
    "spared",
    "up",
]


def joined(user: str, *, back: bool) -> Report:
    """The directory has let him in."""
    return Report("phone.joined", f"{user} is {'back' if back else 'logged in'}", {"user": user, "back": back})


def left(user: str, why: str) -> Report:
    """He is not there any more, or was not let in."""
    return Report("phone.left", f"{user}: {why}", {"user": user, "why": why})


def addressed(user: str, address: Address | None) -> Report:
    """The phone has this address now, or none."""
    text = f"{user} has no address, and waits for one" if address is None else f"{user} is at {address} now"
    return Report("phone.address", text, {"user": user, "address": None if address is None else str(address)})


def key_new(own: bytes, peer: str, key: bytes) -> Report:
    """A contact's key is seen for the first time, and believed."""
    digits = fingerprint(own, key)
    return Report("key.new", f"{peer}: {digits}", {"peer": peer, "fingerprint": digits})


def key_changed(own: bytes, peer: str, key: bytes) -> Report:
    """He is seen with another one."""
    digits = fingerprint(own, key)
    text = f"{peer} has another key than before; no calls until it is trusted: {digits}"
    return Report("key.changed", text, {"peer": peer, "fingerprint": digits})


def calling(call: Call) -> Report:
    """The user calls somebody."""
    return Report("call.calling", f"{call.peer} is called", _which(call))


def ringing(call: Call) -> Report:
    """Somebody calls the user, or the phone of whom he calls rings."""
    text = f"the phone of {call.peer} rings" if call.outgoing else f"{call.peer} calls"
    return Report("call.ringing", text, _which(call))


def answered(call: Call) -> Report:
    """By the one who is called."""
    return Report("call.answered", f"{call.peer if call.outgoing else 'the user'} has answered", _which(call))


def up(call: Call, path: Path, now: float) -> Report:
    """They hear each other."""
    data = {**_which(call), **path_fields(path), "after": round(now - call.began, 3)}
    return Report("call.up", f"with {call.peer}, {path}", data)


def spared(call: Call, path: Path) -> Report:
    """There is a second path."""
    return Report("call.spare", f"with {call.peer}, {path}", {**_which(call), **path_fields(path)})


def moved(call: Call, what: Moved) -> Report:
    """It goes by another path."""
    data = {**_which(call), **path_fields(what.path), "silent": round(what.silent, 3), "why": what.why}
    return Report("call.moved", f"with {call.peer} to {what.path}, after {what.silent:.2f} s ({what.why})", data)


def ended(call: Call, now: float) -> Report:
    """It is over; how it was."""
    seconds = round(call.seconds_up(now), 3)
    data = {**_which(call), "why": call.why, "seconds": seconds, **quality(call.statistics)}
    return Report("call.ended", f"with {call.peer} after {seconds:.1f} s: {call.why}", data)


def _which(call: Call) -> dict[str, Json]:
    return {"call": call.name, "peer": call.peer, "outgoing": call.outgoing}
