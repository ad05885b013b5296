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
    waiting = {step.id: set(step.after) for step in steps}
    by_id = {step.id: step for step in steps}
    followers: dict[str, list[str]] = {}
    for step in steps:
        for before in step.after:
            followers.setdefault(before, []).append(step.id)
    running: dict[Future[None], str] = {}
    errors: list[BaseException] = []
    with ThreadPoolExecutor(AT_ONCE, "step") as pool:
        try:
            ready = [step.id for step in steps if not step.after]
            while ready or running:
                running.update((pool.submit(do, by_id[step_id]), step_id) for step_id in ready)
                ready = []
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    step_id = running.pop(future)
                    error = future.exception()
                    if error is not None:
                        errors.append(error)
                        if not keep_going:
                            raise error
                        continue
                    for follower in followers.get(step_id, ()):
                        waiting[follower].discard(step_id)
                        if not waiting[follower]:
                            ready.append(follower)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
    if errors:
        raise errors[0]


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
