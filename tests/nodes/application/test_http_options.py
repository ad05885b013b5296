"""What a lab file may say of `web` and `browse`."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from catenet.nodes.application.http.config import BrowseOptions, WebOptions


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"root": ""}, "root ''"),
        ({"root": "/etc"}, "root '/etc'"),
        ({"root": "../secret"}, "root '../secret'"),
        ({"root": "a/../b"}, "root 'a/../b'"),
        ({"root": "a\0"}, r"root 'a\\x00'"),
        ({"root": "a", "port": 0}, "port 0"),
        ({"root": "a", "port": 65536}, "port 65536"),
        ({"root": "a", "idle": 0.0}, "idle 0 s"),
        ({"root": "a", "tls": "yes"}, "tls 'yes' is none of off, on, expired, wrong-name, stranger"),
        ({"root": "a", "idle": float("nan")}, "idle nan s"),
    ],
)
def test_what_web_cannot_be(given: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        WebOptions(**given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "port"), [({}, 80), ({"tls": "on"}, 443), ({"tls": "expired"}, 443), ({"tls": "on", "port": 80}, 80)]
)
def test_9110_4_2_the_port_is_that_of_the_scheme_unless_it_is_said(given: dict[str, object], port: int) -> None:
    assert WebOptions(root="a", **given).port == port  # type: ignore[arg-type]


@pytest.mark.parametrize(("given", "words"), [({"timeout": 0.0}, "timeout 0 s"), ({"width": 10}, "width 10")])
def test_what_browse_cannot_be(given: dict[str, float], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        BrowseOptions(**given)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", [WebOptions, BrowseOptions])
def test_unknown_options_are_refused(kind: type) -> None:
    with pytest.raises(ValidationError, match="tls"):
        TypeAdapter(kind).validate_python({"root": "a", "tls": True} if kind is WebOptions else {"tls": True})
