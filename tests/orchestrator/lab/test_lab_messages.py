"""Wrong values under every word: each mistake is said in the words of a lab file, at its line, once.

The words are those of the vocabulary, and the options those that the services' dataclasses have: what joins them later
is judged here without a change.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_lab_files_hostile import TREES, flow
from test_lab_schema import WHOLE, places

from catenet.nodes.catalogue import choices, options_class
from catenet.nodes.control.implementation import IMPLEMENTATION
from catenet.orchestrator.checks import kinds
from catenet.orchestrator.lab.kinds import check_words, kind_words
from catenet.orchestrator.lab.load import parse
from catenet.orchestrator.lab.model import LabFileError
from catenet.orchestrator.lab.vocabulary import LAN, MEASURE, NODE, ROUTE, TOP, moment_words

OF_A_LIBRARY = re.compile(
    r"\b(None|True|False|dict|dictionary|tuple|str|string|int|integer|float|bool|Item|mappingproxy|argument|pydantic)\b"
    r"|[Ii]nput should|Traceback|<class|object at 0x|Error\b"
)
"""What a Python programmer would say."""

VALUES = (
    *("x", "", "5s", "off", "a", "l", "10.0.0.1", "\x1b[31m", "é"),
    *(5, -1, 1.5, 1e300, 10**40, True, False, None),
    *([], ["a"], [5], [None], [["a"]], ["a", "a"], [{}]),
    *({}, {"a": "b"}, {"a": 1}, {"a": ["x"]}, {"a": None}, {"l": 1}, {"l": {"m": "n"}}, {"\x1b[31m": [5]}),
    *({"md5": 1}, {"md5": {}}, {"md5": ["a"]}, {"md5": {"1": 2}}, {"password": 12345}, {"a": "b", "c": "d"}),
)
NEEDED = {
    "nameserver": {"zones": ["root"]},
    "web": {"root": "x"},
    "nat": {"outside": "o"},
    "supernode": {"secret": "a good one"},
}
OPTIONS = [(service, option) for service in choices() for option in (*options_class(service).__slots__, IMPLEMENTATION)]


def said(text: str) -> list[tuple[int, str]]:
    """(Line, message) of each mistake."""
    try:
        parse(text.encode("utf-8", "surrogatepass"), "f")
    except LabFileError as error:
        lines = str(error).splitlines()
        for line in lines:
            assert line.isprintable()
            assert not OF_A_LIBRARY.search(line), line
        return [(int(line.split(":")[1]), line) for line in lines]
    return []


def options_without_a_default(service: str) -> list[str]:
    options = fields(options_class(service))
    return [each.name for each in options if each.default is MISSING and each.default_factory is MISSING]


def lab_with(service: str, options: Mapping[str, object]) -> str:
    """A lab whose option of that service stands alone on line 7."""
    needed = NEEDED.get(service, dict.fromkeys(options_without_a_default(service), "x"))
    rest = {key: value for key, value in needed.items() if key not in options}
    written = [f"        {key}: {flow(value)}" for key, value in {**options, **rest}.items()]
    return "\n".join(
        ["lans: {l: {}, o: {}}", "nodes:", "  a:", "    lans: [l, o]", "    services:", f"      {service}:", *written]
    )


@pytest.mark.parametrize(("service", "option"), OPTIONS)
def test_a_wrong_value_of_an_option_is_said_once_at_its_line(service: str, option: str) -> None:
    for value in VALUES:
        found = said(lab_with(service, {option: value}))
        assert len(found) <= mistakes(value), found
        assert all(line == 7 and (option in message or "key" in message) for line, message in found), found


def mistakes(value: object) -> int:
    """How many there can be in it: one for each key and each value that lies innermost."""
    if isinstance(value, Mapping):
        return max(1, sum(1 + mistakes(child) for child in value.values()))
    if isinstance(value, list):
        return max(1, sum(map(mistakes, value)))
    return 1


def test_what_may_stand_there_is_said_once_of_a_choice_of_forms() -> None:
    """Of an option that may be a word or a mapping, not a message for each of the two."""
    assert said(lab_with("resolver", {"hints": ["s1"]})) == [
        (7, "f:7: node a: resolver: hints is a list, and should be the word lab, or {NAME: ADDRESS}")
    ]


def test_the_word_that_is_nearly_right_is_hinted() -> None:
    assert "did you mean lab?" in said(lab_with("resolver", {"hints": "labs"}))[0][1]
    assert "did you mean poisoned?" in said(lab_with("rip", {"split_horizon": "poison"}))[0][1]
    assert "did you mean static?" in said(lab_with("rip", {"redistribute": ["statik"]}))[0][1]


def test_no_message_repeats_a_secret() -> None:
    keys = (12345, "12345" * 9, {"secret": 12345}, {"hex": "12345"}, {"secret": "12345", "from": "soon"})
    for wrong in ("12345", 12345, {"password": 12345}, {"password": [12345]}, *({"md5": {"1": key}} for key in keys)):
        messages = said(lab_with("rip", {"auth": wrong}))
        assert messages and not any("12345" in message for _, message in messages)


def test_a_mistake_inside_an_option_has_its_own_line() -> None:
    """Of options over several lines: a value of the wrong form, and one of which the service's own check complains."""
    text = """\
lans: {l: {}, m: {}}
nodes:
  a:
    lans: [l, m]
    services:
      rip:
        cost:
          l: 2
          m: {}
        redistribute:
          - static
          - dynamic
      resolver:
        hints:
          ns.example: 10.0.0.1
          ns2.example: 10.0.0.x
"""
    assert [line for line, _ in said(text)] == [9, 12, 16]


def test_a_default_is_judged_where_it_stands() -> None:
    text = "defaults:\n  rip:\n    update: 2s\n    tag: x\nlans: {l: {}}\nnodes: {a: {lans: [l], services: [rip]}}\n"
    assert said(text) == [(4, "f:4: defaults: rip: tag is 'x', and should be a whole number")]


def tables() -> Iterator[tuple[str, str, str]]:
    """(Where, word, the file's text with VALUE in the word's place)."""
    base = "lans: {l: {}}\nnodes: {a: {lans: [l]}}\n"
    cut = "timeline:\n- {at: 1s, cut: l}\n"
    for word in TOP:
        text = f"{base}{cut}" if word == "measure" else base
        yield (
            "top",
            word,
            "".join(f"{line}\n" for line in text.splitlines() if not line.startswith(word)) + f"{word}: VALUE",
        )
    for word in LAN:
        yield "LAN", word, f"nodes: {{a: {{lans: [l]}}}}\nlans: {{l: {{{word}: VALUE}}}}"
    for word in NODE:
        lans = "" if word == "lans" else "lans: [l], "
        yield "node", word, f"lans: {{l: {{}}}}\nnodes: {{a: {{{lans}{word}: VALUE}}}}"
    for word in ROUTE:
        other = "via: a" if word == "to" else "to: 10.9.0.0/24"
        yield (
            "route",
            word,
            f"{base}  b:\n    lans: [l]\n    routes: [{{{other}, {word}: VALUE}}]".replace(
                "nodes: {a: {lans: [l]}}", "nodes:\n  a: {lans: [l]}"
            ),
        )
    yield from (
        (f"check {kind}", word, f"{base}checks:\n- {kind}: {{{word}: VALUE}}")
        for kind in kinds()
        for word in kind_words(kinds()[kind])
    )
    for word in check_words():
        ping = "" if word in kinds() else "ping: {from: a, to: a}, "
        yield "check", word, f"{base}checks:\n- {{{ping}{word}: VALUE}}"
    for word in moment_words():
        rest = {"at": "cut: l, ", "silent": "at: 1s, cut: l, "}.get(word, "at: 1s, ")
        rest += "expect: {ping: {from: a, to: a}}, " if word in ("within", "claim") else ""
        yield "moment", word, f"{base}timeline:\n- {{{rest}{word}: VALUE}}"
    for word in MEASURE:
        yield "measure", word, f"{base}{cut}measure:\n- {{{word}: VALUE}}"


@pytest.mark.parametrize(
    ("where", "word", "text"), [pytest.param(*each, id=f"{each[0]}-{each[1]}") for each in tables()]
)
def test_a_wrong_value_of_a_word_is_said_at_its_line(where: str, word: str, text: str) -> None:
    """Words that are needed and missing are said too, of the same line; a file that lacks nothing has one message."""
    last = text.count("\n") + 1
    for value in VALUES:
        found = said(text.replace("VALUE", flow(value)))
        assert all(line in (last, 1) for line, _ in found), found
        about = [message for line, message in found if line == last and "is missing" not in message]
        assert len(about) <= mistakes(value), about


@settings(max_examples=300)
@given(st.data())
def test_any_value_in_any_place(data: st.DataObject) -> None:
    """A lab that has every word, with one value otherwise."""
    tree = copy.deepcopy(WHOLE)
    path = data.draw(st.sampled_from([path for path in places(tree) if path]))
    at: Any = tree
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = data.draw(TREES | st.sampled_from(VALUES))
    said(flow(tree))
