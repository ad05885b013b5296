"""Whose stack a node has, in CATENET_NODE: a word of the configuration, written only where it is ours."""

from __future__ import annotations

import json

import pytest

from catenet.nodes.control.config import ConfigError, NodeConfig

BARE = {"lab": "lab", "node": "a", "interfaces": []}


def test_without_the_word_it_is_the_kernels_and_the_text_does_not_say_so() -> None:
    config = NodeConfig.from_json(json.dumps(BARE))
    assert config.stack == "kernel"
    assert "stack" not in json.loads(config.to_json())


def test_ours_is_written_and_read_again() -> None:
    config = NodeConfig.from_json(json.dumps({**BARE, "stack": "userspace"}))
    assert config.stack == "userspace"
    assert NodeConfig.from_json(config.to_json()) == config


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("ours", "CATENET_NODE.stack 'ours' is neither kernel nor userspace"),
        ("", "CATENET_NODE.stack '' is neither kernel nor userspace"),
        (True, "CATENET_NODE.stack True is no str"),
    ],
)
def test_another_word_is_refused_with_field_and_value(value: object, said: str) -> None:
    with pytest.raises(ConfigError, match=said.replace("?", r"\?")):
        NodeConfig.from_json(json.dumps({**BARE, "stack": value}))
