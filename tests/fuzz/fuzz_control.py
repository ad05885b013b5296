"""The ways into a node and out of it: its configuration, questions and answers, and the lines of its log."""

from __future__ import annotations

import asyncio
import atexit
import json
import os
from collections.abc import Callable, Mapping
from random import Random
from typing import Any

from fuzz_target import Target, sliced

from catenet.nodes.address import Prefix
from catenet.nodes.catalogue import kinds, services
from catenet.nodes.control.answers import NodeStatus, RoutingTable, kernel_routes, link_states
from catenet.nodes.control.config import ConfigError, NodeConfig
from catenet.nodes.control.events import Event
from catenet.nodes.control.fields import AnswerError, read, words
from catenet.nodes.control.origin import RouteOrigin
from catenet.nodes.control.questions import Answer, Question, QuestionError
from catenet.nodes.control.view import blocks, lay_out
from catenet.nodes.machine import Json
from catenet.nodes.runtime.answers import Answers
from catenet.nodes.runtime.children import Children
from catenet.nodes.runtime.context import Shared
from catenet.nodes.runtime.control_socket import ControlSocket
from catenet.nodes.runtime.health import Health
from catenet.nodes.runtime.lans import Lans
from catenet.nodes.runtime.log import EventLog
from catenet.nodes.runtime.netlink.client import Netlink
from catenet.nodes.runtime.service_config import read_service
from catenet.orchestrator.backend.protocols import LABEL_NODE, Container, LogLine
from catenet.orchestrator.observe.events import LogEntry
from catenet.orchestrator.status.state import _node_state
from catenet.orchestrator.trace.route import follow

# CATENET_NODE

_JSON = ("{", "}", "[", "]", '"', ":", ",", "null", "true", "NaN", "1e999", "-1", "\\ud800", "\\u0000", "9" * 5000)
_SETTINGS = ("lab", "node", "interfaces", "lan", "engine", "address", "length", "forward", "gateway", "routes", "to")
_SETTINGS += ("via", "nameserver", "hosts", "names", "told", "lans", "services", "events", "text", "json", *services())
_SETTINGS += ("segment", "id", "mtu", "peers", "underlay")
_OPTIONS = ("update", "timeout", "garbage", "split_horizon", "triggered", "cost", "passive", "redistribute", "tag")
_OPTIONS += ("auth", "password", "md5", "hmac-sha-256", "zones", "root", "cache", "deadline", "port", "idle", "width")
_OPTIONS += ("implementation",)


def _read_config(data: bytes) -> NodeConfig:
    """Bytes that are no text become lone surrogates, as os.environ has them."""
    config = NodeConfig.from_json(data.decode("utf-8", "surrogateescape"))
    for name, given in config.services.items():
        read_service(name, given)
    return config


def _check_config(config: NodeConfig) -> None:
    try:
        text = config.to_json()
    except ConfigError:
        return  # with its blanks and escapes it is longer than what it was read from
    assert NodeConfig.from_json(text) == config


config = Target(
    _read_config,
    (ConfigError,),
    _check_config,
    words=(*_JSON, *(f'"{word}":' for word in (*_SETTINGS, *_OPTIONS)), '"10.0.0.1"', '"10.0.0.0/24"', '"poisoned"'),
)

# The socket


class _Writer:
    """Takes what is said on a connection."""

    def __init__(self) -> None:
        self.said = b""

    def write(self, data: bytes) -> None:
        self.said += data

    async def drain(self) -> None: ...

    def close(self) -> None: ...

    async def wait_closed(self) -> None: ...


class _Node:
    """The node's own answers behind its own control socket, on a loop that stands still between two inputs."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        atexit.register(self._close)
        config = NodeConfig("lab", "n", ())
        log = EventLog("n", False, self.loop, os.open(os.devnull, os.O_WRONLY))
        self.log = log
        netlink = Netlink()
        lans = Lans(config, netlink, self.loop, lambda kind, text, data: log.write("node", kind, text, data))
        shared = Shared(config, self.loop, lans, log, Random(1), Children(self.loop))
        self.answers = Answers(shared, {}, lambda: True, Health(lambda: True))
        self._lans, self._netlink, self._door = lans, netlink, ControlSocket(self.answers.answer)

    def _close(self) -> None:
        self._lans.close()
        self._netlink.close()
        self.loop.close()

    def ask(self, parts: list[bytes]) -> bytes:
        """All that is said on one connection, which has no socket: that would cost ten times what is behind it."""
        reader, writer = asyncio.StreamReader(loop=self.loop), _Writer()
        for part in parts:
            reader.feed_data(part)
        reader.feed_eof()
        self.loop.run_until_complete(self._door._talk(reader, writer))  # type: ignore[arg-type]
        return writer.said


_nodes: list[_Node] = []


def _node() -> _Node:
    if not _nodes:
        _nodes.append(_Node())
    return _nodes[0]


def _holds(line: bytes) -> bool:
    """Whether the answer comes only when something changes."""
    try:
        return Question.parse(line).ask == "health"
    except QuestionError:
        return False


def _ask(data: bytes) -> None:
    whole, parts = sliced(data)
    if any(map(_holds, whole.split(b"\n"))):
        return
    node = _node()
    said = node.ask(parts)
    assert said.count(b"\n") <= whole.count(b"\n") + 1
    for line in said.splitlines():
        json.dumps(Answer.parse(line).answer, allow_nan=False)
    for line in node.log.recent(0.0)[-1:]:
        assert "\n" not in line
        assert Event.parse(line) is not None


def _check_question(question: Question) -> None:
    assert Question.parse(bytes(question)) == question


_ASKS = ("status", "show", "route", "link", "flush", "report", "events")
_ARGUMENTS = (
    "ask",
    "what",
    "prefix",
    "lan",
    "condition",
    "up",
    "silent",
    "at",
    "service",
    "kind",
    "text",
    "data",
    "after",
)
_QUESTION_WORDS = (
    *_JSON,
    *(f'"{word}":' for word in _ARGUMENTS),
    *(f'"ask":"{word}"' for word in _ASKS),
    "0.5",
    "1e18",
)
question = Target(Question.parse, (QuestionError,), _check_question, words=_QUESTION_WORDS)
door = Target(_ask, words=_QUESTION_WORDS)

# What a node says, outside


def _check_answer(answer: Answer) -> None:
    assert Answer.parse(bytes(answer)) == answer
    json.dumps(answer.answer, allow_nan=False)
    for block in blocks(answer.answer, {"10.0.1.0/24": "link1"}):
        for line in lay_out(block):
            assert line.isprintable()
    for parse in (NodeStatus.parse, RouteOrigin.parse, RoutingTable.parse, link_states, kernel_routes, words):
        _check_read(answer, parse)
    hops = follow("a", "b", PREFIX, lambda name: read(answer, RouteOrigin.parse), {"a": None, "b": None})
    json.dumps(hops.to_json(), allow_nan=False)
    _node_state(CONTAINER, answer, ("link1",))


def _check_read(answer: Answer, parse: Callable[[Json], Any]) -> None:
    """What is taken is told as it was read, and read again as it was."""
    try:
        value = read(answer, parse)
    except AnswerError as error:
        assert str(error).isprintable()
        return
    if isinstance(value, NodeStatus | RouteOrigin):
        told = json.loads(json.dumps(value.to_json(), allow_nan=False))
        assert parse(told) == value


CONTAINER = Container("lab-a", {LABEL_NODE: "a"}, (), "image", "running", "running")
PREFIX = Prefix.parse("10.0.1.0/24")
_ANSWER_WORDS = (
    "ok",
    "answer",
    "error",
    "known",
    "node",
    "lab",
    "ready",
    "interfaces",
    "services",
    "memory",
    "up",
    "silent",
)
_ANSWER_WORDS += (
    "kernel",
    "via",
    "prefix",
    "state",
    "valid",
    "connected",
    "static",
    "garbage",
    "forgotten",
    "failed",
    "retry",
    "message",
    "source",
)
_ANSWER_WORDS += (
    "history",
    "rivals",
    "announced",
    "since",
    "cause",
    "metric",
    "at",
    "by",
    "restarts",
    "protocol",
    "lan",
)
answer = Target(
    Answer.parse,
    (QuestionError,),
    _check_answer,
    words=(
        *_JSON,
        '{"ok":true,"answer":',
        *(f'"{word}":' for word in _ANSWER_WORDS),
        '"a"',
        '"rip"',
        '"timers":',
        "1.5",
    ),
)

# The log


def _read_lines(data: bytes) -> list[Event]:
    found = []
    for line in data.decode(errors="replace").split("\n")[:50]:
        shown = LogEntry.of("n", LogLine(1795298400.25, line))
        assert shown.text.isprintable()
        events = (Event.parse(line, "n", 1795298400.25), Event.parse(line))
        found += [event for event in events if event is not None]
    return found


def _check_events(events: list[Event]) -> None:
    for event in events:
        assert event.kind and event.text.isprintable()
        json.dumps(event.data, allow_nan=False)
        for line in (event.line(with_json=True), event.line(with_json=False)):
            assert "\n" not in line
        again = Event.parse(event.line(with_json=True))
        assert again is not None
        assert (again.node, again.service, again.kind, again.text) == (
            event.node,
            event.service,
            event.kind,
            event.text,
        )
        assert abs(again.at - event.at) < 1e-3
        assert _same(again.data, event.data)


def _same(one: Mapping[str, Json], other: Mapping[str, Json]) -> bool:
    return json.dumps(one) == json.dumps(other)


event = Target(
    _read_lines,
    (),
    _check_events,
    words=(
        *_JSON,
        *kinds(),
        *(
            "12:34:56.123456 rip ",
            "\t",
            '"at":',
            '"node":',
            '"service":',
            '"kind":',
            '"text":',
            '"data":{}',
            "1795298400.2",
        ),
        *("link1 is up with 10.0.0.1/24", "\x1b[2J", "\u0663", "\u202e"),
    ),
    longest=20_000,
)
