"""An unmodified program (dig, curl, traceroute, …) run inside a node to its end, with a deadline."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from catenet.orchestrator.backend.protocols import Container, EngineError, Streams
from catenet.orchestrator.observe.running import condition

__all__ = ["Finished", "ProgramError", "run_program"]

OUTPUT_LIMIT = 16 * 1024 * 1024
"""Bytes of output, of both kinds, that one program may give."""


class ProgramError(EngineError):
    """The program gave no result: its node does not run, or it did not end in time."""


@dataclass(frozen=True, slots=True)
class Finished:
    """What a program that has ended left."""

    code: int
    output: bytes
    complaint: bytes

    @property
    def text(self) -> str:
        """Its standard output."""
        return self.output.decode(errors="replace")

    @property
    def last_words(self) -> str:
        """The last line of standard error, or of standard output, or the exit code."""
        lines = (self.complaint.strip() or self.output.strip()).decode(errors="replace").splitlines()
        return lines[-1].strip() if lines else f"exit code {self.code}"


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
    output, complaint = bytearray(), bytearray()
    process = streams.execute(container.name, command)
    try:
        while (chunk := process.read(max(0.0, until - time.monotonic()))) is not None:
            number, data = chunk
            (output if number == 1 else complaint).extend(data)
            if len(output) + len(complaint) > OUTPUT_LIMIT:
                raise ProgramError(f"{command[0]} at {container.node} said more than {OUTPUT_LIMIT} bytes")
        return Finished(process.exit_code(), bytes(output), bytes(complaint))
    except TimeoutError:
        raise ProgramError(f"{command[0]} at {container.node} did not end within {deadline:g} s") from None
    finally:
        process.close()
