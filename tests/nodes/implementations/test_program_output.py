"""What a program prints is hostile input: it becomes events of its own, and never the node's."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catenet.nodes.implementations.program_output import ProgramOutput
from catenet.nodes.machine import Report
from catenet.nodes.runtime.lines import LINE_LIMIT, LineSplitter


def test_lines_in_any_slicing() -> None:
    lines = LineSplitter()
    assert lines.feed(b"one\ntw") == ["one"]
    assert lines.feed(b"o\r\n\nlast") == ["two", ""]
    assert (lines.end(), lines.end()) == (["last"], [])


def test_an_endless_line_is_cut_once_and_what_follows_is_read() -> None:
    lines = LineSplitter()
    found = [line for _ in range(1000) for line in lines.feed(b"x" * 1000)]
    assert found == ["x" * LINE_LIMIT + "…"]
    assert lines.feed(b"yyy\nready\n") == ["ready"]


@given(st.lists(st.binary(max_size=50)))
def test_binary_is_text_of_some_kind(chunks: list[bytes]) -> None:
    lines, kinds = LineSplitter(), ProgramOutput()
    found = [line for chunk in chunks for line in lines.feed(chunk)] + lines.end()
    assert len(found) in (b"".join(chunks).count(b"\n"), b"".join(chunks).count(b"\n") + 1)
    for line in found:
        kinds.read(line, "stdout")


def test_an_event_of_its_own() -> None:
    line = json.dumps({"kind": "rip.table", "text": "new", "data": {"prefix": "10.0.0.0/8"}})
    assert ProgramOutput().read(line, "stdout") == Report("rip.table", "new", {"prefix": "10.0.0.0/8"})
    assert ProgramOutput().read('{"kind": "rip.table", "text": "new"}', "stdout") == Report("rip.table", "new", {})


@pytest.mark.parametrize(
    "line",
    [
        '{"kind": "node.failed", "text": "so there"}',
        '{"kind": "node.ready", "text": ""}',
        '{"kind": "service.failed", "text": "", "data": {"retry": null}}',
        '{"kind": "route.changed", "text": "", "data": {"prefix": "10.0.0.0/8", "cost": 1}}',
        '{"kind": "link.down", "text": ""}',
        '{"kind": "events.dropped", "text": ""}',
        '{"kind": "one", "text": ""}',
        '{"kind": "A.B", "text": ""}',
        '{"kind": "rip.x", "text": 1}',
        '{"kind": "rip.x", "text": "", "data": []}',
        '{"kind": "rip.x", "text": "", "data": {"n": NaN}}',
        '{"kind": "rip.x", "text": "", "data": {"n": [-1e999]}}',
        '{"kind": "rip.x", "text": "", "node": "b"}',
        '{"kind": "rip.x"',
        "[" * 5000,
        '{"kind":' * 1000,
    ],
)
def test_what_is_no_event_of_a_program_is_only_what_it_said(line: str) -> None:
    event = ProgramOutput().read(line, "stdout")
    assert event is not None
    assert (event.kind, event.text) == ("service.said", line[:1000])


def test_the_number_of_its_kinds_is_bounded() -> None:
    kinds = ProgramOutput()
    said = [kinds.read(json.dumps({"kind": f"rip.k{number}", "text": ""}), "stdout") for number in range(100)]
    assert len({event.kind for event in said if event is not None}) == 41
    again = kinds.read('{"kind": "rip.k0", "text": ""}', "stdout")
    assert again is not None
    assert again.kind == "rip.k0"


def test_standard_error_has_no_events() -> None:
    event = ProgramOutput().read('{"kind": "rip.x", "text": "x"}', "stderr")
    assert event is not None
    assert (event.kind, event.data) == ("service.said", {"stream": "stderr"})
    assert ProgramOutput().read("   ", "stderr") is None
