"""`catenet labs`."""

from __future__ import annotations

from pathlib import Path

import catenet
from catenet.orchestrator.backend.protocols import EngineError
from catenet.orchestrator.cli.context import JsonOption, engine
from catenet.orchestrator.cli.screen import print_json, say, table
from catenet.orchestrator.observe.running import LAB_FILE, RunningLab, running_labs

__all__ = ["labs", "shipped_labs"]


def shipped_labs() -> dict[str, Path]:
    """The labs that come with the project: name → folder."""
    here = Path(catenet.__file__).parent / "labs"
    return {file.parent.name: file.parent for file in sorted(here.glob(f"*/{LAB_FILE}"))}


def labs(json: JsonOption = False) -> None:
    """List the labs that come with catenet, and those that are running.

    \b
    catenet labs
    catenet labs --json | jq .running
    """
    shipped = shipped_labs()
    try:
        running, trouble = running_labs(engine()), ""
    except EngineError as error:  # what can be started is worth knowing even so
        running, trouble = {}, str(error)
    if json:
        print_json(
            {
                "shipped": [
                    {"lab": name, "folder": str(path), "title": _title(path)} for name, path in shipped.items()
                ],
                "running": [{"lab": lab.name, "file": str(lab.file), "nodes": _nodes(lab)} for lab in running.values()],
            }
        )
        return
    table(["lab", "shows"], [(name, _title(folder)) for name, folder in shipped.items()])
    say("")
    if running:
        table(
            ["running", "nodes", "from"],
            [(lab.name, str(_nodes(lab)), str(lab.file or "-")) for lab in running.values()],
        )
    else:
        say(trouble or "No lab is running; start one: catenet up internet")


def _nodes(lab: RunningLab) -> int:
    return len(lab.containers)


def _title(folder: Path) -> str:
    """The first heading of the lab's README, without the name of the lab itself."""
    readme = folder / "README.md"
    lines = readme.read_text(encoding="utf-8").splitlines() if readme.is_file() else []
    heading = next((line.lstrip("# ") for line in lines if line.startswith("# ")), "-")
    return heading.removeprefix(folder.name).lstrip(" :—-") or heading
