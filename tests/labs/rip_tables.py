"""The tables of a lab's RIP routers, and what they should be.

The oracle is the graph of the lab file, which knows nothing of RIP.
"""

from __future__ import annotations

from collections.abc import Collection

from catenet.nodes.control.topology import ExpectedRoute
from catenet.orchestrator.harness.lab import LabUnderTest
from catenet.orchestrator.lab.graph import End, expected

__all__ = ["wrong"]


def wrong(
    five: LabUnderTest, cut: Collection[str] = (), dead: Collection[str] = (), silent: Collection[End] = ()
) -> list[str]:
    """Where the tables are not those of the network that is left: RIP's at every live router, and the kernel's."""
    lab, faults = five.model, []
    for router, learned in expected(lab, cut, dead, silent)["rip"].items():
        own = {
            place.lan: ExpectedRoute(0, frozenset()) for place in lab.nodes[router].attachments if place.lan not in cut
        }
        row = {**own, **learned}
        rip = {line["prefix"]: line for line in five[router].show("rip")["table"] if line["state"] != "garbage"}
        kernel = {line["prefix"]: line["lan"] for line in five[router].show("routes")}
        wanted = {str(lab.lans[lan].prefix): way for lan, way in row.items()}
        if rip.keys() != wanted.keys() or kernel.keys() != wanted.keys():
            faults.append(f"{router} knows {sorted(rip)}, its kernel {sorted(kernel)}, expected {sorted(wanted)}")
            continue
        for prefix, way in wanted.items():
            line = rip[prefix]
            ours = line["via"] is None
            right = ours if not way.via else not ours and line["lan"] in way.via and kernel[prefix] == line["lan"]
            if not right or line["cost"] != way.cost:
                faults.append(f"{router} to {prefix}: {line['lan']} at {line['cost']}, expected {way}")
    return faults
