"""The orchestrator learns of services, verbs and kinds of checks from their declarations: no file of it names one, but
to help its user, or where the word is another's. A service that no lab file names is called after what it is: its name
is a word like any other.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest

import catenet.orchestrator
from catenet.nodes.catalogue import choices
from catenet.orchestrator.checks import kinds
from catenet.orchestrator.faults import verbs

ROOT = Path(catenet.orchestrator.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))

OTHER_WORDS = (
    # `resolver:` of a node says whom it asks for names, whatever service that runs; `routes:` are its static ones.
    ("lab/vocabulary.py", {"resolver", "routes"}),
    ("lab/gateways.py", {"resolver", "routes"}),
    # What an engine does to a container, a plan to the engine, and systemd to its services.
    ("backend/*", {"start", "kill", "pause", "resume"}),
    ("plan/*", {"start", "kill"}),
    ("deploy/*", {"start", "kill"}),
    # The program ping, and the kernel's table of `show routes`.
    ("*/pings.py", {"ping"}),
    ("*/reach.py", {"ping"}),
    ("trace/sending.py", {"ping"}),
    ("deploy/doctor.py", {"ping"}),
    ("deploy/host_paths.py", {"ping"}),
    ("*/converged.py", {"routes"}),
    ("*/steps.py", {"path"}),
    # The story of the tour; and what a test may call by name, lab.cut(…), so that its editor knows it.
    ("cli/tour.py", {"cut", "heal"}),
    ("harness/lab.py", set(verbs())),
    # The verb of the command line and the question to a telephone, which the check is called after; pytest's phase.
    ("cli/verbs.py", {"call", "ping"}),
    ("cli/call.py", {"call", "path"}),
    ("cli/trace.py", {"call", "arp"}),
    ("cli/complete.py", {"arp"}),
    ("trace/*.py", {"arp"}),
    ("trace/call.py", {"path"}),
    ("observe/calls.py", {"call"}),
    ("harness/plugin.py", {"call"}),
    # Why a call came to nothing: its telephone's word for it.
    ("cli/call.py", {"directory"}),
    # A verb is named by those that it undoes or stands for, and a check asks the tools and tables that it wants.
    ("faults/*", set(verbs())),
    ("checks/*", set(kinds())),
)
"""In which files a name is another word: with the reason above."""

HELP = (
    # A whole example, in a message or in the schema: what an editor or a reader is shown must be something.
    ("lab/vocabulary.py", {"rip"}),
    ("lab/options.py", {"rip"}),
    ("harness/marks.py", {"rip"}),
    ("checks/shows.py", {"ospf"}),
    # The files of a new lab, and the tour of one that comes with catenet, with what to type in it.
    ("lab/sample.py", {"rip", "web", "cut", "heal"}),
    ("cli/tour.py", {"rip", "cut", "heal", "kill"}),
    # What the system says of a file that is not there.
    ("backend/docker_errors.py", {"directory"}),
    # The command `echo` of a shell, and what a ping gets.
    ("backend/ssh_errors.py", {"echo"}),
    ("evidence/node.py", {"echo"}),
    ("operations/drift.py", {"echo"}),
    ("faults/impair.py", {"echo"}),
    # `resolver:` of a node, as above.
    ("checks/resolve.py", {"resolver"}),
    ("operations/scene.py", {"resolver"}),
    # ICMP's echo request and its reply (RFC 792), and the port at which a service answers likewise (RFC 862).
    ("*/layers.py", {"echo"}),
    ("cli/trace*.py", {"echo"}),
    # What the engine is to do to a node has the names of LabControl's methods, and so says which comes next.
    ("operations/nodes.py", {"resume", "start"}),
)
"""In which files a sentence has a service's name, or the command of a verb: with the reason above."""


def constants(tree: ast.Module) -> Iterator[ast.Constant]:
    """The strings of a module, and the pieces of those that are put together. What it offers is no string, and what
    stands as a statement is a docstring.
    """
    for statement in tree.body:
        offers = isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "__all__"
        nodes = [] if offers else [*ast.walk(statement)]
        prose = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
        for node in nodes:
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
                yield node


def named(where: str, text: str) -> list[str]:
    """The places at which a file names a service, a verb or a kind of check; in a sentence, a service or a command.

    A verb or a check is an English word (start, path): in a sentence it names one only behind `catenet`.
    """
    names = {*choices(), *verbs(), *kinds()}
    alone, within = (
        {word for pattern, words in table if fnmatch(where, pattern) for word in words}
        for table in (OTHER_WORDS, (*OTHER_WORDS, *HELP))
    )
    said = re.compile(rf"(?<![\w-])(?:({'|'.join(choices())})|catenet ({'|'.join(verbs())}))(?![\w-])")
    found = []
    for each in constants(ast.parse(text)):
        if each.value in names:
            words = {str(each.value)} - alone
        else:
            words = {service or verb for service, verb in said.findall(str(each.value))} - within
        found += [f"{where}:{each.lineno}: {word}" for word in sorted(words)]
    return found


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_no_string_is_the_name_of_a_service_a_verb_or_a_check(file: Path) -> None:
    found = named(file.relative_to(ROOT).as_posix(), file.read_text(encoding="utf-8"))
    assert found == [], "ask its declaration (nodes/catalogue, orchestrator/faults, orchestrator/checks)"


def test_it_finds_what_it_looks_for() -> None:
    text = "__all__ = ['start']\nif 'rip' in node.services: do('cut', target='l')\n"
    assert named("operations/cause.py", text) == ["operations/cause.py:2: rip", "operations/cause.py:2: cut"]
    assert named("cli/tour.py", text) == ["cli/tour.py:2: rip"]


def test_it_finds_it_in_a_sentence_too() -> None:
    text = """f'catenet show {where} rip'\ndef f():
    'As rip does.'
    return f'{x} is paused: catenet resume {x}; a path to ./my-rip may start'
""".replace("f'catenet", "x = f'catenet")
    assert named("checks/gone.py", text) == ["checks/gone.py:1: rip", "checks/gone.py:4: resume"]
    assert named("cli/tour.py", text) == ["cli/tour.py:4: resume"]
