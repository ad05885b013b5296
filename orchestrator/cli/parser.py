"""A command line → the function of its verb, by typer."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

import typer

from catenet.orchestrator.cli.verbs import VERBS, Verb

__all__ = ["application", "dispatch"]

_UsageError: Any = typer.BadParameter.__base__  # click's, of which typer carries its own copy in newer versions
_SETTINGS: dict[str, dict[str, Any]] = {"exec": {"allow_interspersed_args": False}}


def dispatch(arguments: list[str]) -> int:
    """Run the verb that was typed; gives its exit code.

    Raises:
        UserError: no such verb, option or argument; and whatever the verb raises.

    """
    word = arguments[0]
    verbs = [verb for panel in VERBS.values() for verb in panel]
    if not word.startswith("-") and word not in verbs:
        from catenet.orchestrator.observe.running import unknown

        raise unknown("verb", word, verbs, hint="catenet --help")
    try:
        code = application(word)(arguments, prog_name="catenet", standalone_mode=False)
    except _UsageError as error:
        from catenet.orchestrator.observe.running import UserError

        said = error.format_message().rstrip(".")
        lab = "; a running lab is named with --lab" if "unexpected extra argument" in said else ""
        raise UserError(f"{said}{lab} (catenet {word} --help says more)") from None
    return code if isinstance(code, int) else 0


def application(typed: str) -> typer.Typer:
    """The typer application. Only the verb that was typed has its function; of the others completion needs no more."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode="rich")
    app.callback(context_settings={"help_option_names": ["-h", "--help"]})(_options)
    for name, verb in ((name, verb) for panel in VERBS.values() for name, verb in panel.items()):
        function = _function(verb) if name == typed else _not_typed
        app.command(name, short_help=verb.summary, context_settings=_SETTINGS.get(name))(function)
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
