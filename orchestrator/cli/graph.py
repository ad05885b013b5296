"""`catenet graph`."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, cast

import typer
from rich.text import Text

from catenet.nodes.control.link import BROKEN, CUT
from catenet.orchestrator.cli import complete
from catenet.orchestrator.cli.arguments import JsonOption, LabOption
from catenet.orchestrator.cli.context import (
    chosen_hosts,
    engine,
    here,
    look_there,
    not_there,
    one_name,
    running_lab,
    whole_lab,
)
from catenet.orchestrator.cli.screen import print_json, say, say_to_stderr, table, write_out
from catenet.orchestrator.observe.running import UserError
from catenet.orchestrator.pictures.picture import Picture, ShownLan, ShownPath

if TYPE_CHECKING:
    from catenet.orchestrator.backend.protocols import Engine

Form = Literal["text", "svg", "mermaid", "dot"]
SUFFIXES: dict[str, Form] = {".svg": "svg", ".mmd": "mermaid", ".mermaid": "mermaid", ".dot": "dot", ".gv": "dot"}
STYLES = {
    **{"good": "green", "waiting": "yellow", "paused": "yellow", "dead": "bold red"},
    **{each.word: "bold red" if each == CUT else "yellow" for each in BROKEN},
}
_PLENTY = 1 << 50
"""Octets of memory: more than a lab can need."""


def graph(
    word: Annotated[
        str,
        typer.Argument(
            metavar="[LAB]",
            help="A running copy, or a lab that `catenet labs` lists, or a path.",
            autocompletion=complete.shipped_labs,
        ),
    ] = "",
    lab: LabOption = "",
    *,
    form: Annotated[
        Form | None, typer.Option("--format", help="Default: what FILE's name ends with, else text.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Where to: FILE.svg, .mmd or .dot.")
    ] = None,
    blank: Annotated[bool, typer.Option("--blank", help="Without addresses: lines to write them on.")] = False,
    plan: Annotated[bool, typer.Option("--plan", help="As its file plans it, even while it runs.")] = False,
    call: Annotated[
        str,
        typer.Option(
            "--call",
            metavar="WHO",
            help="With the way of the call that this user, or node, has or had last.",
            autocompletion=complete.nodes,
        ),
    ] = "",
    known: Annotated[
        str,
        typer.Option(
            "--from",
            metavar="NODE",
            help="The network as this router's link-state database has it, its shortest paths in bold.",
            autocompletion=complete.nodes,
        ),
    ] = "",
    json: JsonOption = False,
) -> None:
    """Draw a lab: who is on which LAN, with which address. While it runs, in colour: what is cut, silent, paused, dead.
    Where it is on several hosts, which node is on which: by number and colour in a picture, by @host in the terminal.

    \b
    catenet graph                               the running lab, or the one of this folder, in the terminal
    catenet graph internet -o internet.svg      for a slide
    catenet graph five-routers --blank -o handout.svg
    catenet graph --call alice -o call.svg      who carries the call
    catenet graph --from a                      the network as router a knows it, its shortest paths in bold
    catenet graph --format mermaid              for a README
    catenet graph --format dot | dot -Tpdf -o lab.pdf
    """
    picture = _chosen(one_name(word, lab), call, known, blank=blank, plan=plan)
    form = form or ("text" if output is None else form_of(output, "or add --format"))
    if json:
        print_json(asdict(picture))
    elif form == "text":
        if output is not None:
            raise UserError("-o goes with --format svg, mermaid or dot: text is for the terminal")
        _say(picture)
    else:
        write_out(drawing(form)(picture), output)


def form_of(file: Path, hint: str = "") -> Form:
    """By its suffix.

    Raises:
        UserError: that says nothing; the text says which do, and the hint.

    """
    if file.suffix not in SUFFIXES:
        more = f", {hint}" if hint else ""
        raise UserError(f"-o {file}: no telling which format; name it {file.stem}.svg, .mmd or .dot{more}")
    return SUFFIXES[file.suffix]


def drawing(form: str) -> Callable[[Picture], str]:
    """What draws it."""
    from catenet.orchestrator.pictures import drawings, svg

    return {"svg": svg.svg, "mermaid": drawings.mermaid, "dot": drawings.dot}[form]


def _chosen(word: str, call: str, known: str, *, blank: bool, plan: bool) -> Picture:
    """Whose picture is wanted.

    Raises:
        UserError: of two things that do not go together.

    """
    if call and known:
        raise UserError("--call and --from are two pictures: choose one")
    if plan and (call or known):
        raise UserError(f"{'--call' if call else '--from'} goes with a lab that runs, not with its --plan")
    if known:
        return _known(word, known, blank=blank)
    return _called(word, call, blank=blank) if call else _picture(word, blank, plan)


def _known(word: str, node: str, *, blank: bool) -> Picture:
    """As a node knows it. Its lab runs."""
    from catenet.orchestrator.pictures.known import known_picture

    docker = engine()
    return known_picture(docker, running_lab(docker, word), node, blank=blank)


def _called(word: str, who: str, *, blank: bool) -> Picture:
    """With a call. Its lab runs."""
    from catenet.orchestrator.pictures.live import call_picture

    docker = engine()
    return call_picture(docker, running_lab(docker, word), who, blank=blank)


def _picture(word: str, blank: bool, plan: bool) -> Picture:
    """Live where the lab that is meant runs, else as its file plans it; for that no engine is needed.

    Raises:
        UserError: there is neither; the text lists the choices.
        LabFileError: the file is wrong.

    """
    from catenet.orchestrator.backend.protocols import EngineError
    from catenet.orchestrator.lab.find import LAB_VARIABLE, UnknownLabError, find_lab

    try:
        file = find_lab(word or None, here(), os.environ)
    except UnknownLabError:
        file = None
    if plan and file is not None:
        return _planned(file, blank=blank)
    try:
        found = _live(engine(), word, os.environ.get(LAB_VARIABLE, ""), file, blank=blank, plan=plan)
    except EngineError as error:
        if file is None:
            raise
        say_to_stderr(f"catenet: {error}: as the file plans it, then")
        found = None
    return found or _planned(cast("Path", file), blank=blank)


def _planned(file: Path, *, blank: bool) -> Picture:
    """As the file plans it. On which hosts its nodes would be goes by their memory, which only engines know: here each
    has as much as the others."""
    from catenet.orchestrator.lab.load import load
    from catenet.orchestrator.pictures.picture import plan_picture
    from catenet.orchestrator.plan.placing import place
    from catenet.orchestrator.plan.plan_error import PlanError

    hosts = chosen_hosts()
    lab = load(file, hosts=hosts or None)
    try:
        placement = place(lab, dict.fromkeys(lab.hosts, _PLENTY))
    except PlanError as error:
        raise UserError(str(error)) from None
    return plan_picture(lab, placement.hosts, blank=blank)


def _live(docker: Engine, word: str, environment: str, file: Path | None, *, blank: bool, plan: bool) -> Picture | None:
    """The running copy; None where there is none, but a file."""
    from catenet.orchestrator.lab.find import canonical
    from catenet.orchestrator.lab.find import labs as shipped
    from catenet.orchestrator.observe.running import choose, running_labs, unknown
    from catenet.orchestrator.pictures.live import live_picture
    from catenet.orchestrator.pictures.picture import plan_picture

    look_there(docker, word)
    labs = running_labs(docker)
    runs = file is not None and any(lab.file == canonical(file) for lab in labs.values())
    if file is not None and not runs and (word or environment) not in labs:
        if docker.lost():
            raise not_there(docker, "no such lab is on the hosts that answer")
        return None
    if word and file is None and word not in labs:
        raise unknown("lab", word, {*labs, *(lab.name for lab in shipped())}, hint="or write a path to a lab.yaml")
    running = whole_lab(docker, choose(labs, word, environment, here()))
    return plan_picture(running.lab, blank=blank) if plan else live_picture(docker, running, blank=blank)


def _say(picture: Picture) -> None:
    """A line a LAN: the routers on it first."""
    say(Text.assemble((picture.title, "bold"), f"  {picture.subtitle}"))
    say("")
    heads = ["LAN", "network", "state", "routers", "hosts", "shortest paths"]
    shown = {"state": any(lan.state for lan in picture.lans), "hosts": not picture.tree, "shortest paths": picture.tree}
    rows = [_row(picture, lan) for lan in picture.lans]
    kept = [place for place, head in enumerate(heads) if shown.get(head, True)]
    table([heads[place] for place in kept], [[row[place] for place in kept] for row in rows])
    if picture.call:
        say("")
        say(" ── ".join(f"({name})" if place % 2 else name for place, name in enumerate(picture.call)))
    if picture.hosts:
        say("")
        spanning = [lan.name for lan in picture.lans if lan.name in picture.spanning]
        say(f"hosts: {', '.join(picture.hosts)}; LANs that span them: {', '.join(spanning) or 'none'}")
    alone = [node.name for node in picture.nodes if not picture.lans_of(node.name)]
    if alone:
        say(f"on no LAN: {', '.join(alone)}")


def _row(picture: Picture, lan: ShownLan) -> list[Text]:
    nodes = {node.name: node for node in picture.nodes}
    routers: list[Text] = []
    hosts: list[Text] = []
    for end in lan.ends:
        node = nodes[end.node]
        address = "____" if picture.blank else end.address
        words = node.words if node.state not in ("", "good") else ""
        place = f"@{node.host}" if node.host in picture.hosts else ""
        said = " ".join(part for part in (node.name, address, place, words) if part)
        bold = "bold" if (node.name, lan.name) in picture.tree_lines else ""
        (routers if node.router else hosts).append(Text(said, style=STYLES.get(node.state, bold)))
    prefix = "_" * 14 if picture.blank else lan.prefix
    state = Text(lan.words, style=STYLES.get(lan.state, ""))
    paths = Text("; ".join(_path(path) for path in picture.tree if path.lan == lan.name), style="bold")
    return [Text(lan.name), Text(prefix), state, Text(" ── ").join(routers), Text(", ").join(hosts), paths]


def _path(path: ShownPath) -> str:
    """By whom the LAN is reached, and who is over it: a → b, c."""
    return " → ".join(filter(None, [path.node, ", ".join(path.to)]))
