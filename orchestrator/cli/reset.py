"""`catenet reset`."""

from __future__ import annotations

from catenet.orchestrator.cli.arguments import JsonOption, LabOption
from catenet.orchestrator.cli.context import engine, running_lab
from catenet.orchestrator.cli.phases import phases
from catenet.orchestrator.cli.screen import print_json, say


def reset(lab: LabOption = "", json: JsonOption = False) -> None:
    """Mend everything and empty the caches: the lab is as after `up`, in a few seconds.

    \b
    catenet reset
    catenet reset --lab internet

    Cut LANs are healed, paused nodes resumed, dead ones started. A node in which addresses, routes, packet filters,
    programs or names were changed by hand is restarted. Other files that were changed inside a node stay so.
    """
    from catenet.orchestrator.deploy.locks import exclusive_lock
    from catenet.orchestrator.operations.reset import reset as mend

    docker = engine()
    running = running_lab(docker, lab)
    with exclusive_lock([running.name], docker.urls().values()), phases(quiet=json) as progress:
        done = mend(docker, running, progress.count)
    if json:
        print_json(done.as_json())
        return
    say(f"{done.words} ({done.took:.2f} s)")
    for remark in done.remarks:
        say(f"  {remark}")
