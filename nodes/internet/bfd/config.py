"""What a lab file may say of BFD, as an option of a protocol that stands on it, with every default and its unit.

bfd: on                                  on all LANs on which the protocol is spoken
bfd: {link1: on, link2: off}             LAN by LAN; where nothing is said, off
bfd: {link1: {transmit: 100ms, receive: 100ms, multiplier: 3}}
bfd_timers: {transmit: 100ms}            of all LANs that say nothing else
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, NamedTuple

from catenet.nodes.control.units import About, Form, LanName, OptionError, check_timer, parse_duration

__all__ = ["Bfd", "BfdTimerWords", "BfdTimers", "bfd_on", "check_bfd"]

_Switch = Literal["on", "off"]
_Words = Mapping[str, str | int]
_TIMERS = Form("{transmit: 100ms, receive: 100ms, multiplier: 3}")
Bfd = Annotated[
    _Switch | Mapping[LanName, Annotated[_Switch | _Words, Form(f"on, off or {_TIMERS.words}")]],
    Form("on, off, or {LAN: on}"),
    About(
        "BFD (RFC 5880): `on` everywhere, or LAN → `on`, `off` or {transmit: 100ms, receive: 100ms, multiplier: 3}. "
        "Routers that both have it see within their detection time, not only after `dead`, that packets do not pass."
    ),
]
"""The option `bfd`."""
BfdTimerWords = Annotated[
    _Words,
    _TIMERS,
    About(
        "BFD's timers where a LAN says nothing else: `transmit` and `receive`, the shortest intervals at which it "
        "would send and can take packets, 10ms to 60s; `multiplier`, 1 to 255: so many that are missed in a row are "
        "too many. Without them 200ms, 200ms and 3: what is lost is seen within 600ms."
    ),
]
"""The option `bfd_timers`."""

_LEAST, _MOST = 0.01, 60.0
_MOST_MULTIPLIER = 255


class BfdTimers(NamedTuple):
    """Of one session, as this router wants them: in seconds, and a number of packets."""

    transmit: float = 0.2
    receive: float = 0.2
    multiplier: int = 3


def bfd_on(bfd: Any, words: Mapping[str, str | int], lan: str) -> BfdTimers | None:
    """The options `bfd` and `bfd_timers` on that LAN; None: no BFD there.

    Raises:
        OptionError: it names the option and the value.

    """
    here = bfd.get(lan, "off") if isinstance(bfd, Mapping) else bfd
    if here == "off":
        return None
    timers = _timers(words, "bfd_timers", "", BfdTimers())
    return timers if here == "on" else _timers(here, "bfd", lan, timers)


def check_bfd(bfd: Any, words: Mapping[str, str | int]) -> None:
    """Raises OptionError as `bfd_on`, whatever LAN it is about."""
    _timers(words, "bfd_timers", "", BfdTimers())
    for lan, here in bfd.items() if isinstance(bfd, Mapping) else [("", bfd)]:
        if here not in ("on", "off") and not isinstance(here, Mapping):
            what = f"bfd of {lan}" if lan else "bfd"
            raise OptionError(f"{what} {here!r} is neither on nor off", "bfd", inner=lan)
        bfd_on(bfd, words, lan)


def _timers(words: Mapping[str, Any], option: str, lan: str, default: BfdTimers) -> BfdTimers:
    what = f"{option} of {lan}" if lan else option
    timers = default
    for word, given in words.items():
        if word == "multiplier":
            timers = timers._replace(multiplier=_multiplier(given, what, option, word))
        elif word == "transmit":
            timers = timers._replace(transmit=_interval(given, f"{what}: {word}", option, word))
        elif word == "receive":
            timers = timers._replace(receive=_interval(given, f"{what}: {word}", option, word))
        else:
            known = ", ".join(BfdTimers._fields)
            raise OptionError(f"{what}: {word!r} is none of {known}", option, inner=str(word))
    return timers


def _interval(given: object, what: str, option: str, word: str) -> float:
    try:
        if not isinstance(given, str):
            raise ValueError(f"{given!r} is no duration; write one like 100ms")
        seconds = parse_duration(given)
        check_timer(what, seconds, _LEAST, _MOST, "100ms")
    except ValueError as error:
        text = str(error) if isinstance(error, OptionError) else f"{what}: {error}"
        raise OptionError(text, option, inner=word) from None
    if abs(seconds - round(seconds, 3)) > 1e-9:
        raise OptionError(f"{what} {given}: it counts whole milliseconds", option, inner=word)
    return seconds


def _multiplier(given: object, what: str, option: str, word: str) -> int:
    if isinstance(given, bool) or not isinstance(given, int):
        raise OptionError(f"{what}: multiplier {given!r} is no whole number", option, inner=word)
    if not 1 <= given <= _MOST_MULTIPLIER:
        text = f"{what}: multiplier {given} is out of range; it may be 1 to {_MOST_MULTIPLIER}"
        raise OptionError(text, option, inner=word)
    return given
