"""The steps of a plan, eight at once, each as soon as those that it waits for are done: no barrier ever idles."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from heapq import heappop, heappush

from catenet.orchestrator.backend.protocols import ContainerSpec, Engine, EngineGoneError, NetworkSpec
from catenet.orchestrator.plan.steps import Step

__all__ = ["AT_ONCE", "carry_out", "perform"]

AT_ONCE = 8
"""Steps under way at a time; more only queue up in the engine."""


def carry_out(
    steps: Sequence[Step], do: Callable[[Step], None], *, in_spite_of: tuple[type[BaseException], ...] = ()
) -> None:
    """Calls `do` for every step, on threads of a pool, in an order that `after` allows.

    After a failure (or Ctrl-C) no further step is begun, those under way are waited for, and the first error is raised.
    After errors `in_spite_of` which to go on, only what waits for a failed step is left out. Without the engine nothing
    goes on.
    """

    def goes_on(error: BaseException) -> bool:
        return isinstance(error, in_spite_of) and not isinstance(error, EngineGoneError)

    order = _Order(steps)
    running: dict[Future[None], Step] = {}
    errors: list[BaseException] = []
    with ThreadPoolExecutor(AT_ONCE, "step") as pool:
        try:
            while (order.ready or running) and all(goes_on(error) for error in errors):
                while order.ready and len(running) < AT_ONCE:
                    step = order.take()
                    running[pool.submit(do, step)] = step
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    step, error = running.pop(future), future.exception()
                    if error is None:
                        order.done(step)
                    else:
                        errors.append(error)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
    if errors:
        raise next((error for error in errors if not isinstance(error, in_spite_of)), errors[0])


class _Order:
    """Which step to begin next: of those that wait for nothing more, the one that the plan names first.

    A plan names networks first, and nodes in the lab file's order: routers, which take longest to be ready, can be
    written before the hosts that nobody waits for.
    """

    def __init__(self, steps: Sequence[Step]) -> None:
        self._rank = {step.id: number for number, step in enumerate(steps)}
        self._steps = steps
        self._waiting = {step.id: set(step.after) for step in steps}
        self._followers: dict[str, list[str]] = {}
        for step in steps:
            for before in step.after:
                self._followers.setdefault(before, []).append(step.id)
        self.ready = [number for number, step in enumerate(steps) if not step.after]  # a heap

    def take(self) -> Step:
        return self._steps[heappop(self.ready)]

    def done(self, step: Step) -> None:
        """Those that waited for this one last are ready."""
        for follower in self._followers.get(step.id, ()):
            self._waiting[follower].discard(step.id)
            if not self._waiting[follower]:
                heappush(self.ready, self._rank[follower])


def perform(engine: Engine, step: Step) -> None:
    """One step, as a request to the engine."""
    match step.kind, step.spec:
        case "create_network", NetworkSpec() as network:
            engine.create_network(network)
        case "create_container", ContainerSpec() as container:
            engine.create(container)
        case "kill", _:
            engine.kill(step.name)
        case "start", _:
            engine.start(step.name)
        case "remove_container", _:
            engine.remove(step.name, step.host)
        case "remove_network", _:
            engine.remove_network(step.name, step.host)
        case _:
            raise AssertionError(f"no such step: {step}")
