"""A check, or what a verb is given, written in a program: the same words as in the lab file, and the same mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from catenet.nodes.address import Address, Prefix
from catenet.orchestrator.faults.verb import Verb
from catenet.orchestrator.lab.checks import ChecksReader
from catenet.orchestrator.lab.document import DEPTH_LIMIT, Item
from catenet.orchestrator.lab.model import Check, Lab, LabFileError
from catenet.orchestrator.lab.problems import Problems, quote
from catenet.orchestrator.lab.reader import Reader
from catenet.orchestrator.lab.verb_options import read_options

__all__ = ["ExpectationError", "read_duration", "read_expectation", "read_given"]


class ExpectationError(ValueError):
    """The words of a check, or beside a verb, are wrong: the mistake of whoever wrote the program."""


def read_expectation(lab: Lab, words: Mapping[str, object]) -> Check:
    """`{"routes": {"at": "a", "to": "lan-c", "via": "link1", "cost": 2}, "within": "20s"}` → the check.

    Raises:
        ExpectationError: a word is unknown or missing, or names what the lab has not; it says all of that at once.

    """
    problems = Problems("")
    places = {name: [each.lan for each in node.attachments] for name, node in lab.nodes.items()}
    try:
        (check,) = ChecksReader(lab.lans, places, Reader(problems)).checks(_item([words], "check")) or (None,)
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
        seconds = Reader(problems).duration(_item(text, what), what)
        problems.end()
    except LabFileError as error:
        raise _without_places(error) from None
    assert seconds is not None
    return seconds


def read_given(verb: Verb, given: Mapping[str, object]) -> Any:
    """`{"delay": "20ms"}` → the verb's options; those that it has not are left out.

    Raises:
        ExpectationError: a value is wrong; the text names verb, option and value.

    """
    problems = Problems("")
    try:
        section = {name: _item(value, name) for name, value in given.items()}
        options = read_options(verb.options, section, verb.name, Reader(problems))
        problems.end()
    except LabFileError as error:
        raise _without_places(error) from None
    return options


def _without_places(error: LabFileError) -> ExpectationError:
    """The same words without the file and line that there are none of."""
    each = getattr(error, "errors", (error,))
    return ExpectationError("\n".join(f"{one.message}{f' ({one.hint})' if one.hint else ''}" for one in each))


def _item(value: object, what: str, depth: int = 0) -> Item:
    """What a program gave, as if it stood in a file."""
    if depth > DEPTH_LIMIT:
        raise ExpectationError(f"{what}: nested deeper than {DEPTH_LIMIT} levels")
    if isinstance(value, Address | Prefix):
        return Item(str(value), 0)
    if isinstance(value, Mapping):
        return Item({str(key): _item(child, str(key), depth + 1) for key, child in value.items()}, 0)
    if isinstance(value, list | tuple):
        return Item(tuple(_item(child, what, depth + 1) for child in value), 0)
    if isinstance(value, str | bool | int | float | None):
        return Item(value, 0)
    raise ExpectationError(f"{what}: {quote(value)} is no text, number, list or mapping, as a lab file has them")
