"""An unmodified program (dig, curl, traceroute, …) run inside a node to its end, with a deadline."""

from __future__ import annotations

import time
from collections.abc import Sequence
from subprocess import CompletedProcess

from catenet.nodes.control.printable import printable
from catenet.orchestrator.backend.protocols import Container, EngineError, Streams
from catenet.orchestrator.observe.running import condition

__all__ = ["Finished", "ProgramError", "run_program"]

OUTPUT_LIMIT = 16 * 1024 * 1024
"""Bytes of output, of both kinds, that one program may give."""


class ProgramError(EngineError):
    """The program gave no result: its node does not run, or it did not end in time."""


class Finished(CompletedProcess[str]):
    """A program that has ended, as `subprocess.run` gives it: args, returncode, and stdout and stderr as text.

    `stdout_bytes`: what it wrote, as it was; in `stdout` each byte that is no UTF-8 is replaced.
    """

    def __init__(self, args: Sequence[str], returncode: int, stdout: bytes, stderr: bytes) -> None:
        super().__init__(args, returncode, stdout.decode(errors="replace"), stderr.decode(errors="replace"))
        self.stdout_bytes = stdout

    @property
    def last_words(self) -> str:
        """The last line of standard error, or of standard output, or the exit code."""
        lines = (self.stderr.strip() or self.stdout.strip()).splitlines()
        return printable(lines[-1].strip()) if lines else f"exit code {self.returncode}"


def run_program(streams: Streams, container: Container, command: Sequence[str], deadline: float) -> Finished:
    """Run it and wait for its end, at most `deadline` seconds; then it is stopped.

    Raises:
        ProgramError: the node is paused or dead, the program did not end, or it said too much.
        EngineError: the engine does not run it.

    """
    state = condition(container)
    if state != "running":
        raise ProgramError(f"{container.node} is {state}")
    until = time.monotonic() + deadline
    stdout, stderr = bytearray(), bytearray()
    process = streams.execute(container.name, command)
    try:
        while (chunk := process.read(max(0.0, until - time.monotonic()))) is not None:
            number, data = chunk
            (stdout if number == 1 else stderr).extend(data)
            if len(stdout) + len(stderr) > OUTPUT_LIMIT:
                raise ProgramError(f"{command[0]} at {container.node} said more than {OUTPUT_LIMIT} bytes")
        return Finished(command, process.exit_code(), bytes(stdout), bytes(stderr))
    except TimeoutError:
        raise ProgramError(f"{command[0]} at {container.node} did not end within {deadline:g} s") from None
    finally:
        process.close()
