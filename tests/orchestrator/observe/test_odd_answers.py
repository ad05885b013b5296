"""What is in a node may say anything to who asks from outside: it is not obeyed, not believed, and ends nothing."""

from __future__ import annotations

import pytest

from catenet.nodes.control.questions import Answer, Question
from catenet.nodes.machine import Json
from catenet.orchestrator.backend.protocols import EngineError
from catenet.orchestrator.capture.capture_points import find_capture_points
from catenet.orchestrator.lab.load import load
from catenet.orchestrator.observe.ask import ask
from catenet.orchestrator.observe.program import run_program
from catenet.orchestrator.operations.drift import find_drift
from catenet.orchestrator.pictures.live import live_picture

LINK = {"lan": "lan1", "interface": "eth0", "hardware": "02:42:0a:00:01:01", "up": True}


def saying(small, *, output: bytes, complaint: bytes = b"", code: int = 0):
    small.engine.answer = lambda container, command, given: (code, output, complaint)
    return small


def test_an_error_of_a_node_is_one_line_without_what_a_terminal_would_obey() -> None:
    assert Answer.parse(b'{"ok": false, "error": "no \\u001b[2J\\nway"}') == Answer(error="no ?[2J?way")


def test_neither_is_it_where_its_door_is_closed(small) -> None:
    saying(small, output=b"", complaint=b"nc: \x1b[2J\n", code=1)
    answer = ask(small.engine, small.container("a"), Question("status"))
    assert answer.error == "its control socket is not open (nc: ?[2J)"


def test_nor_are_the_last_words_of_a_program(small) -> None:
    saying(small, output=b"", complaint=b"one\nno \x1b[2J\n", code=1)
    assert run_program(small.engine, small.container("a"), ["dig"], 200).last_words == "no ?[2J"


@pytest.mark.parametrize(
    "odd",
    [
        {"interface": "eth0", "hardware": "02:42:0a:00:01:01"},
        {**LINK, "lan": 7},
        {**LINK, "hardware": None},
        {**LINK, "hardware": "02:42:0a:00:01:0z"},
        {**LINK, "hardware": "02:42:0a:00:01:01 or ip"},
        {**LINK, "interface": "eth0 -w /x"},
        {**LINK, "interface": 1},
        7,
    ],
)
def test_what_is_no_interface_is_not_captured(small, odd: Json) -> None:
    """Its words would be arguments of tcpdump's."""
    saying(small, output=bytes(Answer([odd])))
    with pytest.raises(EngineError, match="does not say which interfaces it has"):
        find_capture_points(small.engine, small.running, ["a"])


def test_an_address_that_is_none_is_left_out_of_the_picture(small) -> None:
    (small.running.file).unlink()  # else the picture has the lab file's own
    odd: list[Json] = [{**LINK, "lan": lan, "address": "10.0.0"} for lan in small.running.lans]
    saying(small, output=bytes(Answer({"ready": True, "interfaces": odd})))
    assert {end.address for lan in live_picture(small.engine, small.running).lans for end in lan.ends} == {""}


def test_a_look_into_a_node_survives_lines_that_no_tool_prints(small) -> None:
    saying(small, output=b"state x\naddr\naddr 2: eth0\nroute\nprogram \x1b[2J\nlink\n\xff\n")
    look = find_drift(small.engine, small.container("a"), load(small.running.file))
    assert "program ?[2J" in look.found
    assert "address 2: eth0" in look.found
