"""Which engine the plugin takes: the same as the command line."""

from __future__ import annotations

import json
import socket
from hashlib import sha256
from pathlib import Path

import pytest
from harness_twin import Twin, engines

from catenet.orchestrator.backend.fake_swarm import FakeSwarm
from catenet.orchestrator.backend.fleet import Fleet

ONE = "def test_one(lab): pass"


@pytest.fixture
def plain(inner, monkeypatch):
    """An inner run that overrides no engine."""
    (inner.pytester.path / "conftest.py").unlink()
    for variable in ("CATENET_HOST", "DOCKER_HOST", "DOCKER_CONTEXT"):
        monkeypatch.delenv(variable, raising=False)
    return inner


def closed() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"tcp://127.0.0.1:{listener.getsockname()[1]}"


def test_the_host_of_the_variable(plain, monkeypatch):
    host = closed()
    monkeypatch.setenv("CATENET_HOST", host)
    result = plain.run(ONE)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"*catenet: connect to the engine at {host}: Connection refused*"])
    assert "During handling" not in result.stdout.str()


def test_several_hosts_of_the_variable(plain, monkeypatch):
    monkeypatch.setenv("CATENET_HOST", "local,big=ssh://u@server")
    tests = """
def test_one(catenet_engine):
    assert catenet_engine.urls() == {"local": "local", "big": "ssh://u@server"}
"""
    plain.run(tests).assert_outcomes(passed=1)


def test_a_variable_that_says_no_host_is_told(plain, monkeypatch):
    monkeypatch.setenv("CATENET_HOST", "http://server")
    result = plain.run(ONE)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*catenet: CATENET_HOST: 'http://server': http:// is no way to an engine*"])


def test_without_one_the_context_of_docker(plain, monkeypatch, tmp_path: Path):
    host = closed()
    context = tmp_path / "contexts" / "meta" / sha256(b"away").hexdigest()
    context.mkdir(parents=True)
    (tmp_path / "config.json").write_text("{}")
    endpoints = {"docker": {"Host": host, "SkipTLSVerify": False}}
    (context / "meta.json").write_text(json.dumps({"Name": "away", "Metadata": {}, "Endpoints": endpoints}))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.setenv("DOCKER_CONTEXT", "away")
    result = plain.run(ONE)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"*connect to the engine at {host}: Connection refused*"])


def test_a_lab_on_several_hosts_has_these_and_not_those_of_its_file(inner):
    twins, swarm = {"one": Twin(), "two": Twin()}, FakeSwarm()
    for name, twin in twins.items():
        twin.join(swarm, manager=name == "one")
    engines.append(Fleet(twins, {"one": "local", "two": "ssh://u@server"}))
    lab = inner.pytester.path / "lab.yaml"
    pinned = lab.read_text().replace("h: {", "h: {place: two, ")
    lab.write_text(f"hosts: {{here: local, two: ssh://u@other}}\n{pinned}")
    tests = """
def test_one(lab):
    assert {name: host.url for name, host in lab.model.hosts.items()} == {"one": "local", "two": "ssh://u@server"}
"""
    inner.run(tests).assert_outcomes(passed=1)
    assert twins["two"].made("h") and not twins["one"].made("h")
