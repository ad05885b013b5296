"""What the shell is offered: by its protocol, on the small lab; and by a real bash, which runs the script itself."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import threading
import time
from functools import partial
from pathlib import Path

import pytest

from catenet.nodes.control import events
from catenet.orchestrator.backend.fake import FakeEngine
from catenet.orchestrator.backend.fleet import Fleet
from catenet.orchestrator.backend.protocols import EngineError
from catenet.orchestrator.backend.widened import may_widen
from catenet.orchestrator.cli.app import run
from catenet.orchestrator.cli.complete import kinds
from catenet.orchestrator.cli.verbs import commands

EVERY_VERB = [verb for panel in commands().values() for verb in panel]


@pytest.fixture
def tab(small, capsys, monkeypatch, tmp_path):
    """What is offered when the key is pressed behind these words, the last of them begun; nothing else is said."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CATENET_LAB", raising=False)
    monkeypatch.setenv("_CATENET_COMPLETE", "complete_bash")

    def press(*words: str, connect=lambda: small.engine) -> list[str]:
        monkeypatch.setenv("COMP_WORDS", "\n".join(["catenet", *words]))
        monkeypatch.setenv("COMP_CWORD", str(len(words)))
        code = run([], connect)
        out, err = capsys.readouterr()
        assert (code, err) == (0, "")
        return out.split()

    return press


def test_verbs_and_options(tab):
    assert tab("") == EVERY_VERB
    assert tab("va") == ["validate"]
    assert "--dry-run" in tab("up", "--")
    assert tab("completion", "") == ["bash", "zsh", "fish"]


def test_labs(tab, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "lab.yaml").touch()
    (tmp_path / "other").mkdir()
    assert {"internet", "five-routers", "./mine"} <= set(tab("up", "")) and "./other" not in tab("up", "")
    assert tab("up", "five") == ["five-routers"]
    assert tab("up", "./") == ["./mine", "./small"]
    assert tab("down", "") == tab("status", "--lab", "") == ["small"]
    assert tab("new", "x", "--from", "in") == ["internet"]


def test_running_labs_are_those_on_the_hosts_of_the_lab_file(tab, small, tmp_path):
    own = partial(may_widen, lambda _: small.engine, lambda _: small.engine)
    assert tab("down", "", connect=own) == ["small"]
    (tmp_path / "lab.yaml").write_text("hosts: {one: 'unix:///one.sock', two: 'unix:///two.sock'}\n")
    assert tab("down", "", connect=own) == [], "there is nobody"


def test_a_host_that_is_silent_keeps_nobody_from_the_words_of_the_others(tab, small):
    ended = threading.Event()

    def silent() -> FakeEngine:
        ended.wait(20)
        raise EngineError("it is silent")

    assert tab("kill", "", connect=lambda: Fleet({"here": small.engine, "there": silent})) == ["a", "b", "c"]
    ended.set()


def test_nodes_and_lans_of_the_lab_that_is_meant(tab, monkeypatch):
    assert tab("kill", "") == tab("kill", "--lab", "small", "") == ["a", "b", "c"]
    assert tab("cut", "link") == ["link1", "link2"]
    assert tab("events", "--node", "a", "--node", "") == ["b", "c"]
    assert tab("capture", "a", "") == ["link1", "link2", "b", "c"]
    assert tab("kill", "--lab", "nobody", "") == []
    monkeypatch.setenv("CATENET_LAB", "nobody")
    assert tab("kill", "") == []


def test_tables_are_asked_from_the_node(tab, small):
    assert tab("show", "a", "") == ["links", "rip"]
    assert tab("show", "a", "r") == ["rip"]
    small.more |= {"rip peers": [], "rip keys": []}
    assert tab("show", "a", "") == ["links", "rip"]
    assert tab("show", "a", "rip", "") == ["peers", "keys"]
    small.engine.pause("small-a")
    assert tab("show", "a", "") == []


def test_a_route_leads_to_a_lan_or_a_node_and_a_page_nobody_can_guess(tab):
    assert tab("trace", "") == ["packet", "arp", "http", "route", "call", "lsa"]
    assert tab("trace", "route", "") == ["a", "b", "c"]
    assert tab("trace", "route", "a", "") == ["link1", "link2", "a", "b", "c"]
    assert tab("trace", "http", "a", "") == []
    assert tab("trace", "packet", "a", "") == tab("trace", "arp", "a", "") == ["a", "b", "c"]


def test_an_lsa_is_of_a_type_and_of_a_lan(tab):
    assert tab("trace", "lsa", "a", "") == ["router", "network", "summary", "asbr-summary", "external"]
    assert tab("trace", "lsa", "a", "external", "") == ["link1", "link2"]
    assert tab("trace", "route", "a", "b", "") == []


def test_a_key_is_trusted_of_nodes_and_by_a_fingerprint_that_is_read_and_not_offered(tab):
    assert tab("trust", "") == tab("trust", "a", "") == ["a", "b", "c"]
    assert tab("trust", "a", "b", "") == []


def test_what_finds_routes(tab):
    assert set(tab("up", "internet", "--routing", "")) >= {"ospf", "rip"}
    assert tab("up", "internet", "--routing", "o") == ["ospf"]
    assert tab("up", "internet", "--stack", "u") == ["userspace"]


def test_claims_and_kinds_of_events(tab, small):
    file = small.running.file
    file.write_text(
        file.read_text() + "checks:\n  - {claim: D2, ping: {from: a, to: c}}\n  - claim: D1\n    ping: {}\n"
    )
    assert tab("check", "--claim", "") == ["D1", "D2"]
    assert tab("events", "--kind", "route.") == ["route.changed", "route.lost", "route.refused", "route.restored"]


def test_the_kinds_are_those_that_the_program_knows():
    assert len(kinds()) == len(set(kinds())) > 12
    assert set(events.KINDS) < set(kinds())
    assert all(f"    {kind} " in (events.__doc__ or "") for kind in events.KINDS)


def test_no_engine_and_no_verb_are_silence(tab):
    def none() -> FakeEngine:
        raise EngineError("no engine answers")

    def broken() -> FakeEngine:
        raise KeyError("x")

    assert tab("kill", "", connect=none) == tab("kill", "", connect=broken) == []
    assert tab("up", "five", connect=none) == ["five-routers"]
    assert tab("kill", "a", "b", "c", "") == tab("show", "nobody", "x", "y", "") == []
    assert tab("up", '"fiv', connect=none) == ["five-routers"]


def test_an_engine_that_hangs_does_not_hold_the_key(tab):
    released = threading.Event()

    def slow() -> FakeEngine:
        released.wait(200)
        raise AssertionError

    began = time.monotonic()
    assert tab("kill", "", connect=slow) == []
    assert time.monotonic() - began < 100
    released.set()


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("zsh: catenet kill ", """_arguments '*: :(("a"\n"b"\n"c"))'"""),
        ("zsh: catenet exec a no-such-thing", "_files"),
        ("fish: catenet kill ", "a\nb\nc"),
        ("fish: catenet val", "validate\tCheck lab files; needs no engine"),
    ],
)
def test_other_shells(small, capsys, monkeypatch, line, offered):
    shell, _, line = line.partition(": ")
    monkeypatch.setenv("_CATENET_COMPLETE", f"complete_{shell}")
    monkeypatch.setenv("_TYPER_COMPLETE_ARGS", line)
    monkeypatch.setenv("_TYPER_COMPLETE_FISH_ACTION", "get-args")
    assert run([], lambda: small.engine) == 0
    assert capsys.readouterr() == (f"{offered}\n", "")


BASHRC = """
eval "$(catenet completion bash)"
bind -x '"\\C-g": printf %s "$READLINE_LINE" >line; exit'
"""


def in_bash(keys: str, folder: Path) -> str:
    """What a real bash at a terminal, with the script that the help has evaluated, has on its line after these keys.

    Where words begin there is its own idea.
    """
    (folder / "bashrc").write_text(BASHRC)
    (folder / "empty").mkdir()
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = {"PATH": path, "HOME": "/nonexistent", "DOCKER_HOST": "unix:///nonexistent/docker.sock"}
    keyboard, terminal = pty.openpty()
    with os.fdopen(keyboard, "wb", buffering=0) as typist:
        typist.write(f"{keys}\a".encode())  # \a is Ctrl-G
        subprocess.run(
            ["bash", "--rcfile", folder / "bashrc", "-i"],
            cwd=folder / "empty",
            env=environment,
            stdin=terminal,
            stdout=terminal,
            stderr=terminal,
            timeout=200,
            check=True,
        )
    os.close(terminal)
    return (folder / "empty" / "line").read_text()


@pytest.mark.parametrize(
    ("typed", "line"),
    [
        ("catenet va", "catenet validate "),
        ("catenet up five", "catenet up five-routers "),
        ("catenet completion z", "catenet completion zsh "),
        ("catenet kill ", "catenet kill "),
        ("catenet  up --host ssh://me@server:2222 five", "catenet  up --host ssh://me@server:2222 five-routers "),
        ("catenet --host=one=me@server va", "catenet --host=one=me@server validate "),
        ("catenet status --host=lo", "catenet status --host=local "),
        ("catenet capture a 'udp port 520' --la", "catenet capture a 'udp port 520' --lab "),
    ],
)
def test_in_a_real_bash(tmp_path, typed, line):
    assert in_bash(f"{typed}\t", tmp_path) == line


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_script_opens_with_how_it_is_used(small, capsys, shell):
    assert run(["completion", shell], lambda: small.engine) == 0
    head = capsys.readouterr().out.splitlines()[:2]
    assert any(f"catenet completion {shell}" in line and line.startswith("# ") for line in head)


@pytest.mark.parametrize("name", ["$(touch x)", "x) ; touch x ; (", "`touch x`", "a'b", "two words", "*", "a\nb"])
def test_a_name_that_a_shell_would_obey_is_not_offered(tab, tmp_path, name):
    """A shell puts what it is offered on its line as it is, and runs that when the next key is pressed."""
    (tmp_path / name).mkdir()
    (tmp_path / name / "lab.yaml").touch()
    assert tab("up", "./") == ["./small"]
