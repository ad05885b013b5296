"""The table of verbs, and what becomes of errors. To add a verb: one file with one function, one line in VERBS."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import typer

from catenet.orchestrator.backend.protocols import Engine, EngineError
from catenet.orchestrator.cli.context import connecting
from catenet.orchestrator.lab.find import UnknownLabError
from catenet.orchestrator.lab.model import LabFileError
from catenet.orchestrator.observe.running import UserError, unknown

__all__ = ["VERBS", "run"]

VERBS: dict[str, dict[str, str]] = {
    "Labs": {
        "labs": "labs:labs",
        "validate": "validate:validate",
        "up": "up:up",
        "down": "down:down",
        "check": "check:check",
        "play": "play:play",
    },
    "Look into a running lab": {
        "status": "status:status",
        "show": "show:show",
        "logs": "logs:logs",
        "events": "events:events",
        "trace": "trace:trace",
        "exec": "execute:execute",
        "shell": "shell:shell",
    },
    "Break and mend": {
        "cut": "lans:cut",
        "heal": "lans:heal",
        "kill": "nodes:kill",
        "pause": "nodes:pause",
        "resume": "nodes:resume",
        "start": "nodes:start",
    },
}
"""Panel of `catenet --help` → verb → module of this package : function. Imported when the verb is typed."""

_UsageError: Any = typer.BadParameter.__base__  # click's, of which typer carries its own copy in newer versions
_SETTINGS: dict[str, dict[str, Any]] = {"exec": {"allow_interspersed_args": False}}

USER, ENGINE, BUG, INTERRUPTED = 2, 3, 70, 130
"""Exit codes: the user's mistake; the engine's; ours (EX_SOFTWARE of sysexits.h); Ctrl-C."""


def run(arguments: Sequence[str], connect: Callable[[], Engine] | None = None) -> int:
    """Runs one command line and returns its exit code. `connect` gives another engine than Docker."""
    try:
        with connecting(connect):
            code = _dispatch(list(arguments) or ["--help"])
        sys.stdout.flush()
        return code
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 1
    except BrokenPipeError:
        _drop_output()
        return 0
    except KeyboardInterrupt:
        return INTERRUPTED
    except (UserError, UnknownLabError) as error:
        return _fail(error, f"catenet: {error}", USER)
    except LabFileError as error:  # file:line: message, a line each, as editors read it
        return _fail(error, str(error), USER)
    except EngineError as error:
        return _fail(error, f"catenet: {error}", ENGINE)
    except Exception as error:
        return _fail(error, f"catenet: a fault of its own: {error!r} (CATENET_DEBUG=1 shows where)", BUG)


def _dispatch(arguments: list[str]) -> int:
    word = arguments[0]
    verbs = {verb: target for panel in VERBS.values() for verb, target in panel.items()}
    if not word.startswith("-") and word not in verbs:
        raise unknown("verb", word, verbs, hint="catenet --help")
    app = _app([word] if word in verbs else verbs)
    try:
        code = app(arguments, prog_name="catenet", standalone_mode=False)
    except _UsageError as error:
        raise UserError(f"{error.format_message().rstrip('.')} (catenet {word} --help says more)") from None
    return code if isinstance(code, int) else 0


def _app(wanted: Iterable[str]) -> typer.Typer:
    """The typer application with these verbs: one to run it, all of them for --help."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode="rich")
    app.callback(
        help="Starts an Internet of containers, looks into every hop, and breaks it.",
        epilog="[dim]catenet VERB --help shows examples.[/dim]",
        context_settings={"help_option_names": ["-h", "--help"]},
    )(_version)
    for panel, verbs in VERBS.items():
        for verb, target in verbs.items():
            module, _, function = target.partition(":")
            if verb in wanted and find_spec(f"catenet.orchestrator.cli.{module}"):
                command = getattr(import_module(f"catenet.orchestrator.cli.{module}"), function)
                app.command(verb, rich_help_panel=panel, context_settings=_SETTINGS.get(verb))(command)
    return app


def _print_version(wanted: bool) -> None:
    if wanted:
        from catenet import __version__

        print(f"catenet {__version__}")
        raise typer.Exit


def _version(
    _version: bool = typer.Option(
        False, "--version", callback=_print_version, is_eager=True, help="Print the version."
    ),
) -> None:
    pass


def _fail(error: Exception, message: str, code: int) -> int:
    if os.environ.get("CATENET_DEBUG") == "1":
        import traceback

        traceback.print_exception(error)
    print(message, file=sys.stderr)
    return code


def _drop_output() -> None:
    """The reader of our output has gone (`| head`): what is still buffered goes nowhere, silently."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
