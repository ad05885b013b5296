"""What packets suffer on a LAN, beside being lost with it: the words for it, and what of them fits together.

The words are those of tc-netem(8), as far as it has them, and so is the meaning. Who sends carries it out, on all that
it sends there, ARP too: of a frame for several that is lost nobody gets it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from catenet.nodes.control.printable import printable
from catenet.nodes.control.units import PERCENTAGE, RATE, format_duration
from catenet.nodes.machine import Json

__all__ = ["LONGEST_DELAY", "MOST", "NORMAL", "QUEUE", "UNIFORM", "Impairment", "in_words", "parse_all", "replaced"]

UNIFORM, NORMAL = "uniform", "normal"
QUEUE = 1000
"""Packets that wait for a rate, where `queue` says no other number."""
LONGEST_DELAY = 10.0
"""Seconds, with its jitter: what is under way waits in the receiver's kernel."""
MOST = 1_000_000
"""The largest burst, and the largest step of every n-th."""
SMALLEST_RATE, LARGEST_RATE = 1_000.0, 100e9
LARGEST_QUEUE = 10_000
LARGEST_SEED = 2**31 - 1
_DIRECTIONS = 64


class Impairment(NamedTuple):
    """What is done to each packet that `sender` puts on the LAN (a node's name; empty: whoever does).

    `delay`, `jitter`: seconds, the jitter drawn for each packet from `distribution`: anything between -jitter and
    jitter, or normal with that standard deviation. `loss`: a share; `burst`: packets that are lost in a row, on
    average (0: each for itself). `duplicate`, `reorder` (these are not delayed), `corrupt` (one bit behind the IP
    header is another): shares. `rate`: bits a second, of whole frames; `queue`: packets that wait for it (0: QUEUE).
    `drop_every`: each n-th is lost. `seed`: of all that is drawn: the same one loses the same packets.
    """

    sender: str = ""
    delay: float = 0.0
    jitter: float = 0.0
    distribution: str = UNIFORM
    loss: float = 0.0
    burst: int = 0
    duplicate: float = 0.0
    reorder: float = 0.0
    corrupt: float = 0.0
    rate: float = 0.0
    queue: int = 0
    drop_every: int = 0
    seed: int = 0

    @property
    def nothing(self) -> bool:
        """Whether no packet suffers by it."""
        return self._replace(sender="", seed=0) == Impairment()

    @property
    def words(self) -> str:
        """As the command line has it: `delay=20ms loss=1%`."""
        said = [("from", printable(self.sender))] if self.sender else []
        said += [(key, self._written(key)) for key in _KEYS.values() if key != "from" and self._differs(key)]
        return " ".join(f"{key}={value}" for key, value in said)

    def _differs(self, key: str) -> bool:
        return bool(getattr(self, key) != getattr(Impairment(), key))

    def _written(self, key: str) -> str:
        value = getattr(self, key)
        if key in ("delay", "jitter"):
            return format_duration(value)
        if key == "rate":
            return RATE.format(value)
        return PERCENTAGE.format(value) if isinstance(value, float) else str(value)

    def check(self) -> None:
        """Whether it can be carried out.

        Raises:
            ValueError: it cannot; the text names the word and its value.

        """
        for key, most in _LARGEST.items():
            value = getattr(self, key)
            if not 0 <= value <= most:
                raise ValueError(f"{key} {value:g} is out of range; it may be 0 to {most:g}")
        if self.distribution not in (UNIFORM, NORMAL):
            raise ValueError(f"distribution {self.distribution!r} is neither {UNIFORM} nor {NORMAL}")
        if self.rate and self.rate < SMALLEST_RATE:
            raise ValueError(f"rate {RATE.format(self.rate)} is too small; at least {RATE.format(SMALLEST_RATE)}")
        self._check_together()

    def _check_together(self) -> None:
        for key, other in (
            ("distribution", "jitter"),
            ("jitter", "delay"),
            ("reorder", "delay"),
            ("burst", "loss"),
            ("queue", "rate"),
        ):
            if self._differs(key) and not getattr(self, other):
                raise ValueError(f"{key} means nothing without {other}")
        if self.jitter > self.delay:
            raise ValueError(f"jitter {format_duration(self.jitter)} is more than the delay: none can be less than 0")
        if self.delay + self.jitter > LONGEST_DELAY:
            raise ValueError(f"delay and jitter are more than {format_duration(LONGEST_DELAY)} together")
        if self.burst and self.loss > self.burst / (self.burst + 1):
            most = PERCENTAGE.format(self.burst / (self.burst + 1))
            raise ValueError(f"loss {PERCENTAGE.format(self.loss)} in bursts of {self.burst} is more than {most}")
        if self.drop_every == 1:
            raise ValueError("drop_every 1 drops all; write loss 100%, or cut the LAN")

    def to_json(self) -> dict[str, Json]:
        """Its words that differ from what is well, with values as the fields have them."""
        said: dict[str, Json] = dict(zip(_KEYS.values(), self, strict=True))
        return {key: value for key, value in said.items() if value != _WELL[key]}

    @classmethod
    def parse(cls, value: Json) -> Impairment:
        """What `to_json` gives; what is left out is well.

        Raises:
            ValueError: it is none; the text names the word and its value.

        """
        if not isinstance(value, Mapping):
            raise ValueError(f"impairment {_short(value)} is no object")
        for key, each in value.items():
            if key not in _WELL:
                raise ValueError(f"impairment: {_short(key)} is none of {', '.join(_WELL)}")
            if not _fits(_WELL[key], each):
                raise ValueError(f"impairment: {key} {_short(each)} is no {type(_WELL[key]).__name__}")
        words: dict[str, Any] = {**_WELL, **value}
        made = cls(*(words[key] for key in _WELL))
        try:
            made.check()
        except ValueError as error:
            raise ValueError(f"impairment: {error}") from None
        return made


_KEYS: Mapping[str, str] = {name: "from" if name == "sender" else name for name in Impairment._fields}
_WELL: Mapping[str, str | float] = dict(zip(_KEYS.values(), Impairment(), strict=True))
_LARGEST: Mapping[str, float] = {
    "delay": LONGEST_DELAY,
    "jitter": LONGEST_DELAY,
    "loss": 1.0,
    "burst": MOST,
    "duplicate": 1.0,
    "reorder": 1.0,
    "corrupt": 1.0,
    "rate": LARGEST_RATE,
    "queue": LARGEST_QUEUE,
    "drop_every": MOST,
    "seed": LARGEST_SEED,
}


def replaced(present: Iterable[Impairment], wanted: Impairment) -> tuple[Impairment, ...]:
    """What a LAN suffers, where this is asked of one that suffered those: of its sender the last word counts, and what
    is asked of all takes the place of whatever was. Sorted by their senders, since it is compared.
    """
    kept = [each for each in present if wanted.sender and each.sender not in ("", wanted.sender)]
    return tuple(sorted(kept if wanted.nothing else [*kept, wanted]))


def in_words(impairments: Iterable[Impairment]) -> str:
    """All that a LAN suffers: `from=a delay=20ms; from=b delay=50ms`."""
    return "; ".join(each.words for each in impairments)


def parse_all(value: Json) -> tuple[Impairment, ...]:
    """A list of what a LAN suffers, of each sender once.

    Raises:
        ValueError: it is none, or says two things of one sender, or something of all beside something of one.

    """
    if not isinstance(value, list | tuple) or len(value) > _DIRECTIONS:
        raise ValueError(f"impairments {_short(value)} is no list of at most {_DIRECTIONS}")
    found = tuple(sorted(map(Impairment.parse, value)))
    senders = [each.sender for each in found]
    if len(set(senders)) < len(senders) or ("" in senders and len(senders) > 1):
        raise ValueError(f"impairments are of {', '.join(each or 'all' for each in senders)}: each sender once")
    return found


def _fits(well: object, value: object) -> bool:
    if isinstance(value, bool):
        return False
    if isinstance(well, float):
        return isinstance(value, int | float) and 0 <= value < float("inf")
    return isinstance(value, type(well))


def _short(value: object) -> str:
    return printable(repr(value)[:60])
