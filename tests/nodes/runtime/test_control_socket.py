"""Questions over the socket: answered, refused, cut off; whatever is said to it, it stays open."""

from __future__ import annotations

import asyncio
import os
import socket
import stat
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from catenet.nodes.control.questions import Answer, Question
from catenet.nodes.machine import Json
from catenet.nodes.runtime.answers import Answers
from catenet.nodes.runtime.control_socket import ControlSocket
from catenet.nodes.runtime.health import Health
from catenet.nodes.runtime.supervisor import SupervisedService

if TYPE_CHECKING:
    from conftest import Bench, OnBench


async def ask(path: Path, line: bytes) -> bytes:
    reader, writer = await asyncio.open_unix_connection(str(path))
    writer.write(line)
    reply = await reader.readline()
    writer.close()
    return reply


class Open:
    """A control socket with the node's own answers and one service that offers more."""

    def __init__(self, bench: Bench, path: Path) -> None:
        service = SupervisedService(bench.shared, "svc", {}, lambda: None)
        service.context = bench.context()
        service.context.show("table", lambda: [1, 2])
        service.context.answer("double", self.double)
        service.context.on_flush(lambda: self.flushed.append(True))
        self.flushed: list[bool] = []
        self.answers = Answers(bench.shared, {"svc": service}, lambda: True, Health(lambda: True))
        self.door = ControlSocket(self.answers.answer, str(path))

    async def double(self, arguments: Mapping[str, Json]) -> Json:
        number = arguments["number"]
        if not isinstance(number, int):
            raise ValueError(f"number {number!r} is no int")
        return 2 * number

    async def __aenter__(self) -> Open:
        await self.door.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.door.close()


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        (Question("show", {"what": "table"}), Answer([1, 2])),
        (Question("show", {"what": ""}), Answer(["arp", "links", "routes", "table"])),
        (Question("show", {"what": "links"}), Answer([])),
        (Question("double", {"number": 21}), Answer(42)),
        (Question("double", {"number": "x"}), Answer(error="number 'x' is no int")),
        (Question("flush"), Answer(None)),
        (
            Question("show", {"what": "tabel"}),
            Answer(
                error="what 'tabel' cannot be shown here; there is arp, links, routes, table",
                known=("arp", "links", "routes", "table"),
            ),
        ),
        (Question("show"), Answer(error="show: what None is no str")),
        (
            Question("link", {"lan": "x"}),
            Answer(error="link: condition is missing, like {'up': True, 'silent': False}"),
        ),
        (Question("link", {"lan": "x", "condition": {"up": 1}}), Answer(error="condition: up 1 is no bool")),
        (Question("link", {"lan": "x", "up": 1}), Answer(error="condition: up 1 is no bool")),
        (
            Question("sing"),
            Answer(
                error="ask 'sing' is no question for this node; it answers"
                " status, show, route, link, flush, report, events, health, probe, double",
                known=("status", "show", "route", "link", "flush", "report", "events", "health", "probe", "double"),
            ),
        ),
    ],
)
def test_questions_and_answers(on_bench: OnBench, tmp_path: Path, question: Question, answer: Answer) -> None:
    async def run(bench: Bench) -> None:
        async with Open(bench, tmp_path / "s"):
            assert Answer.parse(await ask(tmp_path / "s", bytes(question))) == answer

    on_bench(run)


def test_a_link_that_is_ordered_ahead_is_changed_then_and_the_last_word_counts(
    on_bench: OnBench, tmp_path: Path
) -> None:
    """This node is on no LAN, so each change that is tried is refused, and the log says so."""

    async def run(bench: Bench) -> None:
        def refused(lan: str) -> int:
            return sum(event.kind == "input.refused" and f"lan '{lan}'" in event.text for event in bench.events())

        async with Open(bench, tmp_path / "s") as opened:
            now = time.time()
            for lan, ahead in (("x", 1000.0), ("x", 0.3), ("y", 0.3)):
                order = Question("link", {"lan": lan, "condition": {"up": False}, "at": now + ahead})
                assert Answer.parse(await ask(tmp_path / "s", bytes(order))) == Answer(None)
            await bench.until(lambda: refused("x") == refused("y") == 1)
            assert not opened.answers._ordered  # nothing is kept of what has been done

    on_bench(run)


def test_the_words_of_the_version_before_are_taken_and_the_new_ones_said(on_bench: OnBench, tmp_path: Path) -> None:
    async def run(bench: Bench) -> None:
        async with Open(bench, tmp_path / "s"):
            order = Question("link", {"lan": "x", "up": True, "silent": True, "at": time.time() + 1000})
            answer = Answer.parse(await ask(tmp_path / "s", bytes(order)))
            assert answer.error is None
            assert "write them in condition: {up, silent}" in str(answer.answer)

    on_bench(run)


def test_status(on_bench: OnBench, tmp_path: Path) -> None:
    async def run(bench: Bench) -> None:
        async with Open(bench, tmp_path / "s"):
            status = Answer.parse(await ask(tmp_path / "s", bytes(Question("status")))).answer
            assert isinstance(status, dict)
            assert (status["node"], status["lab"], status["ready"]) == ("n", "lab", True)
            assert status["services"] == {"svc": {"state": "starting", "restarts": 0, "counters": {}, "error": None}}
            assert isinstance(status["memory"], int)
            assert status["memory"] > 1_000_000

    on_bench(run)


def test_a_program_inside_puts_an_event_into_the_log(on_bench: OnBench, tmp_path: Path) -> None:
    async def run(bench: Bench) -> None:
        async with Open(bench, tmp_path / "s"):
            report = Question("report", {"service": "browse", "kind": "http.request", "text": "t", "data": {"id": 1}})
            assert Answer.parse(await ask(tmp_path / "s", bytes(report))).error is None
            (event,) = bench.events()
            assert (event.service, event.kind, event.data) == ("browse", "http.request", {"id": 1})
            report = Question("report", {"service": "my-program", "kind": "service.said", "text": "t", "data": {}})
            assert Answer.parse(await ask(tmp_path / "s", bytes(report))).error is None

    on_bench(run)


@pytest.mark.parametrize(
    ("service", "kind"),
    [
        ("browse", "my.kind"),
        ("browse", "dns.query"),
        ("browse", "node.ready"),
        ("rip", "link.down"),
        ("my-program", "http.request"),
        ("browse", "http.request\n12:00:00.000000 node node.ready x"),
        ("browse\n12:00:00.000000 node node.ready", "http.request"),
        ("", "http.request"),
        ("x" * 41, "http.request"),
    ],
)
def test_an_event_of_no_kind_of_its_service_or_with_a_line_in_its_name_is_refused(
    on_bench: OnBench, tmp_path: Path, service: str, kind: str
) -> None:
    """The log keeps an account for each kind, and an event is one line."""

    async def run(bench: Bench) -> None:
        async with Open(bench, tmp_path / "s"):
            report = Question("report", {"service": service, "kind": kind, "text": "t", "data": {}})
            error = Answer.parse(await ask(tmp_path / "s", bytes(report))).error
            assert error is not None
            assert error.startswith("report: ")
            assert bench.file.read_text() == ""

    on_bench(run)


def test_a_fault_of_a_service_is_an_answer_with_its_place(on_bench: OnBench, tmp_path: Path) -> None:
    async def run(bench: Bench) -> None:
        async with Open(bench, tmp_path / "s"):
            error = Answer.parse(await ask(tmp_path / "s", bytes(Question("double")))).error
            assert error is not None
            assert error.startswith("KeyError: 'number' (")
            assert "test_control_socket.py:" in error

    on_bench(run)


def test_one_connection_takes_many_questions_and_says_where_each_is_wrong(on_bench: OnBench, tmp_path: Path) -> None:
    double = [bytes(Question("double", {"number": number})) for number in range(3)]

    async def run(bench: Bench) -> None:
        async with Open(bench, tmp_path / "s"):
            reader, writer = await asyncio.open_unix_connection(str(tmp_path / "s"))
            writer.write(double[0] + b"nonsense\n" + bytes(Question("double")) + double[1])
            said = [Answer.parse(await reader.readline()) for _ in range(4)]
            assert [each.answer for each in said] == [0, None, None, 2]
            assert [each.error is None for each in said] == [True, False, False, True]
            writer.write(double[2])
            writer.write_eof()
            assert Answer.parse(await reader.read()).answer == 4
            writer.close()

    on_bench(run)


@pytest.mark.parametrize("last", [b"x" * 300_000 + b"\n", b""], ids=["too long", "nothing"])
def test_it_hangs_up_after_a_line_that_is_too_long_and_on_one_who_asks_no_more(
    on_bench: OnBench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, last: bytes
) -> None:
    monkeypatch.setattr("catenet.nodes.runtime.control_socket._ASK_TIME", 200.0 if last else 0.2)

    async def run(bench: Bench) -> None:
        async with Open(bench, tmp_path / "s"):
            reader, writer = await asyncio.open_unix_connection(str(tmp_path / "s"))
            writer.write(bytes(Question("double", {"number": 1})) + last)
            first, *rest = (await reader.read()).splitlines()
            assert Answer.parse(first).answer == 2
            assert [bool(Answer.parse(each).error) for each in rest] == ([True] if last else [])
            writer.close()

    on_bench(run)


def test_hostile_bytes_leave_it_open(on_bench: OnBench, tmp_path: Path) -> None:
    lines = [b"\n", b"[]\n", b"{}\n", b"nul\0\n", b"\xff\xfe\n", b'{"ask":1}\n', b"[" * 100_000 + b"\n", b"x" * 300_000]

    async def run(bench: Bench) -> None:
        path = tmp_path / "s"
        async with Open(bench, path):
            for line in lines:
                assert Answer.parse(await ask(path, line)).error
            half = socket.socket(socket.AF_UNIX)
            half.connect(str(path))
            half.send(b'{"ask":')  # and no more
            gone = socket.socket(socket.AF_UNIX)
            gone.connect(str(path))
            gone.send(bytes(Question("show", {"what": "table"})))
            gone.close()
            assert Answer.parse(await ask(path, bytes(Question("double", {"number": 1})))).answer == 2
            half.close()

    on_bench(run)


def test_many_at_once_and_no_more_than_that(on_bench: OnBench, tmp_path: Path) -> None:
    async def run(bench: Bench) -> None:
        path = tmp_path / "s"
        async with Open(bench, path):
            idle = [await asyncio.open_unix_connection(str(path)) for _ in range(64)]
            await bench.until(lambda: True)
            refused = Answer.parse(await ask(path, bytes(Question("flush")))).error
            assert refused is not None
            assert "ask again later" in refused
            for _, writer in idle:
                writer.close()
            questions = [ask(path, bytes(Question("double", {"number": n}))) for n in range(50)]
            answers = [Answer.parse(reply).answer for reply in await asyncio.gather(*questions)]
            assert answers == [2 * n for n in range(50)]

    on_bench(run)


def test_only_the_owner_may_open_it_and_a_stale_one_is_replaced(on_bench: OnBench, tmp_path: Path) -> None:
    path = tmp_path / "s"
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(path))

    async def run(bench: Bench) -> None:
        async with Open(bench, path):
            assert stat.S_IMODE(os.stat(path).st_mode) == 0o600  # noqa: PTH116
            assert Answer.parse(await ask(path, bytes(Question("flush")))).error is None

    on_bench(run)
