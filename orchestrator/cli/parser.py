"""A command line → the function of its verb, by typer."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from importlib import import_module
from inspect import Parameter, signature
from typing import Annotated, Any

import typer

from catenet.orchestrator.cli import complete
from catenet.orchestrator.cli.context import name_hosts
from catenet.orchestrator.cli.verbs import Command, commands, overview

__all__ = ["application", "dispatch", "typed_verb"]

_UsageError: Any = typer.BadParameter.__base__  # click's, of which typer carries its own copy in newer versions
_CHOICE = re.compile(r"'([^']*)' is not one of (.*)")
_HOST = "--host"
_HostOption = Annotated[
    list[str],
    typer.Option(
        _HOST,
        metavar="HOST",
        help="The machine whose engine is meant: user@server, ssh://user@server:2222, local, a context of Docker's; "
        "else CATENET_HOST.",
        show_default=False,
        autocompletion=complete.hosts,
    ),
]
_SETTINGS: dict[str, dict[str, Any]] = {"exec": {"allow_interspersed_args": False}}


def dispatch(arguments: list[str]) -> int:
    """Run the verb that was typed; gives its exit code.

    Raises:
        UserError: no such verb, option or argument; and whatever the verb raises.

    """
    word = typed_verb(arguments)
    if word in ("-h", "--help"):
        print(overview())
        return 0
    verbs = [verb for panel in commands().values() for verb in panel]
    if word and not word.startswith("-") and word not in verbs:
        from catenet.orchestrator.observe.running import unknown

        raise unknown("verb", word, verbs, hint="catenet --help")
    try:
        code = application(word)(arguments, prog_name="catenet", standalone_mode=False)
    except _UsageError as error:
        from catenet.orchestrator.observe.running import UserError

        said = _with_nearest(error.format_message().rstrip(".").replace("Value error, ", ""))
        lab = "; a running lab is named with --lab" if "unexpected extra argument" in said else ""
        raise UserError(f"{said}{lab} ({' '.join(filter(None, ('catenet', word, '--help')))} says more)") from None
    return code if isinstance(code, int) else 0


def typed_verb(words: Sequence[str]) -> str:
    """The first word that is neither --host nor its value; empty: there is none."""
    rest = iter(words)
    for word in rest:
        if word == _HOST:
            next(rest, "")
        elif not word.startswith(f"{_HOST}="):
            return word
    return ""


def _with_nearest(said: str) -> str:
    choice = _CHOICE.search(said)
    near = get_close_matches(choice[1], re.findall(r"'([^']*)'", choice[2]), n=1, cutoff=0.5) if choice else []
    return f"{said}; did you mean {near[0]}?" if near else said


def application(typed: str) -> typer.Typer:
    """The typer application. Only the verb that was typed has its function; of the others completion needs no more."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode="rich")
    app.callback(context_settings={"help_option_names": ["-h", "--help"]})(_options)
    for name, verb in ((name, verb) for panel in commands().values() for name, verb in panel.items()):
        function = _with_host(_function(name, verb)) if name == typed else _not_typed
        app.command(name, short_help=verb.summary, context_settings=_SETTINGS.get(name))(function)
    return app


def _function(name: str, verb: Command) -> Callable[..., None]:
    if not verb.target:
        from catenet.orchestrator.cli.faults import command
        from catenet.orchestrator.faults import verbs

        return command(verbs()[name])
    module, _, function = verb.target.partition(":")
    found: Callable[..., None] = getattr(import_module(f"catenet.orchestrator.cli.{module}"), function)
    return found


def _with_host(function: Callable[..., None]) -> Callable[..., None]:
    """The same with the option --host, which every verb has, and none has to know of."""

    def run(*words: Any, host_of_verb: list[str], **options: Any) -> None:
        name_hosts(host_of_verb)
        function(*words, **options)

    own = signature(function, eval_str=True)
    host = Parameter("host_of_verb", Parameter.KEYWORD_ONLY, annotation=_HostOption, default=[])
    parameters = [*own.parameters.values(), host]
    run.__doc__ = function.__doc__
    run.__annotations__ = {each.name: each.annotation for each in parameters}
    run.__signature__ = own.replace(parameters=parameters)  # type: ignore[attr-defined]  # what inspect.signature gives
    return run


def _not_typed() -> None:
    pass


def _print_version(wanted: bool) -> None:
    if wanted:
        from catenet import __version__

        print(f"catenet {__version__}")
        raise typer.Exit


def _options(
    host: _HostOption = [],  # noqa: B006 -- typer gives a new one each time
    _version: bool = typer.Option(
        False, "--version", callback=_print_version, is_eager=True, help="Print the version."
    ),
) -> None:
    name_hosts(host)
