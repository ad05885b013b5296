"""`--host` and CATENET_HOST: which engine a verb means."""

from __future__ import annotations

import socket

import pytest

from catenet.orchestrator.cli.app import run
from catenet.orchestrator.cli.context import chosen_hosts, connecting, name_hosts
from catenet.orchestrator.cli.parser import typed_verb


@pytest.fixture(autouse=True)
def _nobody_names_one(monkeypatch):
    monkeypatch.delenv("CATENET_HOST", raising=False)
    monkeypatch.delenv("DOCKER_HOST", raising=False)


def closed() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"tcp://127.0.0.1:{listener.getsockname()[1]}"


@pytest.mark.parametrize("words", [["--host", "{}", "status"], ["--host={}", "status"], ["status", "--host", "{}"]])
def test_before_the_verb_or_behind_it(capsys, words):
    host = closed()
    assert run([word.format(host) for word in words]) == 3
    assert f"connect to the engine at {host}: Connection refused" in capsys.readouterr().err


def test_the_variable_is_for_who_names_none(capsys, monkeypatch):
    first, second = closed(), closed()
    monkeypatch.setenv("CATENET_HOST", first)
    assert run(["status"]) == 3
    assert first in capsys.readouterr().err
    assert run(["status", "--host", second]) == 3
    assert second in capsys.readouterr().err
    monkeypatch.setenv("CATENET_HOST", "ssh://u:p@server")
    assert run(["status"]) == 2
    assert capsys.readouterr().err.startswith("catenet: CATENET_HOST: ")


def test_several_are_named(monkeypatch):
    monkeypatch.setenv("CATENET_HOST", "local,big=ssh://u@server")
    with connecting(None):
        assert {name: host.url for name, host in chosen_hosts().items()} == {"local": "local", "big": "ssh://u@server"}
        name_hosts(["a@one"])
        name_hosts(["b@two"])
        assert [*chosen_hosts()] == ["one", "two"]
    with connecting(None):
        assert [*chosen_hosts()] == ["local", "big"]


def test_what_runs_inside_a_node_has_options_of_its_own(catenet):
    code, _, said = catenet("exec", "--host", "local", "nobody", "mysql", "--host", "x")
    assert code == 2
    assert "has no node 'nobody'" in said


@pytest.mark.parametrize(
    ("words", "verb"),
    [
        (["--host", "status", "up"], "up"),
        (["--host=status", "up", "--host", "x"], "up"),
        (["--host"], ""),
        (["--host", "x"], ""),
        (["--lab"], "--lab"),
    ],
)
def test_the_verb_is_found_behind_it(words, verb):
    assert typed_verb(words) == verb


def test_without_a_verb_there_is_help(capsys):
    assert run(["--host", "local", "--help"]) == 0
    assert "--host user@server" in capsys.readouterr().out
    assert run(["--host", "local"]) == 2
    assert capsys.readouterr().err == "catenet: Missing command (catenet --help says more)\n"
