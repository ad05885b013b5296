"""The commands that break and mend, made of the verbs of orchestrator/faults: `catenet cut`, `heal`, `kill` …"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from inspect import Parameter, Signature
from typing import Annotated, Any

import typer

from catenet.orchestrator.cli import complete
from catenet.orchestrator.cli.arguments import JsonOption, LabOption
from catenet.orchestrator.cli.context import engine, running_lab
from catenet.orchestrator.cli.screen import print_json, say
from catenet.orchestrator.faults.option import Field, Unit, fields
from catenet.orchestrator.faults.verb import Verb

__all__ = ["command"]


def command(verb: Verb) -> Callable[..., None]:
    """The function of its command, as typer reads it: targets, options, --lab, --json."""

    def run(targets: list[str], lab: str, json: bool, **options: Any) -> None:
        _break_or_mend(
            verb,
            targets,
            lab,
            {name: value for name, value in options.items() if value not in (None, False)},
            json=json,
        )

    parameters = [
        Parameter("targets", Parameter.POSITIONAL_OR_KEYWORD, annotation=_targets(verb)),
        *(
            _keyword(each.name, _option(each), default=False if each.kind is bool else None)
            for each in fields(verb.options)
        ),
        _keyword("lab", LabOption, default=""),
        _keyword("json", JsonOption, default=False),
    ]
    run.__doc__ = verb.help
    run.__annotations__ = {each.name: each.annotation for each in parameters}
    run.__signature__ = Signature(parameters)  # type: ignore[attr-defined]  # what inspect.signature gives
    return run


def _keyword(name: str, annotation: Any, *, default: object) -> Parameter:
    return Parameter(name, Parameter.KEYWORD_ONLY, annotation=annotation, default=default)


def _targets(verb: Verb) -> Any:
    several, offered = ("LANs", complete.lans) if verb.on == "LAN" else ("Nodes", complete.nodes)
    which = f"{several} of the lab (catenet status lists them)."
    return Annotated[list[str], typer.Argument(metavar=verb.on.upper(), help=which, autocompletion=offered)]


def _option(field: Field) -> Any:
    """One with a value is a text for typer: what it may be is the same here as in a lab file, and said in one place."""
    name, about = f"--{field.name}", field.option.about
    if field.kind is bool:
        return Annotated[bool, typer.Option(name, help=about)]
    if isinstance(field.kind, Unit):
        shown = field.kind.words.upper()
    else:
        shown = "|".join(field.choices) or ("NUMBER" if field.kind is int else "DURATION")
    offered = list(field.choices)
    about = f"{about} Default: {field.format(field.default)}."
    option = typer.Option(name, help=about, metavar=shown, autocompletion=lambda: offered, show_default=False)
    return Annotated[str | None, option]


def _break_or_mend(verb: Verb, targets: Sequence[str], lab: str, given: Mapping[str, Any], *, json: bool) -> None:
    """The verb, on LANs or nodes of the running lab that `lab` names.

    As JSON: an object of one target, a list of several.
    """
    from catenet.orchestrator.operations.verbs import do_together, options_of

    numbers = {each.name for each in fields(verb.options) if each.kind is int}
    values = {name: int(each) if name in numbers and each.isdecimal() else each for name, each in given.items()}
    options = options_of(verb.name, values)
    docker = engine()
    all_done = do_together(docker, running_lab(docker, lab), verb.name, targets, options)
    if json:
        print_json(all_done[0].as_json() if len(targets) == 1 else [done.as_json() for done in all_done])
        return
    for done in all_done:
        say(f"{done.words}{f' ({done.took:.2f} s)' if done.changed else ''}")
        for remark in done.remarks:
            say(f"  {remark}")
