"""What is handed on has none of the lab's passwords and keys."""

from __future__ import annotations

import json

import pytest

from catenet.orchestrator.evidence.secrets import inspected_without_secrets


@pytest.mark.parametrize(
    ("config", "kept"),
    [
        ({"services": {"rip": {"auth": {"password": "hunter2"}}}}, {"password": "(hidden)"}),
        (
            {"services": {"rip": {"auth": {"md5": {"1": "hunter2", "2": "hunter2"}}}}},
            {"md5": dict.fromkeys("12", "(hidden)")},
        ),
        ({"services": {"rip": {"auth": "hunter2"}}}, "(hidden)"),
    ],
)
def test_passwords_and_keys_of_the_lab_are_not_kept(config, kept):
    known = inspected_without_secrets({"Config": {"Env": [f"CATENET_NODE={json.dumps(config)}"]}})
    assert "hunter2" not in json.dumps(known)
    (variable,) = known["Config"]["Env"]
    assert json.loads(variable.removeprefix("CATENET_NODE="))["services"]["rip"]["auth"] == kept


@pytest.mark.parametrize(
    ("service", "options", "kept"),
    [
        (
            "directory",
            {"accounts": {"alice": "hunter2", "bob": "hunter2"}, "supernodes": ["bob"], "port": 5223},
            {"accounts": dict.fromkeys(("alice", "bob"), "(hidden)"), "supernodes": ["bob"], "port": 5223},
        ),
        ("rip", {"update": 5.0, "implementation": "./x"}, {"update": 5.0, "implementation": "./x"}),
        ("rip", {"pasword": {"hunter2": "hunter2"}}, {"pasword": "(hidden)"}),
        ("later", {"secrets": ["hunter2"], "port": 1}, {"secrets": "(hidden)", "port": "(hidden)"}),
    ],
)
def test_what_is_no_secret_is_kept_and_what_is_not_known_is_not(service, options, kept):
    config = json.dumps({"services": {service: options}})
    (variable,) = inspected_without_secrets({"Config": {"Env": [f"CATENET_NODE={config}"]}})["Config"]["Env"]
    assert json.loads(variable.removeprefix("CATENET_NODE="))["services"] == {service: kept}


def test_a_private_key_that_a_service_was_told_is_not_kept():
    config = json.dumps({"services": {}, "told": {"web": {"certificate": "seen", "private_key": "hunter2"}}})
    (variable,) = inspected_without_secrets({"Config": {"Env": [f"CATENET_NODE={config}"]}})["Config"]["Env"]
    told = json.loads(variable.removeprefix("CATENET_NODE="))["told"]
    assert told == {"web": {"certificate": "seen", "private_key": "(hidden)"}}


@pytest.mark.parametrize(
    "text",
    [
        "{hunter2",
        '{"told": 3}',
        '{"told": {"web": "private_key"}}',
        "[1]",
        '{"services": ["hunter2"]}',
        '{"services": {"rip": 3}}',
    ],
)
def test_a_configuration_that_is_none_is_hidden(text):
    known = inspected_without_secrets({"Config": {"Env": [f"CATENET_NODE={text}"]}})
    assert known["Config"]["Env"] == ["CATENET_NODE=(hidden)"]
