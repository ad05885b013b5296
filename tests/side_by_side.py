"""How xdist's workers share the tests: each module goes to one of them, and those that take long begin first.

A module stays together, because its tests share what they have started. Most of them wait for the timers of protocols,
so there are more workers than cores. While the images of the nodes are made, which takes minutes where there is nothing
yet, modules that need no engine are run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import WorkerController

__all__ = ["SECONDS", "TOGETHER", "Modules", "longest_first"]

_ENGINE = "mark.engine"

TESTS = Path(__file__).parent

SECONDS = {
    "labs/test_rip_mixed.py": 200,
    "labs/test_rip_hmac.py": 80,
    "labs/test_internet.py": 120,
    "labs/test_two_hosts.py": 180,
    "labs/test_internet_by_link_state.py": 90,
    "labs/test_own_router.py": 110,
    "labs/test_compose.py": 90,
    "orchestrator/deploy/test_up_real.py": 80,
    "orchestrator/backend/test_ssh_lab.py": 60,
    "orchestrator/backend/test_ssh_tunnel.py": 40,
    "labs/test_count_to_infinity.py": 65,
    "labs/test_reference_router.py": 60,
    "labs/test_five_routers.py": 60,
    "labs/test_skype.py": 80,
    "labs/test_ospf_mixed.py": 90,
    "labs/test_ospf_mismatches.py": 75,
    "labs/test_ospf_labs.py": 45,
    "labs/test_source_route.py": 50,
    "labs/test_options_on_own_stack.py": 40,
    "labs/test_ospf_bfd.py": 120,
    "labs/test_measured_costs.py": 90,
    "labs/test_two_protocols.py": 80,
    "labs/test_trace_lsa.py": 75,
    "labs/test_supernode_dies.py": 60,
    "labs/test_directory_dies.py": 60,
    "labs/test_impairments.py": 120,
    "labs/test_eavesdropper.py": 45,
    "nodes/runtime/test_node_container.py": 60,
    "soak/test_soak.py": 30,
    "interop/test_rip_hostile_neighbour.py": 55,
    "nodes/internet/test_ipv4_as_the_kernel.py": 30,
    "labs/test_kernel_routes.py": 50,
    "orchestrator/cli/test_capture_real.py": 50,
    "labs/test_recipes_in_containers.py": 45,
    "orchestrator/cli/test_real_node.py": 40,
    "orchestrator/harness/test_harness_workers.py": 40,
    "labs/test_directory_in_containers.py": 30,
    "labs/test_homes.py": 35,
    "labs/test_election.py": 70,
    "labs/test_supernode_among_others.py": 30,
    "labs/test_redistribution.py": 25,
    "labs/test_trace_route.py": 25,
    "labs/test_copies.py": 25,
    "labs/test_translating_in_containers.py": 20,
    "orchestrator/cli/test_test_real.py": 20,
    "orchestrator/cli/test_new.py": 15,
    "labs/test_https.py": 15,
    "labs/test_isolation.py": 15,
    "orchestrator/operations/test_reset_real.py": 15,
    "orchestrator/lab/test_lab_messages.py": 14,
    "labs/test_nat_matrix_in_containers.py": 55,
    "test_engines.py": 25,
    "simulation/test_nat_matrix.py": 14,
    "simulation/test_phone_moves.py": 15,
    "labs/test_nat_behaviours.py": 12,
    "labs/test_wiring.py": 90,
    "nodes/runtime/test_segment_container.py": 80,
    "orchestrator/backend/test_swarm.py": 100,
}
"""Module → how long it takes, for those over 10 s. Only the order depends on it: where a figure is wrong, or there is
none, some worker waits longer."""

TOGETHER = {"test_engines.py": "orchestrator/backend/test_swarm.py"}
"""Module → the one whose worker runs it, too: they share a pair of throw-away engines."""


def longest_first(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """Those of the longest module first, else in their order."""
    return sorted(items, key=lambda item: -SECONDS.get(str(item.path.relative_to(TESTS)), 0))


class Modules(LoadScopeScheduling):
    """A worker gets the next module when one test is left to it, because it begins a test only when it knows which
    comes next: what is shared is taken down between them. What comes next must wait for that test, so behind a long
    module it is a short one, else the first in the queue.
    """

    def __init__(
        self, config: pytest.Config, log: Producer | None = None, images_made: Callable[[], bool] = lambda: True
    ) -> None:
        super().__init__(config, log)
        self._images_made = images_made

    def _split_scope(self, nodeid: str) -> str:
        module = nodeid.partition("::")[0]
        with_it = TOGETHER.get(module.removeprefix(f"{TESTS.name}/"))
        return module if with_it is None else f"{TESTS.name}/{with_it}"

    def _assign_work_unit(self, node: WorkerController) -> None:
        if not self._images_made():
            self._prefer(lambda module: not _needs_engine(module))
        elif any(_is_long(module) for module in self._begun(node)):
            self._prefer(lambda module: not _is_long(module))
        super()._assign_work_unit(node)

    def _prefer(self, wanted: Callable[[str], bool]) -> None:
        """The last module in the queue of which that is true is the next; where there is none, the first."""
        if (module := next(filter(wanted, reversed(self.workqueue)), None)) is not None:
            self.workqueue.move_to_end(module, last=False)

    def _begun(self, node: WorkerController) -> list[str]:
        """The modules of which this worker still has tests to run."""
        return [module for module, tests in self.assigned_work[node].items() if not all(tests.values())]

    def _reschedule(self, node: WorkerController) -> None:
        if node.shutting_down:
            return
        while self.workqueue and self._pending_of(self.assigned_work[node]) < 2:
            self._assign_work_unit(node)
        if not self.workqueue:
            node.shutdown()

    def remove_node(self, node: WorkerController) -> str | None:
        """A worker has ended, or has died: then this gives the test at which it did, and others run the rest."""
        left = {
            module: [test for test, done in tests.items() if not done]
            for module, tests in self.assigned_work.pop(node).items()
        }
        tests = [test for module in left.values() for test in module]
        for module, undone in left.items():
            if rest := [test for test in undone if test != tests[0]]:
                self.workqueue[module] = dict.fromkeys(rest, False)
        for other in self.nodes:
            self._reschedule(other)
        return tests[0] if tests else None


def _is_long(module: str) -> bool:
    return module.removeprefix(f"{TESTS.name}/") in SECONDS


@cache
def _needs_engine(module: str) -> bool:
    """Whether some test of it has that mark."""
    return _ENGINE in (TESTS.parent / module).read_text(encoding="utf-8")
