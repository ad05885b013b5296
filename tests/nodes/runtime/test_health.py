"""The answer to the engine's health check: held until it changes, or for a while."""

from __future__ import annotations

import asyncio

import pytest

from catenet.nodes.control.questions import QuestionError
from catenet.nodes.runtime.health import Health


def asked(health: Health) -> asyncio.Task[object]:
    return asyncio.get_running_loop().create_task(health.answer())


async def let_it_wait(task: asyncio.Task[object]) -> None:
    for _ in range(5):
        await asyncio.sleep(0)
    assert not task.done()


def test_it_answers_when_it_changes_and_not_before() -> None:
    async def run() -> None:
        ready: list[bool] = []
        health = Health(lambda: bool(ready))
        first = asked(health)
        health.changed()  # an interface has come up, and another has not yet
        await let_it_wait(first)
        ready.append(True)
        health.changed()
        assert await first == "ready"
        second = asked(health)
        await let_it_wait(second)
        ready.clear()
        health.changed()
        with pytest.raises(QuestionError, match="not ready"):
            await second
        ready.append(True)  # before it is asked again
        health.changed()
        assert await asked(health) == "ready"

    asyncio.run(run())


@pytest.mark.parametrize("ready", [True, False])
def test_after_a_while_it_says_what_it_said(ready: bool) -> None:
    async def run() -> None:
        health = Health(lambda: ready, hold=0.01)
        for _ in range(3):
            if ready:
                assert await health.answer() == "ready"
            else:
                with pytest.raises(QuestionError, match="not ready"):
                    await health.answer()

    asyncio.run(run())
