"""Joins this process's terminal, or its pipes, to a program inside a node."""

from __future__ import annotations

import os
import signal
import sys
import termios
import threading
import tty
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress

from catenet.orchestrator.backend.protocols import Container, EngineError, Exec, Streams
from catenet.orchestrator.observe.running import UserError, condition

__all__ = ["run_inside"]

CHUNK = 65536


def run_inside(engine: Streams, container: Container, command: Sequence[str]) -> int:
    """Runs the program to its end; its exit code.

    Raises:
        UserError: the node is paused or dead.
        EngineError: the engine did not run it.

    """
    _must_run(container)
    terminal = sys.stdin.isatty() and sys.stdout.isatty()
    program = engine.execute(container.name, command, stdin=True, tty=terminal)
    try:
        with _raw_terminal(program) if terminal else nullcontext():
            threading.Thread(target=_feed, args=(program,), daemon=True).start()
            _copy_output(program)
        return program.exit_code()
    finally:
        program.close()


def _must_run(container: Container) -> None:
    cure = "resume" if container.state == "paused" else "start"
    if container.state != "running":
        raise UserError(f"{container.node} is {condition(container)}: catenet {cure} {container.node}")


def _feed(program: Exec) -> None:
    """Our standard input, as it comes, is the program's."""
    with suppress(EngineError, OSError):  # the program has ended first
        while data := os.read(sys.stdin.fileno(), CHUNK):
            program.write(data)
        program.end_input()


def _copy_output(program: Exec) -> None:
    while (chunk := program.read()) is not None:
        number, data = chunk
        out = sys.stdout.buffer if number == 1 else sys.stderr.buffer
        out.write(data)
        out.flush()


@contextmanager
def _raw_terminal(program: Exec) -> Iterator[None]:
    """Every key goes to the program, Ctrl-C too, and the program's terminal has the size of ours."""

    def resize(*_: object) -> None:
        with suppress(EngineError, OSError):  # it has ended
            size = os.get_terminal_size(sys.stdin.fileno())
            program.resize(size.lines, size.columns)

    before = termios.tcgetattr(sys.stdin)
    handler = signal.signal(signal.SIGWINCH, resize)
    try:
        tty.setraw(sys.stdin)
        resize()
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)
        signal.signal(signal.SIGWINCH, handler)
