"""Who does a service's work: the word `implementation` of a lab file, parsed."""

from __future__ import annotations

import re
from typing import NamedTuple

__all__ = ["IMPLEMENTATION", "OURS", "Implementation"]

IMPLEMENTATION = "implementation"
"""The word beside a service's options that says who does the work."""

_OURS = "catenet"
_OWN_FOLDER = "own_program"
_PATH_BEGINS = "./"
_PATH = re.compile(r"\./[A-Za-z0-9_+@][A-Za-z0-9._+@-]*(?:/[A-Za-z0-9_+@][A-Za-z0-9._+@-]*)*")


class Implementation(NamedTuple):
    """One of three: `name` is that of a folder in nodes/implementations (frr), `path` that of a program of the user's
    own, relative to the lab's folder (./my-rip); where both are empty, it is ours. str() is the word.
    """

    name: str = ""
    path: str = ""

    def __str__(self) -> str:
        return self.path or self.name or _OURS

    @classmethod
    def parse(cls, word: str) -> Implementation:
        """Whether there is such a folder is for the catalogue to say, whether there is such a program for the lab.

        Raises:
            ValueError: nothing, or a path that may not be one; the text says what may be there.

        """
        if word == _OURS:
            return OURS
        if word and not word.startswith(_PATH_BEGINS):
            return cls(name=word)
        if _PATH.fullmatch(word) is None or ".." in word:
            raise ValueError(
                "like ./my-rip: a file or folder beside the lab file; letters, digits and . _ + @ - in its name"
            )
        return cls(path=word)

    @property
    def folder(self) -> str:
        """Its folder in nodes/implementations; empty: it is ours, and has none."""
        return _OWN_FOLDER if self.path else self.name


OURS = Implementation()
"""Our own daemons."""
