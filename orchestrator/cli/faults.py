"""What the verbs of break and mend share: do it, and say what was done."""

from __future__ import annotations

from catenet.orchestrator.cli.context import engine, running_lab
from catenet.orchestrator.cli.screen import print_json, say

__all__ = ["break_or_mend"]


def break_or_mend(verb: str, target: str, lab: str, *, silent: bool = False, json: bool) -> None:
    """One of the verbs, on a LAN or a node of the running lab that `lab` names."""
    from catenet.orchestrator.faults.verbs import do

    docker = engine()
    done = do(docker, running_lab(docker, lab), verb, target, silent=silent)
    if json:
        print_json(done.as_json())
        return
    say(f"{done.words}{f' ({done.took:.2f} s)' if done.changed else ''}")
    for remark in done.remarks:
        say(f"  {remark}")
