"""The kinds of checks, a file each: what a lab file may claim, asked of the running lab with the tools that any
engineer would use.

expectation   what every kind is, and what it sees: Expectation, Key, Scene, Finding
routes, resolve, fetch, path, ping, gone, loop, shows
flooded, source_route, arp, datagrams, fragments
layers, hop_by_hop, asks
call, silence, relayed, matrix

To add a kind, add one file with one subclass of Expectation: a frozen dataclass whose annotated fields are its words.
Nothing else names it. This folder lies below the lab file's reader, which asks it; operations/ runs the checks.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib import import_module

from catenet.orchestrator.checks.expectation import Expectation
from catenet.orchestrator.listing import modules

__all__ = ["kinds"]


@lru_cache(maxsize=1)
def kinds() -> Mapping[str, type[Expectation]]:
    """The word of each kind → its class, found by listing this folder.

    Raises:
        TypeError: a file has no kind, or a second one; two kinds have the same word.

    """
    found: dict[str, type[Expectation]] = {}
    for each in sorted(
        map(_kind_in, modules(__name__, __path__, "expectation")), key=lambda kind: (kind.order, kind.kind)
    ):
        if each.kind in found:
            raise TypeError(f"{each.__module__}: the kind {each.kind} is {found[each.kind].__module__}'s already")
        found[each.kind] = each
    return found


def _kind_in(module: str) -> type[Expectation]:
    members = vars(import_module(module)).values()
    own = [each for each in members if isinstance(each, type) and each.__module__ == module]
    found = [each for each in own if issubclass(each, Expectation)]
    if len(found) != 1:
        raise TypeError(f"{module}: one subclass of Expectation is wanted, and there are {len(found)}")
    return found[0]
