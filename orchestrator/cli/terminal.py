"""Joins this process's terminal, or its pipes, to a program inside a node."""

from __future__ import annotations

import os
import secrets
import signal
import sys
import termios
import threading
import tty
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress

from catenet.orchestrator.backend.protocols import Container, EngineError, Exec, Streams
from catenet.orchestrator.observe.running import must_run

__all__ = ["run_inside"]

CHUNK = 65536


def run_inside(engine: Streams, container: Container, command: Sequence[str]) -> int:
    """Runs the program to its end; its exit code. If we end first (Ctrl-C, a reader that has gone), it is ended too.

    Raises:
        UserError: the node is paused or dead.
        EngineError: the engine did not run it.

    """
    must_run(container)
    terminal = sys.stdin.isatty() and sys.stdout.isatty()
    mark = f"CATENET_EXEC={secrets.token_hex(8)}"
    program = engine.execute(container.name, ["env", mark, *command], stdin=True, tty=terminal)
    ended = False
    try:
        with _raw_terminal(program) if terminal else nullcontext():
            threading.Thread(target=_feed, args=(program,), daemon=True).start()
            _copy_output(program)
            ended = True
        return program.exit_code()
    finally:
        program.close()
        if not ended:
            _end(engine, container, mark)


def _end(engine: Streams, container: Container, mark: str) -> None:
    """Ends what runs with this mark: to hang up is not enough, the engine lets a program run on without its streams."""
    script = f"grep -ls {mark} /proc/[0-9]*/environ | cut -d/ -f3 | xargs -r kill"
    with suppress(EngineError):  # the node has died
        program = engine.execute(container.name, ["sh", "-c", script])
        with suppress(TimeoutError):
            program.read(1.0)
        program.close()


def _feed(program: Exec) -> None:
    """Our standard input, as it comes, is the program's."""
    with suppress(EngineError, OSError, ValueError):  # the program has ended first, or our input is closed
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
