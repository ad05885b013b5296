"""Whether two behind translators can reach each other without a relay: by trying all that RFC 4787's rules allow.

It knows nothing of ICE, of STUN or of any translator's code: an address is a home and what a mapping was made for.
"""

from __future__ import annotations

__all__ = ["AD", "AP", "BEHAVIOURS", "EI", "OPEN", "name_of", "reach"]

EI, AD, AP = "endpoint-independent", "address-dependent", "address-and-port-dependent"
OPEN = ("", "")
"""No translator at all."""
BEHAVIOURS = [OPEN] + [(mapping, filtering) for mapping in (EI, AD, AP) for filtering in (EI, AD, AP)]
_ROUNDS = 6
_SHORT = {EI: "EI", AD: "AD", AP: "AP"}
Place = tuple[int, object]
"""An address outside: whose home, and for whom its mapping was made. The server's home is 2."""


def name_of(behaviour: tuple[str, str]) -> str:
    """`EI/AP`: mapping and filtering."""
    return "/".join(_SHORT[rule] for rule in behaviour) if behaviour != OPEN else "open"


def _for(rule: str, peer: Place) -> object:
    return {"": None, EI: None, AD: peer[0], AP: peer}[rule]


def reach(first: tuple[str, str], second: tuple[str, str]) -> bool:
    """A request of one gets to the other, and its answer comes back from where the request was sent to."""
    homes = (first, second)
    opened: dict[Place, set[object]] = {}

    def leave(home: int, peer: Place) -> Place:
        mapping, filtering = homes[home]
        source = (home, _for(mapping, peer))
        opened.setdefault(source, set()).add(_for(filtering, peer))
        return source

    def passes(source: Place, target: Place) -> bool:
        filtering = homes[target[0]][1]
        return homes[target[0]] == OPEN or _for(filtering, source) in opened.get(target, ())

    known: list[set[Place]] = [{leave(1, (2, None))}, {leave(0, (2, None))}]
    for _ in range(_ROUNDS):
        for home in (0, 1):
            for target in tuple(known[home]):
                source = leave(home, target)
                if passes(source, target):
                    known[1 - home].add(source)
                    back = leave(1 - home, source)
                    if back == target and passes(back, source):
                        return True
    return False
