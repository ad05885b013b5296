"""Answers of our name server by UDP, beside BIND: a zone of 10,000 names, each asked for as often as the others.

dnsperf asks, with 64 questions on the way at a time; the order of the names is drawn once, from a seed. BIND has one
thread, and neither logs nor limits rates; ours runs as in a lab, and tells the log of a hundred questions a second.
Before each measurement each name is asked for once, and two seconds more, which does not count: that fills the caches
of both, and ours tells no more than its share.
"""

from __future__ import annotations

import re
from random import Random

from figures import Figure
from progress import Steps
from servers import MEASURED, WARM, Servers, beside, servers

NAMES, SEED = 10_000, 1
ZONE = "bench.example"
_LAB = f"""\
name: nameserver
lans: {{lan: {{}}}}
nodes:
  ns: {{lans: [lan], services: {{nameserver: {{zones: [{ZONE}]}}}}}}
"""
_NAMED = f"""\
options {{
  directory "/tmp"; pid-file none; session-keyfile none;
  listen-on {{ any; }}; listen-on-v6 {{ none; }};
  recursion no; minimal-responses yes; querylog no;
}};
controls {{ }};
logging {{ category default {{ null; }}; }};
zone "{ZONE}" {{ type primary; file "/lab/zones/{ZONE}.zone"; }};
"""


def seconds(runs: int) -> float:
    return 30 + runs * 2 * (WARM + MEASURED + 2)


def figures(runs: int, steps: Steps) -> list[Figure]:
    files = {"lab.yaml": _LAB, "named.conf": _NAMED, f"zones/{ZONE}.zone": zone(), "questions": questions()}
    with servers(files, steps) as all_:
        all_.pin("ns")
        all_.add("bind", "named", "-f", "-n", "1", "-c", "/lab/named.conf")
        names = {"ns": "ours", "bind": all_.ask("bind", "named", "-V").split("-")[0]}
        return beside(f"answers by UDP, {NAMES:,} names", lambda name: rate(all_, name), names, runs, steps)


def zone() -> str:
    hosts = "".join(f"host{number} A 10.0.{number >> 8}.{number & 255}\n" for number in range(NAMES))
    return f"$ORIGIN {ZONE}.\n$TTL 3600\n@ SOA ns admin 1 3600 600 86400 300\n@ NS ns\nns A 10.255.0.1\n{hosts}"


def questions() -> str:
    numbers = list(range(NAMES))
    Random(SEED).shuffle(numbers)
    return "".join(f"host{number}.{ZONE} A\n" for number in numbers)


def rate(all_: Servers, asker: str, address: str = "127.0.0.1") -> float:
    """Answers a second, to what asks at that name. Every one must be an answer."""
    command = ("dnsperf", "-s", address, "-d", "/lab/questions", "-c", "4", "-q", "64")
    all_.ask(asker, *command, "-n", "1")
    all_.ask(asker, *command, "-l", str(WARM))
    said = all_.ask(asker, *command, "-l", str(MEASURED))
    if not re.search(r"Response codes: +NOERROR \d+ \(100\.00%\)", said):
        raise RuntimeError(f"dnsperf beside {asker}: not every answer is one\n{said}")
    found = re.search(r"Queries per second: +([\d.]+)", said)
    assert found is not None, said
    return float(found[1])
