"""The hosts of a copy by its labels, which on an engine that several people use anybody may have written."""

from __future__ import annotations

import json

import pytest

from catenet.orchestrator.backend.protocols import LABEL_HOSTS
from catenet.orchestrator.lab.hosts import HOST_LIMIT
from catenet.orchestrator.observe.hosts import hosts_of

GOOD = {"here": "local", "big": "ssh://me@big:2222", "ctx": "my-context", "sock": "unix:///run/x.sock"}


def urls(said: object) -> dict[str, str]:
    return dict(hosts_of([{LABEL_HOSTS: json.dumps(said)}]).urls)


def test_what_up_writes_is_read() -> None:
    assert urls(GOOD) == GOOD


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("empty", ""),  # which would be Docker's own engine
        ("none", None),
        ("number", 7),
        ("word", "ssh://me:secret@big"),
        ("option", "ssh://-oProxyCommand=id"),
        ("user", "ssh://-oProxyCommand=id@big"),
        ("scheme", "http://big"),
        ("npipe", "npipe:////./pipe/x"),
        ("terminal", "ssh://big\x1b[2J"),
        ("long", f"ssh://{'a' * 600}"),
        ("-oProxyCommand=id", "ssh://big"),
        ("two words", "ssh://big"),
        ("esc\x1b[2J", "ssh://big"),
        ("", "ssh://big"),
    ],
)
def test_what_no_host_can_be_called_is_none(host: str, url: object) -> None:
    assert urls({**GOOD, host: url}) == GOOD


def test_of_too_many_none_is_one() -> None:
    many = {f"h{number}": f"ssh://h{number}" for number in range(HOST_LIMIT)}
    assert urls(many) == many
    assert urls({**many, "more": "ssh://more"}) == {}
    one_by_one = [{LABEL_HOSTS: json.dumps({host: url})} for host, url in {**many, "more": "ssh://more"}.items()]
    assert hosts_of(one_by_one).urls == {}
