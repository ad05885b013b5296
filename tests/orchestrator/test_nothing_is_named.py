"""The orchestrator learns of services, verbs and kinds of checks from their declarations: no file of it names one, but
to help its user, or where the word is another's.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest

import catenet.orchestrator
from catenet.nodes.catalogue import services
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
    ("deploy/doctor.py", {"ping"}),
    ("*/converged.py", {"routes"}),
    ("*/steps.py", {"path"}),
    # The story of the tour; and what a test may call by name, lab.cut(…), so that its editor knows it.
    ("cli/tour.py", {"cut", "heal"}),
    ("harness/lab.py", set(verbs())),
    # A verb is named by those that it undoes or stands for, and a check asks the tools and tables that it wants.
    ("faults/*", set(verbs())),
    ("checks/*", set(kinds())),
)
"""In which files a name is another word: with the reason above."""


def constants(tree: ast.Module) -> Iterator[ast.Constant]:
    """The strings of a module, docstrings among them: none of these is a name alone. What it offers is no string."""
    for statement in tree.body:
        offers = isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "__all__"
        for node in ast.walk(statement) if not offers else ():
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node


def named(where: str, text: str, names: Collection[str]) -> list[str]:
    """The places at which a file names one of these."""
    others = {word for pattern, words in OTHER_WORDS if fnmatch(where, pattern) for word in words}
    found = constants(ast.parse(text))
    return [
        f"{where}:{each.lineno}: {each.value}" for each in found if each.value in names and each.value not in others
    ]


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_no_string_is_the_name_of_a_service_a_verb_or_a_check(file: Path) -> None:
    names = {*services(), *verbs(), *kinds()}
    found = named(file.relative_to(ROOT).as_posix(), file.read_text(encoding="utf-8"), names)
    assert found == [], "ask its declaration (nodes/catalogue, orchestrator/faults, orchestrator/checks)"


def test_it_finds_what_it_looks_for() -> None:
    text = "__all__ = ['start']\nif 'rip' in node.services: do('cut', target='l')\nhelp = 'show a rip'\n"
    names = {*services(), *verbs(), *kinds()}
    assert named("operations/cause.py", text, names) == ["operations/cause.py:2: rip", "operations/cause.py:2: cut"]
    assert named("cli/tour.py", text, names) == ["cli/tour.py:2: rip"]
