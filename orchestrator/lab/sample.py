"""The texts of a new lab's folder: two hosts and a router between them, or another lab under its own name."""

from __future__ import annotations

import re
from collections.abc import Mapping

__all__ = ["SCHEMA_FILE", "renamed", "sample"]

SCHEMA_FILE = "lab.schema.json"
"""The schema beside a lab file, where its first line tells editors to find it."""

FIRST_LINE = f"# yaml-language-server: $schema=./{SCHEMA_FILE}\n"

_LAB = """\
# Two hosts, and a router between them.
#
#   h1 ── left ── r ── right ── h2
#
# README.md says what to type. An editor that knows the schema named above completes words and underlines mistakes.

lans:                                   # a LAN is one Ethernet; with two nodes on it, it is a link
  left: {prefix: 10.0.1.0/24}           # its addresses; without a prefix, the lowest /24 that is free
  right: {prefix: 10.0.2.0/24}

nodes:
  h1: {lans: [left]}                    # addresses are given in order, this one is 10.0.1.1; or write {left: 10.0.1.7}
  r: {lans: [left, right]}              # on two LANs, so it forwards, and is the default gateway of h1 and h2
  h2: {lans: [right]}

checks:                                 # what must be true: `catenet check` asks the running lab
  - {path: {from: h1, to: h2, routers: [r]}, within: 5s}

# To go on, take the # away and start it again: `catenet up` changes only what differs.
#
# timeline:                             # what happens when, and what must then be true: `catenet play`
#   - {at: 1s, cut: right}
#   - {at: 1s, expect: {ping: {from: h1, to: h2, answered: false}}, within: 5s}
#   - {at: 4s, heal: right}
#   - {at: 4s, expect: {ping: {from: h1, to: h2}}, within: 5s}
"""

_README = """\
# {name}

Two hosts, and a router between them. `lab.yaml` says so; change it, and start it again.

```
h1 ── left ── r ── right ── h2
```

Type in this folder:

| to … | type |
| --- | --- |
| have the file judged, without starting anything | `catenet validate lab.yaml` |
| see what would be started | `catenet up --dry-run` |
| start it, or what has changed | `catenet up` |
| ask whether the checks of `lab.yaml` hold | `catenet check` |
| see how each node and LAN is | `catenet status` |
| run a program inside a node | `catenet exec h1 ping -c 3 h2` · `catenet exec h1 traceroute h2` |
| open a shell there | `catenet shell r` |
| see a table of a node | `catenet show r routes` |
| break it, and mend it | `catenet cut right` · `catenet check` · `catenet heal right` |
| remove it | `catenet down` |

A web server is a node with `services: {{web: {{root: site}}}}`; it serves the folder `pages/site` beside `lab.yaml`.
Routers that find their ways themselves run `services: [rip]`. Labs that have all of it: `catenet labs` lists them, and
`catenet new DIR --from LAB` copies one.

`lab.schema.json` is for editors (`catenet schema` prints it anew).
"""


def sample(name: str) -> Mapping[str, str]:
    """The files of a new lab of that name: where each stands → its text."""
    return {"lab.yaml": FIRST_LINE + _LAB, "README.md": _README.format(name=name)}


def renamed(text: str, name: str) -> str:
    """A lab file's text, for a copy that is called otherwise and lies beside its own schema."""
    own = re.sub(r"(?m)^name:[^#\n]*?(?=\s*(#.*)?$)", f"name: {name}", text)
    return own if own.startswith(FIRST_LINE) else FIRST_LINE + own
