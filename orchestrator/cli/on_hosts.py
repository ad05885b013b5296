"""On which hosts `up` brings a lab up, and which node has its place on which of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from catenet.nodes.machine import Json
from catenet.orchestrator.cli.context import chosen_hosts, engine, hosts_of_file
from catenet.orchestrator.cli.screen import say, table
from catenet.orchestrator.lab.hosts import HostsFile
from catenet.orchestrator.observe.meant_engine import HOST_VARIABLE
from catenet.orchestrator.observe.running import UserError

if TYPE_CHECKING:
    from catenet.orchestrator.backend.protocols import Engine
    from catenet.orchestrator.lab.model import Lab
    from catenet.orchestrator.plan.placing import Placement

__all__ = ["engine_for", "meant_hosts", "placement_json", "say_placement"]

_MB = 1_000_000


def meant_hosts(file: Path | None) -> HostsFile | None:
    """The hosts that the command line names, in that file or by `--host`; None: those of the lab file, if any.

    Raises:
        UserError: it names them twice, or one is not written as a host is.
        LabFileError: the file is wrong.

    """
    chosen = chosen_hosts()
    if file is None:
        return HostsFile(chosen) if chosen else None
    if chosen:
        both = f"--hosts {file} and --host (or {HOST_VARIABLE}) both say the hosts"
        raise UserError(f"the hosts are named twice, {both}: leave one out")
    from catenet.orchestrator.lab.hosts_file import load_hosts

    return load_hosts(file)


def engine_for(word: str, hosts: HostsFile | None) -> Engine:
    """The engine of these hosts, else of those of the lab file that `word` means, else the one that is there.

    Raises:
        LabFileError: the lab file is wrong.

    """
    return engine(hosts_of_file(word) or None if hosts is None else hosts.hosts)


def say_placement(lab: Lab, placement: Placement, memories: Mapping[str, int]) -> None:
    """A line a host: how many nodes it gets, what they need of its memory, about, and which they are."""
    from catenet.orchestrator.plan.placing import loads

    rows = [
        (load.host, str(len(load.nodes)), f"{load.needs / _MB:.0f} of {load.has / _MB:.0f} MB", ", ".join(load.nodes))
        for load in loads(lab, placement, memories)
    ]
    table(["host", "nodes", "memory, about", "which"], rows)
    spanning = [lan for lan in lab.lans if lan in placement.spanning]
    say(f"LANs that span hosts: {len(spanning)} of {len(lab.lans)}{': ' if spanning else ''}{', '.join(spanning)}")
    say("")


def placement_json(lab: Lab, placement: Placement, memories: Mapping[str, int]) -> dict[str, Json]:
    """The same for programs; memory in octets."""
    from catenet.orchestrator.plan.placing import loads

    return {
        "hosts": [
            {"host": load.host, "nodes": [*load.nodes], "needs": load.needs, "memory": load.has}
            for load in loads(lab, placement, memories)
        ],
        "spanning": [lan for lan in lab.lans if lan in placement.spanning],
    }
