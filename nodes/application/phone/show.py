"""What `show NODE phone`, `candidates`, `pairs` and `calls` show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from catenet.nodes.application.directory.message import Known
from catenet.nodes.application.phone.call import Call, Ended
from catenet.nodes.application.phone.keys import fingerprint
from catenet.nodes.application.phone.offer import Party
from catenet.nodes.application.phone.terms import Checked, Path, Statistics
from catenet.nodes.application.phone.trust import Trust
from catenet.nodes.machine import Json

__all__ = ["call_row", "candidate_rows", "contact_rows", "ended_row", "pair_rows", "path_fields", "quality"]


def path_fields(path: Path | None) -> dict[str, Json]:
    """By what packets go, and whose supernodes carry them."""
    return {"path": path.way if path else None, "by": [str(each) for each in path.by] if path else []}


def quality(statistics: Statistics | None) -> dict[str, Json]:
    """What was heard: packets, seconds; `loss` of what was sent, in percent; `mos` from 1 to 4.5."""
    if statistics is None:
        return {}
    expected = statistics.received + statistics.lost
    return {
        "sent": statistics.sent,
        "received": statistics.received,
        "loss": round(100 * statistics.lost / expected, 2) if expected else 0.0,
        "jitter": round(statistics.jitter, 4),
        "delay": round(statistics.delay, 3),
        "mos": None if statistics.mos is None else round(statistics.mos, 2),
        "longest_silence": round(statistics.longest_silence, 3),
    }


def call_row(call: Call | None, statistics: Statistics | None) -> dict[str, Json]:
    """The call that there is, or was last."""
    if call is None:
        return {"state": "idle"}
    path = call.path
    return {
        "state": call.state.value,
        "why": call.why,
        "peer": call.peer,
        "call": call.name,
        "outgoing": call.outgoing,
        **path_fields(path),
        **quality(statistics),
    }


def ended_row(ended: Ended) -> Json:
    """One of the last calls."""
    path = ended.statistics.path if ended.statistics is not None else None
    return {
        "call": ended.call,
        "peer": ended.peer,
        "outgoing": ended.outgoing,
        "began": round(ended.began, 3),
        "seconds": round(ended.seconds, 3),
        "why": ended.why,
        "own": ended.own,
        **path_fields(path),
        **quality(ended.statistics),
    }


def candidate_rows(own: Party | None, peer: Party | None) -> list[Json]:
    """Those that both sides have told of."""
    return [
        {
            "side": side,
            "line": line,
            "kind": each.kind.word,
            "at": str(each.endpoint),
            "priority": each.priority,
            "foundation": each.foundation,
        }
        for side, party in (("own", own), ("peer", peer))
        if party is not None
        for line, stream in (("media", party.media), ("spare", party.spare))
        for each in stream.candidates
    ]


def pair_rows(checks: Iterable[Checked]) -> list[Json]:
    """The pairs whose check has ended, the latest last."""
    return [
        {
            "line": each.stream,
            "local": f"{each.local.endpoint} {each.local.kind.word}",
            "remote": f"{each.remote.endpoint} {each.remote.kind.word}",
            "result": each.why or "succeeded",
        }
        for each in checks
    ]


def contact_rows(contacts: Mapping[str, Known], trust: Trust, own: bytes) -> list[Json]:
    """Whom the user knows, and by which key; where that has changed, the fingerprint is the new one's: that is to be
    compared."""
    return [
        {
            "user": user,
            "state": known.state,
            "presence": known.presence,
            "key": "changed" if user in trust.changed else "pinned" if user in trust.pins else "",
            "fingerprint": fingerprint(own, key) if (key := trust.changed.get(user, trust.pins.get(user))) else "",
        }
        for user, known in sorted(contacts.items())
    ]
