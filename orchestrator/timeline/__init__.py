"""A lab's timeline, played: verbs and expectations, each at its time.

play      Play: one run, of which everything that happens is told as a TimelineEvent; broken off, it mends what it broke
event     TimelineEvent
measure   what the lab file's `measure:` counts meanwhile
"""

from __future__ import annotations

from catenet.orchestrator.timeline.event import TimelineEvent
from catenet.orchestrator.timeline.play import Play, announced

__all__ = ["Play", "TimelineEvent", "announced"]
