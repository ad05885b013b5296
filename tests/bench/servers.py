"""Servers of ours, as they run in a lab, and the references beside them, each with what measures it.

Every server has one core, and what asks it has another one. Each is in a container of its own with a network of its
own; what asks runs in that same network and goes over its loopback, so that no bridge and no rule of the engine costs
either of them anything. All see the lab's folder as /lab, where nodes see it, so that its files cost all alike. What is
made here bears the copy's name, and goes with it.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import docker
from figures import Figure
from progress import Steps

from catenet.orchestrator.backend.docker import connect
from catenet.orchestrator.backend.protocols import LABEL_LAB, LABEL_NODE, Container, Engine, containers_of
from catenet.orchestrator.deploy.down import down
from catenet.orchestrator.deploy.images import ensure_node_image
from catenet.orchestrator.deploy.own_images import ensure_packages
from catenet.orchestrator.deploy.progress import NoProgress
from catenet.orchestrator.deploy.up import up
from catenet.orchestrator.lab.load import load
from catenet.orchestrator.observe.program import run_program

__all__ = ["MEASURED", "Servers", "beside", "servers"]

COPY = "bench-servers"
WARM, MEASURED = 2, 5
"""Seconds of questions that are not counted, before each measurement, and that are."""
_GRACE = 60.0
_IMAGE = Path(__file__).parent / "image"
_PATIENCE = 3600  # seconds after which what waits to be told ends by itself


class Servers:
    """Those that run. Each is known by its name; `ask` runs a program that measures it."""

    def __init__(self, engine: Engine, image: str, node_image: str, folder: Path) -> None:
        self._engine = engine
        self._image = image
        self._node_image = node_image
        self._folder = folder
        self._api = docker.from_env(version="auto", timeout=120).api
        cores = sorted(os.sched_getaffinity(0))
        self._core, self._other = str(cores[0]), str(cores[-1])

    def pin(self, node: str, *, by_ours: bool = False) -> None:
        """A node of the lab gets its core, and what asks it is put beside it; `by_ours`: with our code, for programs
        of the bench's own."""
        self.give_core(node)
        self._add_asker(node, self._node_image if by_ours else self._image)

    def give_core(self, node: str) -> None:
        """A node of the lab that is asked from another one."""
        self._api.update_container(self._container(node).name, cpuset_cpus=self._core)

    def ask_from(self, node: str) -> None:
        """What asks is put beside this node of the lab, which is asked nothing itself."""
        self._api.update_container(self._container(node).name, cpuset_cpus=self._other)
        self._add_asker(node, self._image)

    def add(self, name: str, *command: str) -> None:
        """A server of the image, and what asks it."""
        self._start(name, command, self._core, "none", self._image)
        self._add_asker(name, self._image)

    def ask(self, name: str, *command: str) -> str:
        """What a program says that has run beside a server, to its end."""
        return self._run(_asker(name), command)

    def processor_time(self, name: str) -> float:
        """Seconds that a server has used so far."""
        stats = self._api.stats(self._container(name).name, stream=False, one_shot=True)
        return float(stats["cpu_stats"]["cpu_usage"]["total_usage"]) * 1e-9

    def memory(self, name: str) -> int:
        """Octets that a server's processes have for themselves, its files not among them."""
        said = self._run(name, ("sh", "-c", "cat /proc/[0-9]*/status"))
        return sum(int(kilobytes) for kilobytes in re.findall(r"RssAnon:\s+(\d+) kB", said)) * 1024

    def _run(self, node: str, command: Sequence[str]) -> str:
        done = run_program(self._engine, self._container(node), command, WARM + MEASURED + _GRACE)
        if done.returncode != 0:
            raise RuntimeError(f"{command[0]} in {node}: {done.stderr[-500:]}")
        return done.stdout

    def _add_asker(self, name: str, image: str) -> None:
        network = f"container:{self._container(name).name}"
        self._start(_asker(name), ("sleep", str(_PATIENCE)), self._other, network, image)

    def _start(self, node: str, command: Sequence[str], core: str, network: str, image: str) -> None:
        name = f"{COPY}-{node}"
        self._api.create_container(
            image,
            entrypoint=list(command),
            name=name,
            labels={LABEL_LAB: COPY, LABEL_NODE: node},
            host_config=self._api.create_host_config(
                network_mode=network, cpuset_cpus=core, binds={str(self._folder): {"bind": "/lab", "mode": "ro"}}
            ),
        )
        self._api.start(name)

    def _container(self, node: str) -> Container:
        return next(each for each in containers_of(self._engine, COPY) if each.node == node)


@contextmanager
def servers(files: Mapping[str, str], steps: Steps) -> Iterator[Servers]:
    """Our lab of these files (path → text; one is lab.yaml) is up, and references can be added; everything is removed
    in any case."""
    engine = connect()
    steps.step("images")
    image = ensure_node_image(engine, NoProgress())
    references = ensure_packages(engine, _IMAGE, NoProgress())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)  # servers give up root's power to read all
        for path, text in files.items():
            file = folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        try:
            down(engine, COPY, NoProgress())
            steps.step("servers")
            up(engine, load(folder / "lab.yaml"), COPY, image, NoProgress())
            yield Servers(engine, references, image, folder)
        finally:
            down(engine, COPY, NoProgress())


def beside(
    what: str,
    measure: Callable[[str], float],
    names: Mapping[str, str],
    runs: int,
    steps: Steps,
    *,
    aim: float | None = 1.0,
) -> list[Figure]:
    """Rates of servers (node → its name for people), measured in turn: medians of the first, ours, beside each other.

    `aim`: the least ratio to the second, None: it is told, as others are.
    """
    rates: dict[str, list[float]] = {name: [] for name in names}
    for run in range(runs):
        for name in names if run % 2 == 0 else reversed(list(names)):
            steps.step(f"run {run + 1} of {runs}: {names[name]}")
            rates[name].append(measure(name))
        steps.found(", ".join(f"{names[name]} {rates[name][-1]:,.0f}/s" for name in names))
    ours, *references = names
    return [
        Figure(what, median(rates[ours]), least, names[name], median(rates[name]), unit="/s", more_is_better=True)
        for name, least in zip(references, (aim, *(None,) * len(references)), strict=False)
    ]


def _asker(name: str) -> str:
    return f"{name}-asker"
