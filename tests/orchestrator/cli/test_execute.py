"""`catenet exec` on the small lab in memory."""

from __future__ import annotations

import sys
import threading

import pytest

from catenet.orchestrator.backend.fake import FakeExec


class PatientExec(FakeExec):
    """A program that waits for the end of its input."""

    def __init__(self, *arguments, **options) -> None:
        super().__init__(*arguments, **options)
        self.ended = threading.Event()

    def end_input(self):
        super().end_input()
        self.ended.set()

    def read(self, timeout=None):
        self.ended.wait()
        return super().read(timeout)


class TestExec:
    @pytest.mark.parametrize(
        ("words", "program"),
        [
            (["exec", "a", "ls", "-l", "--lab", "x"], ["ls", "-l", "--lab", "x"]),
            (["exec", "a", "--", "ls", "-h"], ["ls", "-h"]),
            (["exec", "--lab", "small", "a", "sh", "-c", "a; b"], ["sh", "-c", "a; b"]),
        ],
    )
    def test_streams_and_exit_code_are_the_programs(  # noqa: PLR0917 - fixtures
        self, catenet, small, monkeypatch, tmp_path, words, program
    ):
        seen = []

        def execute(name, command, *, stdin=False, tty=False):
            seen.append((name, list(command), stdin, tty))
            return PatientExec(lambda given: (3, given, b"not a word\n"), stdin=stdin)

        monkeypatch.setattr(small.engine, "execute", execute)
        (tmp_path / "input").write_bytes(b"one\ntwo")
        with (tmp_path / "input").open() as given:
            monkeypatch.setattr(sys, "stdin", given)
            assert catenet(*words) == (3, "one\ntwo", "not a word\n")
        ((name, command, stdin, tty),) = seen
        assert (name, command[0], command[2:], stdin, tty) == ("small-a", "env", program, True, False)
