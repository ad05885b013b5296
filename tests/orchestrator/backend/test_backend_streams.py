"""Logs and programs inside: the same tests for Docker and for its twin in memory."""

from __future__ import annotations

import threading
import time

import pytest
from backend_bench import LONG, SHELL, output, run, started

from catenet.orchestrator.backend.protocols import Engine, EngineError


def test_logs_are_whole_lines_in_order_with_times(engine: Engine) -> None:
    before = time.time()
    spec = started(engine)
    following = engine.logs(spec.name, follow=True)
    lines = [next(following) for _ in range(4)]
    following.close()  # type: ignore[attr-defined]
    assert sorted(line.text for line in lines) == sorted(["one", "two", LONG, "last"])
    assert all(before - 1 <= line.at <= time.time() + 1 for line in lines)
    assert [line.text for line in engine.logs(spec.name, tail=1)] == ["last"]


def test_following_ends_with_the_container(engine: Engine) -> None:
    spec = started(engine)
    following = engine.logs(spec.name, follow=True)
    for _ in range(4):
        next(following)
    engine.kill(spec.name)
    assert list(following) == []


def test_the_last_words_of_a_dead_container_can_be_read(engine: Engine) -> None:
    spec = started(engine)
    following = engine.logs(spec.name, follow=True)
    for _ in range(4):
        next(following)
    engine.kill(spec.name)
    following.close()  # type: ignore[attr-defined]
    assert len(list(engine.logs(spec.name))) == 4


def test_following_can_be_closed_from_another_thread(engine: Engine) -> None:
    spec = started(engine)
    following = engine.logs(spec.name, follow=True)
    fourth = threading.Event()
    seen: list[str] = []

    def follow() -> None:
        for line in following:
            seen.append(line.text)
            if len(seen) == 4:
                fourth.set()

    reader = threading.Thread(target=follow)
    reader.start()
    assert fourth.wait(200)
    following.close()  # type: ignore[attr-defined]
    reader.join(200)
    assert not reader.is_alive()


def test_a_program_inside_has_two_outputs_and_an_exit_code(engine: Engine) -> None:
    spec = started(engine)
    assert run(engine, spec.name, *SHELL) == (b"out\n", b"err\n", 3)


def test_a_program_inside_reads_its_input_to_the_end(engine: Engine) -> None:
    spec = started(engine)
    program = engine.execute(spec.name, ["cat"], stdin=True)
    program.write(b"a line\n" * 20_000)
    program.end_input()
    assert output(program) == (b"a line\n" * 20_000, b"")
    assert program.exit_code() == 0
    program.close()


def test_reading_a_silent_program_ends_at_the_deadline(engine: Engine) -> None:
    spec = started(engine)
    program = engine.execute(spec.name, ["cat"], stdin=True)
    with pytest.raises(TimeoutError):
        program.read(0.05)
    program.write(b"late\n")
    assert program.read(200) == (1, b"late\n")
    program.close()


def test_nothing_runs_inside_a_paused_or_dead_container(engine: Engine) -> None:
    spec = started(engine)
    engine.pause(spec.name)
    with pytest.raises(EngineError, match="paused"):
        engine.execute(spec.name, ["cat"])
    engine.resume(spec.name)
    engine.kill(spec.name)
    with pytest.raises(EngineError, match="not running"):
        engine.execute(spec.name, ["cat"])
