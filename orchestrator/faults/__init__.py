"""Break and mend, a file each verb: cut, impair and heal a LAN; kill, pause, resume and start a node.

verb      what every verb is, and what it may do: Verb, LabControl, Outcome
option    what a verb may be given beside its target: Option, and how values are written
impairment    what a LAN may suffer, in words: a lab file has them too
cut, impair, heal, kill, pause, resume, start

To add a verb, add one file with one VERB. Nothing else names it. This folder lies below the lab file's reader, which
asks it; operations/ carries the verbs out.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib import import_module

from catenet.orchestrator.faults.option import fields
from catenet.orchestrator.faults.verb import Verb
from catenet.orchestrator.listing import modules

__all__ = ["mending", "verbs"]

_TAKEN = frozenset(("at", "expect", "within", "claim", "verb", "target", "targets", "lab", "json", "help"))
"""Words that stand beside a verb already: in a timeline, on the command line, or in a test."""


@lru_cache(maxsize=1)
def verbs() -> Mapping[str, Verb]:
    """Every verb by its name, those on LANs first, found by listing this folder.

    Raises:
        TypeError: a file has no VERB; a verb has a name or an option of another, or names a verb that there is not.

    """
    found: dict[str, Verb] = {}
    files = modules(__name__, __path__, "verb", "option", "impairment")
    for verb in sorted(map(_verb_in, files), key=lambda verb: (verb.on, verb.name)):
        if verb.name in found:
            raise TypeError(f"the verb {verb.name} is another file's already")
        found[verb.name] = verb
    taken = {*_TAKEN, *found}
    for verb in found.values():
        unknown = {verb.undone_by, verb.instead} - {"", *found}
        if unknown:
            raise TypeError(f"verb {verb.name}: there is no verb {unknown.pop()}")
        for option in (field.name for field in fields(verb.options)):
            if option in taken:
                raise TypeError(f"verb {verb.name}: the option {option} is a word of something else already")
            taken.add(option)
    return found


def mending(on: str, target: str, state: str) -> str:
    """The command that mends a LAN or a node (`on`) of which `status` says that word: `catenet resume b`."""
    breaking = (verb for verb in verbs().values() if verb.breaks and verb.on == on)
    verb = next((verb.undone_by for verb in breaking if verb.may_leave(state)), "")
    return f"catenet {verb} {target}" if verb else "catenet reset"


def _verb_in(module: str) -> Verb:
    verb = getattr(import_module(module), "VERB", None)
    if not isinstance(verb, Verb):
        raise TypeError(f"{module}: it has no VERB, which is a Verb")
    return verb
