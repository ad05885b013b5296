"""What `up` and `tour` say to do next."""

from __future__ import annotations

import re

from catenet.nodes.address import Address, Prefix
from catenet.orchestrator.backend.protocols import LABEL_LAB, LABEL_LAN, NetworkSpec
from catenet.orchestrator.cli import tour
from catenet.orchestrator.cli.up import say_which
from catenet.orchestrator.cli.verbs import commands


def test_how_to_mean_a_lab_is_said_where_another_runs(small, capsys, monkeypatch):
    monkeypatch.delenv("CATENET_LAB", raising=False)
    say_which(small.engine, "small")
    assert capsys.readouterr().out == ""
    labels = {LABEL_LAB: "other", LABEL_LAN: "link1"}
    other = NetworkSpec("other_link1", Prefix.parse("10.9.0.0/24"), Address.parse("10.9.0.254"), labels)
    small.engine.create_network(other)
    say_which(small.engine, "small")
    assert capsys.readouterr().out == "several labs run: export CATENET_LAB=small, or --lab small\n"
    monkeypatch.setenv("CATENET_LAB", "small")
    say_which(small.engine, "small")
    assert capsys.readouterr().out == ""


def test_what_the_tour_says_to_type_is_there_and_fits_a_terminal(small, capsys):
    tour._next(small.engine, small.running)
    lines = capsys.readouterr().out.splitlines()
    verbs = {verb for line in lines for verb in re.findall(r"catenet ([a-z]+)", line)}
    assert verbs <= {"on", *(verb for panel in commands().values() for verb in panel)}
    assert {"trace", "cut", "play", "down"} <= verbs
    assert "  catenet down small                   removes this lab" in lines
    assert max(map(len, lines)) <= 100
