"""The recipes of the READMEs, followed to the letter in a copy of the tree: nothing else of it is touched."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from on_engine import CATENET
from recipes import REPOSITORY, TOYS, blocks, commands, documents, tree

from catenet.orchestrator.lab.document import read_document
from catenet.orchestrator.lab.reader import plain

OWN = sorted(path for path in blocks() if path.endswith(".py"))
LABS = sorted(path for path in blocks() if path.endswith(".yaml"))


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tree(tmp_path_factory.mktemp("recipes"))


def run(copy: Path, *command: str, **environment: str) -> str:
    """What it prints, in the copy and with its package."""
    variables = {**os.environ, "PYTHONPATH": str(copy / "src"), "NO_COLOR": "1", **environment}
    done = subprocess.run(command, cwd=copy, env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


def test_the_recipes_are_the_toys() -> None:
    """One text: .venv/bin/python tests/recipes.py puts a toy that was changed into its README."""
    assert {path: blocks()[path] for path in OWN} == {path: (TOYS / path).read_text(encoding="utf-8") for path in OWN}


def test_a_check_and_a_verb_are_a_file_each_a_service_is_a_folder_and_a_file() -> None:
    assert [path for path in OWN if path.startswith("orchestrator/")] == [
        "orchestrator/checks/reaches.py",
        "orchestrator/faults/lame.py",
    ]
    assert {str(Path(path).parent) for path in OWN if path.startswith("nodes/")} == {
        "nodes/application/parrot",
        "nodes/implementations/httpserver",
        "nodes/internet/toyroute",
        "nodes/services",
    }


@pytest.mark.parametrize(
    "command",
    ["ruff format --check nodes orchestrator", "ruff check nodes orchestrator", "lint-imports --no-logo --no-cache"],
)
def test_what_they_add_passes_the_checks(copy: Path, command: str) -> None:
    program, *words = command.split()
    run(copy, str(Path(sys.executable).parent / program), *words)


def test_what_they_add_has_the_right_types(copy: Path) -> None:
    if (REPOSITORY / ".mypy_cache").is_dir():  # what `make check` knows already is not worked out again
        shutil.copytree(REPOSITORY / ".mypy_cache", copy / ".mypy_cache", dirs_exist_ok=True)
    run(copy, sys.executable, "-m", "mypy")


@pytest.mark.parametrize("lab", LABS)
def test_their_labs_are_right_and_the_schema_says_so(copy: Path, lab: str) -> None:
    schema = json.loads(run(copy, *CATENET, "schema"))
    assert [*Draft202012Validator(schema).iter_errors(plain(read_document(blocks()[lab].encode(), lab)))] == []
    (copy / lab).with_name("hello.txt").write_text("good day\n")
    ((copy / lab).parent / "pages" / "site").mkdir(parents=True, exist_ok=True)
    run(copy, *CATENET, "validate", lab)


def test_a_shell_completes_them(copy: Path) -> None:
    def tab(*words: str) -> list[str]:
        variables = {"COMP_WORDS": "\n".join(["catenet", *words]), "COMP_CWORD": str(len(words))}
        return run(copy, *CATENET, _CATENET_COMPLETE="complete_bash", **variables).split()

    assert tab("la") == ["labs", "lame"]
    assert "--last" in tab("lame", "--")
    assert tab("events", "--kind", "parrot.") == ["parrot.greeted"]


def test_the_command_line_has_the_verb(copy: Path) -> None:
    assert "lame          Drop what comes in at one end of a LAN" in run(copy, *CATENET, "--help")
    assert "catenet lame link1 --last" in run(copy, *CATENET, "lame", "--help")


def test_compose_has_the_service(copy: Path) -> None:
    (copy / "parrot-lab" / "hello.txt").write_text("good day\n")
    exported = run(copy, *CATENET, "export", "compose", "parrot-lab/lab.yaml")
    assert '"greetings": "hello.txt"' in exported


def test_each_command_of_a_recipe_is_one(copy: Path) -> None:
    """What they do, tests/labs/test_recipes_in_containers.py says."""
    known = run(copy, *CATENET, "--help").split()
    verbs = {line.split()[1] for document in documents() for line in commands(document) if line.startswith("catenet ")}
    assert {"validate", "up", "check", "lame", "reset"} <= verbs <= set(known)
