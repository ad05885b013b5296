"""Break and mend, a file each verb: cut and heal a LAN; kill, pause, resume and start a node.

verb    what every verb is, and what it may do: Verb, Flag, Hands, Outcome
cut, heal, kill, pause, resume, start

To add a verb, add one file with one VERB. Nothing else names it. This folder lies below the lab file's reader, which
asks it; operations/ carries the verbs out.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib import import_module

from catenet.orchestrator.faults.verb import Verb
from catenet.orchestrator.listing import modules

__all__ = ["verbs"]


@lru_cache(maxsize=1)
def verbs() -> Mapping[str, Verb]:
    """Every verb by its name, those on LANs first, found by listing this folder.

    Raises:
        TypeError: a file has no VERB; a verb has a name or a flag of another, or names a verb that there is not.

    """
    found: dict[str, Verb] = {}
    for verb in sorted(map(_verb_in, modules(__name__, __path__, "verb")), key=lambda verb: (verb.on, verb.name)):
        if verb.name in found:
            raise TypeError(f"the verb {verb.name} is another file's already")
        found[verb.name] = verb
    flags: set[str] = set()
    for verb in found.values():
        unknown = {verb.undone_by, verb.instead} - {"", *found}
        if unknown:
            raise TypeError(f"verb {verb.name}: there is no verb {unknown.pop()}")
        for flag in verb.flags:
            if flag.name in flags:
                raise TypeError(f"verb {verb.name}: the flag {flag.name} is another verb's already")
            flags.add(flag.name)
    return found


def _verb_in(module: str) -> Verb:
    verb = getattr(import_module(module), "VERB", None)
    if not isinstance(verb, Verb):
        raise TypeError(f"{module}: it has no VERB, which is a Verb")
    return verb
