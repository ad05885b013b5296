"""Steps on threads: in an order that they allow, at most eight at once, and no new one after a failure."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catenet.orchestrator.backend.protocols import EngineGoneError
from catenet.orchestrator.deploy.run import AT_ONCE, carry_out
from catenet.orchestrator.plan.steps import Step


def start(name: str, *after: str) -> Step:
    return Step("start", name, after=tuple(f"start {other}" for other in after))


@st.composite
def graphs(draw: st.DrawFn) -> list[Step]:
    """Steps that wait for some of the earlier ones."""
    size = draw(st.integers(0, 25))
    steps = []
    for number in range(size):
        before = draw(st.sets(st.integers(0, number - 1), max_size=4)) if number else set()
        steps.append(start(str(number), *map(str, sorted(before))))
    return draw(st.permutations(steps))


class Recorder:
    def __init__(self, refused: str = "") -> None:
        self.begun: list[str] = []
        self.done: list[str] = []
        self.most = 0
        self.early: list[str] = []
        self._refused = refused
        self._lock = threading.Lock()

    def __call__(self, step: Step) -> None:
        with self._lock:
            self.begun.append(step.id)
            self.early += [before for before in step.after if before not in self.done]
            self.most = max(self.most, len(self.begun) - len(self.done))
        if step.name == self._refused:
            raise ValueError(step.name)
        with self._lock:
            self.done.append(step.id)


@settings(max_examples=60)
@given(graphs())
def test_every_step_is_done_once_after_those_it_waits_for(steps: list[Step]) -> None:
    recorder = Recorder()
    carry_out(steps, recorder)
    assert sorted(recorder.done) == sorted(step.id for step in steps)
    assert recorder.early == []
    assert recorder.most <= AT_ONCE


@settings(max_examples=60)
@given(graphs(), st.data())
def test_what_waits_for_a_failed_step_is_never_begun(steps: list[Step], data: st.DataObject) -> None:
    if not steps:
        return
    refused = data.draw(st.sampled_from(steps))
    for in_spite_of in ((), (ValueError,)):
        recorder = Recorder(refused.name)
        with pytest.raises(ValueError, match=f"^{refused.name}$"):
            carry_out(steps, recorder, in_spite_of=in_spite_of)
        spoilt = {refused.id}
        for _ in steps:
            spoilt |= {step.id for step in steps if spoilt & set(step.after)}
        assert not spoilt & set(recorder.done)
        if in_spite_of:
            assert set(recorder.done) == {step.id for step in steps} - spoilt


def test_steps_that_wait_for_nothing_run_side_by_side() -> None:
    together = threading.Barrier(AT_ONCE, timeout=200)
    carry_out([start(str(number)) for number in range(AT_ONCE)], lambda _: together.wait() and None)


def test_those_under_way_are_waited_for_after_a_failure() -> None:
    failed, ended = threading.Event(), threading.Event()

    def do(step: Step) -> None:
        if step.name == "bad":
            failed.set()
            raise ValueError("bad")
        assert failed.wait(200)
        ended.set()

    with pytest.raises(ValueError, match="bad"):
        carry_out([start("slow"), start("bad")], do)
    assert ended.is_set()


def test_nothing_goes_on_without_the_engine() -> None:
    """Each of a hundred further steps would wait for it in vain."""
    begun = []

    def do(step: Step) -> None:
        begun.append(step)
        raise EngineGoneError("it hangs")

    with pytest.raises(EngineGoneError):
        carry_out([start(str(number)) for number in range(100)], do, in_spite_of=(Exception,))
    assert len(begun) <= 2 * AT_ONCE


def test_no_step_is_begun_after_a_failure() -> None:
    recorder = Recorder("0")
    steps = [start("0"), *(start(str(number), "0") for number in range(1, 50))]
    with pytest.raises(ValueError, match="0"):
        carry_out(steps, recorder)
    assert recorder.begun == ["start 0"]
