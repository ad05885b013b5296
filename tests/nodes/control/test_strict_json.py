"""JSON that others wrote: whatever is read can be written again, and gone through by recursion."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from catenet.nodes.control.config import ConfigError, NodeConfig
from catenet.nodes.control.events import Event
from catenet.nodes.control.questions import Answer, Question, QuestionError
from catenet.nodes.control.strict_json import DEPTH, read_json
from catenet.nodes.control.view import blocks, lay_out

TOO_DEEP = [
    "[" * (DEPTH + 1) + "]" * (DEPTH + 1),
    '{"a":' * (DEPTH + 1) + "1" + "}" * (DEPTH + 1),
    "[" * 100_000,
    "[" * 100_000 + "]" * 100_000,
]
NO_JSON = ["NaN", "-Infinity", "1e999", "[1, NaN]", *TOO_DEEP]


@pytest.mark.parametrize("text", ["[" * DEPTH + "1" + "]" * DEPTH, '{"a":' * DEPTH + "1" + "}" * DEPTH, '"["', "1e308"])
def test_8259_9_up_to_the_limit_all_is_read(text: str) -> None:
    assert read_json(text) == json.loads(text)


@pytest.mark.parametrize("text", NO_JSON)
def test_8259_6_and_9_no_number_and_no_depth_beyond_what_can_be_written_again(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no JSON|out of range|deeper than 64|Expecting"):
        read_json(text)


READERS: list[tuple[Callable[[str], object], type[Exception]]] = [
    (lambda text: Answer.parse(f'{{"ok": true, "answer": {text}}}'.encode()), QuestionError),
    (lambda text: Question.parse(f'{{"ask": "show", "what": {text}}}'.encode()), QuestionError),
    (lambda text: NodeConfig.from_json(f'{{"lab": "l", "node": "a", "interfaces": {text}}}'), ConfigError),
]


@pytest.mark.parametrize(("read", "refusal"), READERS)
@pytest.mark.parametrize("text", [text for text in NO_JSON if len(text) < 60_000])
def test_answers_questions_and_configurations_are_read_so(
    read: Callable[[str], object], refusal: type[Exception], text: str
) -> None:
    with pytest.raises(refusal, match="is no JSON"):
        read(text)


@pytest.mark.parametrize("text", NO_JSON)
def test_a_line_with_other_json_is_no_event(text: str) -> None:
    assert Event.parse(f'x\t{{"at":1,"node":"a","service":"s","kind":"k","text":"","data":{{"x":{text}}}}}') is None


def test_the_deepest_answer_is_shown() -> None:
    answer = Answer.parse(b'{"ok": true, "answer": ' + b'[{"a":' * 30 + b"[[7]]" + b"}]" * 30 + b"}")
    assert "7" in "".join(line for block in blocks(answer.answer, {}) for line in lay_out(block))
