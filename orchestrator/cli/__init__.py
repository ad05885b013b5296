"""The command line: one file a verb.

verbs     the table of verbs (a new verb is one line there), and `catenet --help`
faults    the verbs that break and mend, made of orchestrator/faults
trace_packet, trace_arp, trace_route, trace_lsa    how the ways of `trace` look
app       runs a command line; what becomes of errors: exit 2, 3, 70, 130; a SIGTERM ends it with 143, a SIGHUP with 129
parser    a command line → the function of its verb
context   what a verb works on: the engine, and the running lab that the user means
on_hosts  on which hosts `up` brings a lab up, and which node goes where
arguments  those that several verbs have; complete: the words that Tab offers at one
screen    how it looks: tables, colours, JSON; plain text off a terminal; short_names: of nodes
phases    the bars of `up` and `down`; lines: of logs and events; view: a node's answer; junit: results of checks
packets   where those of `capture` go; terminal: this one, joined to a program inside a node
engine, image, clean    what make calls

A verb is a function with typed arguments whose docstring is its help. It prints with `screen`, raises `UserError`
for the user's mistakes and lets `EngineError` and `LabFileError` pass; `raise typer.Exit(1)` says that a check failed.
Slow libraries are imported late: a verb's module when the verb is typed; docker, ruamel.yaml and pydantic in functions.
"""

from __future__ import annotations

import io
import os
import signal
import sys

__all__ = ["main"]


def main() -> None:
    """The program `catenet`."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _end)
    _open_what_is_closed()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal that knows no lines or arrows gets question marks
            stream.reconfigure(errors="replace")
    from catenet.orchestrator.cli.app import run

    code = run(sys.argv[1:])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # all is done: a Ctrl-C that comes now changes nothing
    sys.exit(code)


def _open_what_is_closed() -> None:
    """A stream that whoever started us has closed (>&-) is None in Python: nothing comes from it, and all goes nowhere.

    In the order of their numbers, so that each is opened under its own and no file of ours gets that.
    """
    for name, number, flags in (("stdin", 0, os.O_RDONLY), ("stdout", 1, os.O_WRONLY), ("stderr", 2, os.O_WRONLY)):
        if getattr(sys, name) is None:
            opened = os.open(os.devnull, flags)
            if opened != number:
                os.dup2(opened, number)
                os.close(opened)
            setattr(sys, name, open(number, "r" if name == "stdin" else "w"))  # noqa: SIM115, PTH123 -- for ever


def _end(number: int, _: object) -> None:
    """A SIGTERM, or the SIGHUP of a terminal that was closed, ends the program in good order, as Ctrl-C does."""
    sys.exit(128 + number)
