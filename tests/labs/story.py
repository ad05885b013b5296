"""The story that `make run` tells, judged: the lecture's numbers, and figures that agree."""

from __future__ import annotations

import operator
import re

REPEATED = 100.0
"""Milliseconds without an answer, far fewer than those after which a question is asked again."""
STEP = re.compile(r" *(\d+) +(\d+\.\d) +(\S+) +(\S+) +(.+)")
MOMENT = re.compile(r" +(\d+\.\d\d) s +(\S+) +(.+)")


def assert_it_holds(out: str) -> None:
    """What `catenet tour` has printed."""
    _ten_steps(out)
    _broken_and_mended(out)
    assert "$ dig " in out and re.search(r"dragon\.cs\.uiuc\.edu\.\s+\d+\s+IN\s+A\s+192\.31\.65\.5", out)
    assert "$ curl " in out and "HTTP/1.1 200 OK" in out


def _ten_steps(out: str) -> None:
    """The lecture's figure: eight messages for the name, two for the page."""
    steps = [found.groups() for line in out.splitlines() if (found := STEP.fullmatch(line))]
    assert [int(number) for number, *_ in steps] == [*range(1, len(steps) + 1)]
    times = [float(at) for _, at, *_ in steps]
    assert times == sorted(times)
    # On a busy machine an answer may take so long that the resolver asks once more.
    assert len(steps) == 10 or (len(steps) > 10 and max(map(operator.sub, times[1:], times)) > REPEATED)
    assert [(source, target) for _, _, source, target, _ in steps[:2]] == [
        ("surf", "dns.eurecom"),
        ("dns.eurecom", steps[2][2]),  # a root answers what it was asked
    ]
    assert "192.31.65.5" in steps[-3][4]
    assert "over routers a b c f1" in steps[-2][4]
    assert steps[-1][2:4] == ("dragon", "surf") and steps[-1][4].startswith("200 OK")
    assert f"2 DNS messages instead of {len(steps) - 2}" in out


def _broken_and_mended(out: str) -> None:
    moments = [(float(at), who, what) for at, who, what in re.findall(MOMENT, out)]
    times = [at for at, _, _ in moments]
    assert times == sorted(times)
    assert times[0] == 0.0
    (cut,) = (number for number, (_, who, what) in enumerate(moments) if who == "link1" and what.startswith("cut"))
    (heal,) = (number for number, (_, who, what) in enumerate(moments) if who == "link1" and what.startswith("healed"))
    answers = [(number, what) for number, (_, who, what) in enumerate(moments) if who == "dragon"]
    (broken, over_d), (mended, over_b) = answers
    assert cut < broken < heal < mended
    lost = re.fullmatch(r"answers over a d e c f1; (\d+) pings? lost", over_d)
    assert lost is not None and int(lost[1]) >= 1
    assert re.fullmatch(r"answers over a b c f1; \d+ pings? lost", over_b)
