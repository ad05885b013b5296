"""The commands that break and mend, made of the verbs of orchestrator/faults: `catenet cut`, `heal`, `kill` …"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from inspect import Parameter, Signature
from keyword import iskeyword
from typing import Annotated, Any

import typer

from catenet.nodes.control.units import Unit
from catenet.orchestrator.cli import complete
from catenet.orchestrator.cli.arguments import JsonOption, LabOption
from catenet.orchestrator.cli.context import engine, running_lab
from catenet.orchestrator.cli.screen import print_json, say
from catenet.orchestrator.faults.option import NODE_NAME, Field, fields
from catenet.orchestrator.faults.verb import Verb

__all__ = ["command"]


def command(verb: Verb) -> Callable[..., None]:
    """The function of its command, as typer reads it: targets, options, --lab, --json."""

    def run(targets: list[str], lab: str, json: bool, **options: Any) -> None:
        given = {name.removesuffix("_"): value for name, value in options.items() if value not in (None, False)}
        named, words = _taken_apart(verb, targets)
        _break_or_mend(verb, named, lab, {**given, **words}, json=json)

    parameters = [
        Parameter("targets", Parameter.POSITIONAL_OR_KEYWORD, annotation=_targets(verb)),
        *(
            _keyword(_parameter(each.name), _option(each), default=False if each.kind is bool else None)
            for each in fields(verb.options)
        ),
        _keyword("lab", LabOption, default=""),
        _keyword("json", JsonOption, default=False),
    ]
    run.__doc__ = verb.help
    run.__annotations__ = {each.name: each.annotation for each in parameters}
    run.__signature__ = Signature(parameters)  # type: ignore[attr-defined]  # what inspect.signature gives
    return run


def _taken_apart(verb: Verb, words: Sequence[str]) -> tuple[list[str], dict[str, Any]]:
    """`link1 delay=20ms off` → the targets, and the options among them: no name of a LAN or a node has `=` in it, and
    a word behind the first that is an option's, without a value, is that option.
    """
    kinds = {each.name: each.kind for each in fields(verb.options)}
    targets: list[str] = []
    given: dict[str, Any] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if equals:
            given[name] = value
        elif targets and kinds.get(word) is bool:
            given[word] = True
        else:
            targets.append(word)
    if not targets:
        from catenet.orchestrator.observe.running import UserError

        raise UserError(f"{verb.name}: which {verb.on}? like: catenet {verb.name} {verb.on} {' '.join(words)}")
    return targets, given


def _parameter(word: str) -> str:
    """`from` is no name in Python."""
    return f"{word}_" if iskeyword(word) else word


def _keyword(name: str, annotation: Any, *, default: object) -> Parameter:
    return Parameter(name, Parameter.KEYWORD_ONLY, annotation=annotation, default=default)


def _targets(verb: Verb) -> Any:
    several, offered = ("LANs", complete.lans) if verb.on == "LAN" else ("Nodes", complete.nodes)
    which = f"{several} of the lab (catenet status lists them)."
    valued = [each for each in fields(verb.options) if each.kind is not bool]
    if valued:
        which += f" Options may stand among them as WORD=VALUE, like {valued[0].name}=…"
    return Annotated[list[str], typer.Argument(metavar=verb.on.upper(), help=which, autocompletion=offered)]


def _option(field: Field) -> Any:
    """One with a value is a text for typer: what it may be is the same here as in a lab file, and said in one place."""
    name, about = f"--{field.name}", field.option.about
    if field.kind is bool:
        return Annotated[bool, typer.Option(name, help=about)]
    if isinstance(field.kind, Unit):
        shown = field.kind.words.upper()
    else:
        plain = {int: "NUMBER", NODE_NAME: "NODE"}.get(field.kind, "DURATION")
        shown = "|".join(field.choices) or plain
    offered = list(field.choices)
    about += f" Default: {field.format(field.default)}." if field.default else ""
    offer = complete.nodes if field.kind == NODE_NAME else lambda: offered
    option = typer.Option(name, help=about, metavar=shown, autocompletion=offer, show_default=False)
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
