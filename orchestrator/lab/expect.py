"""A check that is written in a program: the same words as under `checks:` of the lab file, and the same mistakes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from catenet.orchestrator.lab.checks import ChecksReader
from catenet.orchestrator.lab.document import Item
from catenet.orchestrator.lab.model import Check, Lab, LabFileError
from catenet.orchestrator.lab.problems import Problems
from catenet.orchestrator.lab.reader import Reader

__all__ = ["ExpectationError", "read_duration", "read_expectation"]


class ExpectationError(ValueError):
    """The words of a check are wrong: the mistake of whoever wrote the program."""


def read_expectation(lab: Lab, words: Mapping[str, object]) -> Check:
    """`{"routes": {"at": "a", "to": "lan-c", "via": "link1", "cost": 2}, "within": "20s"}` → the check.

    Raises:
        ExpectationError: a word is unknown or missing, or names what the lab has not; it says all of that at once.

    """
    problems = Problems("")
    places = {name: [each.lan for each in node.attachments] for name, node in lab.nodes.items()}
    try:
        (check,) = ChecksReader(lab.lans, places, Reader(problems)).checks(_item([words])) or (None,)
        problems.end()
    except LabFileError as error:
        raise _without_places(error) from None
    assert check is not None  # else there was a problem
    return check


def read_duration(text: object, what: str) -> float:
    """`"20s"` → seconds.

    Raises:
        ExpectationError: it is no duration.

    """
    problems = Problems("")
    try:
        seconds = Reader(problems).duration(_item(text), what)
        problems.end()
    except LabFileError as error:
        raise _without_places(error) from None
    assert seconds is not None
    return seconds


def _without_places(error: LabFileError) -> ExpectationError:
    """The same words without the file and line that there are none of."""
    each = getattr(error, "errors", (error,))
    return ExpectationError("\n".join(f"{one.message}{f' ({one.hint})' if one.hint else ''}" for one in each))


def _item(value: object) -> Item:
    if isinstance(value, Mapping):
        return Item({str(key): _item(child) for key, child in value.items()}, 0)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return Item(tuple(_item(child) for child in value), 0)
    return Item(value if isinstance(value, bool | int | float | None) else str(value), 0)
