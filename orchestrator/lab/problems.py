"""What is wrong with a lab file, all of it at once: each problem has its line, and a hint where there is one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from pathlib import Path

from catenet.nodes.control.printable import printable
from catenet.orchestrator.lab.model import LabFileError

__all__ = ["LabFileErrors", "Problems", "nearest", "quote"]

PROBLEM_LIMIT = 50
"""So many problems end the reading: more would help nobody, and each costs a search for the nearest word."""

SHOWN = 20
WORD_LIMIT = 60
"""Characters of the user's text that a message repeats."""


class LabFileErrors(LabFileError):  # noqa: N818 - it is several
    """Several problems; `file`, `line` and `message` are those of the first."""

    def __init__(self, errors: Sequence[LabFileError]) -> None:
        first = errors[0]
        super().__init__(first.file, first.line, first.message, first.hint)
        self.errors = tuple(errors)

    def __str__(self) -> str:
        lines = [str(error) for error in self.errors[:SHOWN]]
        if len(self.errors) > SHOWN:
            lines.append(f"{self.file}: and {len(self.errors) - SHOWN} more")
        return "\n".join(lines)


class Problems:
    """Collects what is wrong, so that one run names every mistake."""

    def __init__(self, file: str) -> None:
        self.file = file
        self._found: list[LabFileError] = []

    def add(self, line: int, message: str, hint: str = "") -> None:
        """One more problem. Names in it are the user's: what a terminal would obey in them is replaced.

        Raises:
            LabFileError: there are so many that going on would help nobody.

        """
        self._found.append(LabFileError(self.file, line, printable(message), printable(hint)))
        if len(self._found) >= PROBLEM_LIMIT:
            self.end()

    def add_elsewhere(self, path: str, line: int, message: str, hint: str = "") -> None:
        """One more problem, in a file that lies at that path in the lab's folder: `add` has the rest."""
        file = str(Path(self.file).parent / path)
        self._found.append(LabFileError(printable(file), line, printable(message), printable(hint)))
        if len(self._found) >= PROBLEM_LIMIT:
            self.end()

    def end(self) -> None:
        """All has been read.

        Raises:
            LabFileError: the problems found since the beginning, in the order of their lines, the lab file's first.

        """
        found = sorted(self._found, key=lambda error: (error.file != self.file, error.file, error.line))
        if len(found) == 1:
            raise found[0]
        if found:
            raise LabFileErrors(found)


def quote(value: object) -> str:
    """What the user wrote, short and printable."""
    text = repr(value[: WORD_LIMIT + 1] if isinstance(value, str) else value)
    return text if len(text) <= WORD_LIMIT + 2 else f"{text[:WORD_LIMIT]}…"


def nearest(word: str, known: Iterable[str]) -> str:
    """A hint: the known word that is most like this one, else the known words."""
    words = list(known)
    close = get_close_matches(word[:WORD_LIMIT], words[:500], n=1)
    if close:
        return f"did you mean {close[0]}?"
    shown = ", ".join(words[:12])
    return f"there is: {shown}{', …' if len(words) > 12 else ''}" if words else "there is none"
