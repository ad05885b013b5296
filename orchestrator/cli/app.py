"""Runs one command line, and says what becomes of errors: exit 2, 3, 70, 130 (SIGTERM: 143, SIGHUP: 129)."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from catenet.nodes.control.printable import printable_lines
from catenet.orchestrator.cli.verbs import overview

if TYPE_CHECKING:
    from catenet.orchestrator.backend.protocols import Engine

__all__ = ["run"]

_HELP: tuple[list[str], ...] = ([], ["-h"], ["--help"])
_ASKING = "_CATENET_COMPLETE"  # the variable by which a shell's script asks what could come next
_FULL = (errno.ENOSPC, errno.EDQUOT)

USER, ENGINE, BUG, INTERRUPTED = 2, 3, 70, 130
"""Exit codes: the user's mistake; the engine's; ours (EX_SOFTWARE of sysexits.h); Ctrl-C."""


def run(arguments: Sequence[str], connect: Callable[[], Engine] | None = None) -> int:
    """Runs one command line and returns its exit code. `connect` gives another engine than Docker."""
    try:
        code = _run(list(arguments), connect)
        sys.stdout.flush()
        return code
    except SystemExit as end:
        if isinstance(end.__context__, BrokenPipeError):  # click makes its own end of it
            _drop_output()
            return 0
        return end.code if isinstance(end.code, int) else 1
    except BrokenPipeError:
        _drop_output()
        return 0
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:
        if isinstance(error, OSError) and error.errno in _FULL:
            _drop_output()
            what = error.filename or "standard output"
            return _fail(error, f"catenet: {what} cannot be written: {error.strerror}", USER)
        return _fail(error, *_explain(error))


def _run(arguments: list[str], connect: Callable[[], Engine] | None) -> int:
    if arguments in _HELP and _ASKING not in os.environ:
        print(overview())
        return 0
    from catenet.orchestrator.cli.completion import answer
    from catenet.orchestrator.cli.context import connecting
    from catenet.orchestrator.cli.parser import application, dispatch

    with connecting(connect):
        return answer(application) if _ASKING in os.environ else dispatch(arguments)


def _explain(error: Exception) -> tuple[str, int]:
    """What the user is told, and the exit code. Their rooms are imported only here: the help needs none of them."""
    from catenet.orchestrator.backend.protocols import EngineError
    from catenet.orchestrator.lab.find import UnknownLabError
    from catenet.orchestrator.lab.model import LabFileError
    from catenet.orchestrator.observe.running import UserError

    if isinstance(error, LabFileError):  # file:line: message, a line each, as editors read it
        return str(error), USER
    if isinstance(error, UserError | UnknownLabError):
        return f"catenet: {error}", USER
    if isinstance(error, EngineError):
        return f"catenet: {error}", ENGINE
    return f"catenet: a fault of its own: {error!r} (CATENET_DEBUG=1 shows where)", BUG


def _fail(error: Exception, message: str, code: int) -> int:
    if os.environ.get("CATENET_DEBUG") == "1":
        import traceback

        traceback.print_exception(error)
    with suppress(OSError):  # standard error cannot be written: the exit code says it all the same
        print(printable_lines(message), file=sys.stderr)  # words of a node, of the engine, of a file may be in it
    return code


def _drop_output() -> None:
    """The reader of our output has gone (`| head`): what is still buffered goes nowhere, silently."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
