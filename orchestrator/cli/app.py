"""The table of verbs, and what becomes of errors. To add a verb: one file with one function, one line in VERBS."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any, NamedTuple

import typer

from catenet.orchestrator.backend.protocols import Engine, EngineError
from catenet.orchestrator.cli.context import connecting
from catenet.orchestrator.lab.find import UnknownLabError
from catenet.orchestrator.lab.model import LabFileError
from catenet.orchestrator.observe.running import UserError, unknown

__all__ = ["VERBS", "run"]


class Verb(NamedTuple):
    """Where its function is, as module of this package : function, and what `catenet --help` says of it."""

    target: str
    summary: str


VERBS: dict[str, dict[str, Verb]] = {
    "Labs": {
        "labs": Verb("labs:labs", "The labs that come with catenet, and those that are running"),
        "validate": Verb("validate:validate", "Check lab files; needs no engine"),
        "tour": Verb("tour:tour", "Start the default lab and watch it work, break and heal"),
        "up": Verb("up:up", "Start a lab; returns when it is ready"),
        "down": Verb("down:down", "Remove a running lab"),
        "check": Verb("check:check", "Ask a running lab whether what its file claims is true"),
        "play": Verb("play:play", "Play a running lab's timeline"),
    },
    "Look into a running lab": {
        "status": Verb("status:status", "How each node and each LAN is"),
        "show": Verb("show:show", "A table of a node: its routes, its RIP table, its cache …"),
        "logs": Verb("logs:logs", "What a node wrote"),
        "events": Verb("events:events", "What happened on all nodes, in order of time"),
        "trace": Verb("trace:trace", "Fetch a page, and see each message of it"),
        "exec": Verb("execute:execute", "Run a program inside a node"),
        "shell": Verb("shell:shell", "Open a shell inside a node"),
    },
    "Break and mend": {
        "cut": Verb("lans:cut", "Cut a LAN"),
        "heal": Verb("lans:heal", "Heal a LAN that was cut"),
        "kill": Verb("nodes:kill", "Kill a node"),
        "pause": Verb("nodes:pause", "Pause a node: nobody can tell it from a dead one"),
        "resume": Verb("nodes:resume", "Resume a paused node"),
        "start": Verb("nodes:start", "Start a node that was killed"),
    },
}
"""Panel of `catenet --help` → verb. Its module is imported when the verb is typed, and only then."""

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
    verbs = [verb for panel in VERBS.values() for verb in panel]
    if not word.startswith("-") and word not in verbs:
        raise unknown("verb", word, verbs, hint="catenet --help")
    try:
        code = _app(word)(arguments, prog_name="catenet", standalone_mode=False)
    except _UsageError as error:
        said = error.format_message().rstrip(".")
        lab = "; a running lab is named with --lab" if "unexpected extra argument" in said else ""
        raise UserError(f"{said}{lab} (catenet {word} --help says more)") from None
    return code if isinstance(code, int) else 0


def _app(typed: str) -> typer.Typer:
    """The typer application. Only the verb that was typed has its function; of the others the help needs no more."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode="rich")
    app.callback(
        help="Starts an Internet of containers, looks into every hop, and breaks it.",
        epilog="[dim]catenet VERB --help shows examples.[/dim]",
        context_settings={"help_option_names": ["-h", "--help"]},
    )(_options)
    for panel, verbs in VERBS.items():
        for name, verb in verbs.items():
            function = _function(verb) if name == typed else _not_typed
            settings = _SETTINGS.get(name)
            app.command(name, short_help=verb.summary, rich_help_panel=panel, context_settings=settings)(function)
    return app


def _function(verb: Verb) -> Callable[..., None]:
    module, _, function = verb.target.partition(":")
    found: Callable[..., None] = getattr(import_module(f"catenet.orchestrator.cli.{module}"), function)
    return found


def _not_typed() -> None:
    pass


def _print_version(wanted: bool) -> None:
    if wanted:
        from catenet import __version__

        print(f"catenet {__version__}")
        raise typer.Exit


def _options(
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
