"""The steps of a plan, eight at once, each as soon as those that it waits for are done: no barrier ever idles."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from catenet.orchestrator.backend.protocols import ContainerSpec, Engine, NetworkSpec
from catenet.orchestrator.plan.steps import Step

__all__ = ["AT_ONCE", "carry_out", "perform"]

AT_ONCE = 8
"""Steps under way at a time; more only queue up in the engine."""


def carry_out(steps: Sequence[Step], do: Callable[[Step], None], *, keep_going: bool = False) -> None:
    """Calls `do` for every step, on threads of a pool, in an order that `after` allows.

    After a failure (or Ctrl-C) no further step is begun, those under way are waited for, and the first error is raised.
    With `keep_going` only what waits for a failed step is left out.
    """
    order = _Order(steps)
    running: dict[Future[None], Step] = {}
    errors: list[BaseException] = []
    with ThreadPoolExecutor(AT_ONCE, "step") as pool:
        try:
            ready = order.first()
            while (ready or running) and (keep_going or not errors):
                running.update({pool.submit(do, step): step for step in ready})
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                ready = []
                for future in done:
                    step, error = running.pop(future), future.exception()
                    if error is None:
                        ready += order.then(step)
                    else:
                        errors.append(error)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
    if errors:
        raise errors[0]


class _Order:
    """Which steps may begin, as others are done."""

    def __init__(self, steps: Sequence[Step]) -> None:
        self._steps = steps
        self._waiting = {step.id: set(step.after) for step in steps}
        self._followers: dict[str, list[Step]] = {}
        for step in steps:
            for before in step.after:
                self._followers.setdefault(before, []).append(step)

    def first(self) -> list[Step]:
        """Those that wait for nothing."""
        return [step for step in self._steps if not step.after]

    def then(self, done: Step) -> list[Step]:
        """Those that waited for this one last."""
        free = []
        for step in self._followers.get(done.id, ()):
            self._waiting[step.id].discard(done.id)
            if not self._waiting[step.id]:
                free.append(step)
        return free


def perform(engine: Engine, step: Step) -> None:
    """One step, as a request to the engine."""
    match step.kind, step.spec:
        case "create_network", NetworkSpec() as network:
            engine.create_network(network)
        case "create_container", ContainerSpec() as container:
            engine.create(container)
        case "start", _:
            engine.start(step.name)
        case "remove_container", _:
            engine.remove(step.name)
        case "remove_network", _:
            engine.remove_network(step.name)
        case _:
            raise AssertionError(f"no such step: {step}")
