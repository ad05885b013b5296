"""The orchestrator learns of services from their declarations: no file of it names one, but to help its user."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import catenet.orchestrator
from catenet.nodes.catalogue import services

ROOT = Path(catenet.orchestrator.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))

WORDS_OF_A_LAB_FILE = {
    ("lab/vocabulary.py", "resolver"),
    ("lab/gateways.py", "resolver"),
}
"""`resolver:` of a node says whom it asks for names, whatever service that runs."""


def constants(tree: ast.AST) -> Iterator[ast.Constant]:
    """The strings of a module, docstrings among them: none of these is a name alone."""
    yield from (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str))


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_no_string_is_the_name_of_a_service(file: Path) -> None:
    where = str(file.relative_to(ROOT))
    named = [
        f"{where}:{each.lineno}: {each.value}"
        for each in constants(ast.parse(file.read_text(encoding="utf-8")))
        if each.value in services() and (where, each.value) not in WORDS_OF_A_LAB_FILE
    ]
    assert named == [], "ask its declaration (nodes/catalogue)"


def test_it_finds_what_it_looks_for() -> None:
    tree = ast.parse("if 'rip' in node.services: pass\nhelp = 'show a rip'\n")
    assert [each.value for each in constants(tree) if each.value in services()] == ["rip"]
