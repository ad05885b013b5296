"""The lab `count-to-infinity`: its own timeline holds, and the table at the end says who counted and who did not.

No second is judged, only order and metrics. 3 is what a and c pay for the far network before the storm; nothing lies
between that and 13 but a count.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from catenet.orchestrator.timeline import Play, TimelineEvent
from catenet.orchestrator.timeline.measure import Measured

pytestmark = [pytest.mark.engine, pytest.mark.lab("count-to-infinity")]

ISLANDS = ("no cure", "triggered updates", "split horizon", "poisoned reverse")
RINGS = ("poisoned reverse, in a ring", "both, in a ring")


def played(lab: Any) -> Mapping[str, Measured]:
    history: list[TimelineEvent] = []
    lab.check(within="60s")
    Play(lab.engine, lab.running, history.append).run(lab.model.timeline)
    failed = [each.text for each in history if each.held is False]
    assert failed == []
    return {each.measured.name: each.measured for each in history if each.measured is not None}


def test_who_counts_and_who_is_cured(lab: Any) -> None:
    table = played(lab)
    assert tuple(table) == (*ISLANDS, *RINGS)
    bad, ring, cured = table["no cure"], table[RINGS[0]], [table["split horizon"], table["poisoned reverse"]]
    assert bad.metric in (14, 15)
    assert ring.metric == 13
    assert [(row.metric, row.changes, row.died) for row in cured] == [(None, 0, 0)] * 2
    assert None not in [row.seconds for row in table.values()]
    assert all((bad.seconds or 0) > (row.seconds or 0) for row in cured)
    if bad.messages is not None:  # None: a busy machine's routers answered too late to be counted
        assert all(bad.messages > (row.messages or 0) for row in cured)
    assert (bad.died or 0) > 0
