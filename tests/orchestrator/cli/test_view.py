from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catenet.nodes.control.view import cell
from catenet.orchestrator.cli.view import show_value

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
answers = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=12,
)


@given(answers)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=60)
def test_every_answer_can_be_shown(capsys, answer):
    show_value(answer, {})
    capsys.readouterr()


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "-"), ("", "-"), (True, "yes"), (0, "0"), (0.0, "0"), (1.23456, "1.2"), (0.0123456, "0.0123"), (2.0, "2"),
     ([], "-"),
     ([1, "b"], "1, b"), ({"a": 1, "b": [2, 3]}, "a 1, b 2, 3")],
)  # fmt: skip
def test_cells_are_short(value, text):
    assert cell(value) == text


def test_an_object_with_a_list_of_objects_is_lines_and_a_table(capsys):
    routes = [{"cost": 1, "prefix": "10.0.0.0/8", "node": "b", "via": "10.0.0.2"}, {"prefix": "[x]"}]
    show_value({"update": 5.0, "split_horizon": "poisoned", "routes": routes, "none": []}, {"10.0.0.0/8": "all"})
    assert capsys.readouterr().out.splitlines() == [
        "update         5",
        "split horizon  poisoned",
        "none           -",
        "",
        "routes",
        "to          network  via  cost",
        "10.0.0.0/8  all      b       1",
        "[x]         -        -       -",
    ]


def test_lists_inside_a_table_follow_it(capsys):
    show_value(
        {"zones": [{"origin": "fr.", "records": [{"name": "dns", "ttl": 300}]}, {"origin": "edu.", "records": []}]},
        {},
        "nameserver",
    )
    assert capsys.readouterr().out.splitlines() == [
        "zones",
        "origin  records",
        "fr.     -",
        "edu.    -",
        "",
        "zones fr. records",
        "name  TTL (s)",
        "dns       300",
    ]


def test_a_field_that_a_terminal_would_obey_is_cleaned(capsys):
    show_value({"a\x1b[2J": 1, "list\x07": [{"b\x1b": 2}]}, {})
    assert capsys.readouterr().out.splitlines() == ["a?[2J  1", "", "list?", "b?", " 2"]
    assert cell([{"c\x1b": 3}]) == "c? 3"
