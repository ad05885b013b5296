"""How long `up` and `down` take, beside two references: Docker Compose, and the floor.

Compose starts the same lab from the file that `catenet export compose` writes (compose_reference.py). The floor is the
same containers and networks by docker-py alone, running sleep. Runs alternate, so that a busy machine slows all alike;
the figures are medians. Ours are the whole command as a user types it, the start of Python included, as Compose's are.
"""

from __future__ import annotations

import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import docker
from compose_reference import Compose, find_compose
from figures import Figure, timed
from progress import Steps

from catenet.nodes.control.questions import Question
from catenet.orchestrator.backend.docker import connect
from catenet.orchestrator.backend.protocols import LABEL_LAB, ContainerSpec, Engine, NetworkSpec
from catenet.orchestrator.deploy.down import down
from catenet.orchestrator.deploy.images import PACKAGE, ensure_node_image
from catenet.orchestrator.deploy.progress import NoProgress
from catenet.orchestrator.deploy.run import AT_ONCE
from catenet.orchestrator.deploy.up import up
from catenet.orchestrator.lab.load import load
from catenet.orchestrator.lab.model import Lab
from catenet.orchestrator.observe.ask import ask_all
from catenet.orchestrator.plan.desired import desired

Spec = TypeVar("Spec", NetworkSpec, ContainerSpec)

RING = 40
COPY = "bench"


class Floor:
    """The same objects by docker-py alone: no plan, no readiness, no daemon; networks, then containers."""

    def __init__(self, engine: Engine, lab: Lab, image: str) -> None:
        wanted = desired(lab, f"{COPY}-floor", image, actual=engine.networks())
        self._networks, self._containers = wanted.networks, wanted.containers
        self._thread = threading.local()

    def up(self) -> None:
        self._each(self._network, self._networks)
        self._each(self._container, self._containers)

    def down(self) -> None:
        self._each(lambda spec: self._api.remove_container(spec.name, force=True), self._containers)
        self._each(lambda spec: self._api.remove_network(spec.name), self._networks)

    def _each(self, function: Callable[[Spec], object], specs: Sequence[Spec]) -> None:
        pool = ThreadPoolExecutor(AT_ONCE)
        try:
            list(pool.map(function, specs))
        finally:  # after Ctrl-C what has begun ends first, or it would come after what removes it
            pool.shutdown(cancel_futures=True)

    @property
    def _api(self) -> docker.APIClient:
        if not hasattr(self._thread, "api"):
            self._thread.api = docker.APIClient(version="auto", timeout=120)
        return self._thread.api

    def _network(self, spec: NetworkSpec) -> None:
        ipam = {"Config": [{"Subnet": str(spec.prefix), "Gateway": str(spec.gateway)}]}
        options = {
            "com.docker.network.bridge.inhibit_ipv4": "true",
            "com.docker.network.bridge.enable_ip_masquerade": "false",
        }
        self._api.create_network(spec.name, driver="bridge", ipam=ipam, options=options, labels=dict(spec.labels))

    def _container(self, spec: ContainerSpec) -> None:
        api = self._api
        first, *others = spec.endpoints.items()
        endpoint = api.create_endpoint_config(ipv4_address=str(first[1]))
        api.create_container(
            spec.image,
            entrypoint=["sleep", "1000"],
            name=spec.name,
            labels=dict(spec.labels),
            host_config=api.create_host_config(
                cap_drop=["ALL"], cap_add=list(spec.capabilities), sysctls=dict(spec.sysctls), network_mode=first[0]
            ),
            networking_config=api.create_networking_config({first[0]: endpoint}),
        )
        for network, address in others:
            api.connect_container_to_network(spec.name, network, ipv4_address=str(address))
        api.start(spec.name)


def ring(folder: Path) -> Lab:
    """Forty nodes in a circle, each on two LANs; no routing."""
    lans = ", ".join(f"r{number}: {{}}" for number in range(RING))
    nodes = ", ".join(f"n{number}: {{lans: [r{number}, r{(number + 1) % RING}]}}" for number in range(RING))
    file = folder / "lab.yaml"
    file.write_text(f"name: ring\nlans: {{{lans}}}\nnodes: {{{nodes}}}\n")
    return load(file)


def catenet(*arguments: str) -> None:
    """The whole command, as a user types it."""
    command = [sys.executable, "-c", "from catenet.orchestrator.cli import main; main()", *arguments]
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as verb:
        try:
            _, said = verb.communicate()
        except KeyboardInterrupt:  # it removes what it made, if it is told and not killed
            verb.send_signal(signal.SIGINT)
            verb.communicate()
            raise
    if verb.returncode != 0:
        raise RuntimeError(f"catenet {' '.join(arguments)}: exit {verb.returncode}\n{said}")


def compare(engine: Engine, lab: Lab, image: str, runs: int, *, folder: Path, steps: Steps) -> list[Figure]:
    """up and down of a lab, beside Compose and the floor."""
    command = find_compose()
    times: dict[str, list[float]] = {}

    def measure(who: str, go_up: Callable[[], object], go_down: Callable[[], object]) -> None:
        for verb, go in (("up", go_up), ("down", go_down)):
            steps.step(f"{verb} of {lab.name}, {who}, run {len(times.get(f'{who} {verb}', ())) + 1} of {runs}")
            times.setdefault(f"{who} {verb}", []).append(timed(go))

    for _ in range(runs):
        floor = Floor(engine, lab, image)
        measure("floor", floor.up, floor.down)
        measure("ours", lambda: catenet("up", str(lab.file), "--name", COPY), lambda: catenet("down", COPY))
        if command is not None:
            compose = Compose(command, engine, lab, image, f"{COPY}-compose", folder=folder)
            measure("Compose", compose.up, compose.down)
    medians = {what: statistics.median(seconds) for what, seconds in times.items()}
    aims = {("up", "Compose"): 1.2, ("down", "Compose"): 1.0, ("up", "floor"): 1.5, ("down", "floor"): 1.1}
    return [
        Figure(f"{verb} {lab.name}", medians[f"ours {verb}"], aim, reference, medians[f"{reference} {verb}"])
        for (verb, reference), aim in aims.items()
        if f"{reference} {verb}" in medians
    ]


def of_the_command(runs: int) -> list[Figure]:
    """What every use of the command line costs before it does anything."""
    loaded = [timed(lambda: subprocess.run([sys.executable, "-c", "import catenet"], check=True)) for _ in range(runs)]
    helped = [timed(lambda: catenet("--help")) for _ in range(runs)]
    return [
        Figure("import catenet", statistics.median(loaded), 0.3),
        Figure("catenet --help", statistics.median(helped), 0.3),
    ]


def of_a_running_lab(engine: Engine, lab: Lab, image: str, runs: int, steps: Steps) -> list[Figure]:
    """What one waits for while working with a lab: status, and the lab again after a change of our code."""
    steps.step(f"status of {lab.name}, and changes of our code")
    up(engine, lab, COPY, image, NoProgress())

    def status() -> None:
        ask_all(engine, engine.inspected(engine.listed({LABEL_LAB: COPY})), Question("status"))

    answered = [timed(status) for _ in range(runs)]
    again = [timed(lambda: _change_and_up(engine, lab)) for _ in range(runs)]
    return [
        Figure(f"status of {len(lab.nodes)} nodes", statistics.median(answered), 1.0),
        Figure(f"code change to {lab.name} up again", statistics.median(again), 15.0),
    ]


def _change_and_up(engine: Engine, lab: Lab) -> None:
    with tempfile.TemporaryDirectory() as folder:
        package = Path(folder)
        for part in ("images", "nodes"):
            shutil.copytree(PACKAGE / part, package / part, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(PACKAGE / "__init__.py", package)
        with (package / "nodes" / "address.py").open("a") as file:
            file.write(f"# a change at {time.time()}\n")
        image = ensure_node_image(engine, NoProgress(), package)
    up(engine, lab, COPY, image, NoProgress())


def seconds(runs: int) -> float:
    return 40 + 140 * runs


def figures(runs: int, steps: Steps) -> list[Figure]:
    engine = connect()
    steps.step("image")
    _clear(engine)
    image = ensure_node_image(engine, NoProgress())
    internet = load(PACKAGE / "labs" / "internet" / "lab.yaml")
    found = of_the_command(runs)
    try:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            for lab in (internet, ring(folder)):
                found += compare(engine, lab, image, runs, folder=folder, steps=steps)
        return found + of_a_running_lab(engine, internet, image, runs, steps)
    finally:  # after Ctrl-C too
        _clear(engine)


def _clear(engine: Engine) -> None:
    for copy in (COPY, f"{COPY}-floor", f"{COPY}-compose"):
        down(engine, copy, NoProgress())
