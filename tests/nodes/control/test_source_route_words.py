"""Whether a node follows source routes, as it is told of it in CATENET_NODE; and what the program says of them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catenet.nodes.control.config import ConfigError, NodeConfig
from catenet.nodes.control.fields import AnswerError
from catenet.nodes.control.probes import ProbedHop, Probes, probes

BARE = {"lab": "l", "node": "a", "interfaces": []}


def test_who_is_told_nothing_refuses() -> None:
    assert NodeConfig.from_json(json.dumps(BARE)).source_routes == "refuse"
    for word in ("refuse", "follow"):
        config = NodeConfig.from_json(json.dumps({**BARE, "source_routes": word}))
        assert config.source_routes == word
        assert NodeConfig.from_json(config.to_json()) == config


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("on", "CATENET_NODE.source_routes 'on' is neither refuse nor follow"),
        ("", "CATENET_NODE.source_routes '' is neither refuse nor follow"),
        (True, "CATENET_NODE.source_routes True is no str"),
        (1, "CATENET_NODE.source_routes 1 is no str"),
    ],
)
def test_another_word_is_no_yes(value: object, says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        NodeConfig.from_json(json.dumps({**BARE, "source_routes": value}))
    assert str(caught.value) == says


words = st.text(st.characters(categories=("L", "N", "P")), max_size=9)
found = st.builds(
    ProbedHop,
    st.integers(1, 64),
    st.none() | words,
    st.none() | st.floats(0, 1e6),
    words,
    words,
    st.lists(words, max_size=9).map(tuple),
    st.lists(words, max_size=9).map(tuple),
)


@given(st.builds(Probes, st.booleans(), words, st.lists(found, max_size=5).map(tuple)))
def test_what_is_said_is_read_again(said: Probes) -> None:
    assert probes(json.loads(json.dumps(said.to_json()))) == said


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ([], "probes [] is no object"),
        ({"arrived": "yes"}, "probes.arrived 'yes' is no bool"),
        ({"hops": {}}, "probes.hops {} is no list"),
        ({"hops": [3]}, "hops 3 is no object"),
        ({"hops": [{"ttl": "1"}]}, "hops.ttl '1' is no whole number"),
        ({"hops": [{"ms": "1"}]}, "hops.ms '1' is no number"),
        ({"hops": [{"left": "10.0.0.1"}]}, "answer '10.0.0.1' is no list"),
    ],
)
def test_another_form_is_refused_by_field_and_value(said: object, why: str) -> None:
    with pytest.raises(AnswerError) as caught:
        probes(said)  # type: ignore[arg-type]
    assert str(caught.value) == why


def test_what_a_terminal_would_obey_is_replaced() -> None:
    (hop,) = probes({"hops": [{"address": "\x1b[2J", "says": "\x07", "left": ["\x1b]0;x"]}]}).hops
    assert not any(char < " " for text in (hop.address or "", hop.says, *hop.left) for char in text)
