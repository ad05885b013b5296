"""What the verbs of break and mend share: do it, and say what was done."""

from __future__ import annotations

from collections.abc import Sequence

from catenet.orchestrator.cli.context import engine, running_lab
from catenet.orchestrator.cli.screen import print_json, say

__all__ = ["break_or_mend"]


def break_or_mend(verb: str, targets: Sequence[str], lab: str, *, silent: bool = False, json: bool) -> None:
    """One of the verbs, on LANs or nodes of the running lab that `lab` names.

    As JSON: an object of one target, a list of several.
    """
    from catenet.orchestrator.faults.verbs import do_together

    docker = engine()
    all_done = do_together(docker, running_lab(docker, lab), verb, targets, silent=silent)
    if json:
        print_json(all_done[0].as_json() if len(targets) == 1 else [done.as_json() for done in all_done])
        return
    for done in all_done:
        say(f"{done.words}{f' ({done.took:.2f} s)' if done.changed else ''}")
        for remark in done.remarks:
            say(f"  {remark}")
