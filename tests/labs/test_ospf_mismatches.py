"""What keeps our router, FRR's and BIRD's from becoming neighbours is said by each; what is mended brings Full.

All in one lab: ours in the middle, and around it FRR's and BIRD's, each with one option that does not go with ours.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from lab_bench import until
from ospf_mixed import birdc, database, differences, routers_of, vtysh

from catenet.orchestrator.deploy.images import ensure_node_image
from catenet.orchestrator.deploy.progress import NoProgress
from catenet.orchestrator.deploy.up import up
from catenet.orchestrator.lab.load import load

pytestmark = [pytest.mark.engine, pytest.mark.timeout(600)]  # seconds: three waits

FILE = Path(__file__).parent / "ospf-mismatches" / "lab.yaml"
ODD = re.compile(
    r", (hello: 2s|dead: 5s|auth: \{md5: \{1: other\}\}|router_id: [\d.]+|area: \{[^}]+\}|network: \{[^}]+\})"
)
"""In the file, what does not go with ours: it stands behind `implementation`."""
OURS = {
    "hello": ("Down", "hello 2 s, here 1 s"),
    "dead": ("Down", "dead 5 s, here 4 s"),
    "key": ("Down", "auth-digest 1: the digest is not that of this packet and key"),
    "twin": ("Down", "duplicate router id 10.6.6.6: it is this router's"),
    "area": ("Down", "area 0.0.0.7, here 0.0.0.0"),
    "type": ("Full", "point-to-point there, as its Hellos name no Designated Router; a broadcast network here"),
    "epyt": ("Full", "a broadcast network there, as its Hellos name a Designated Router; point-to-point here"),
    "mtu": ("ExStart", "MTU 1500, here 1400"),
    "utm": ("Exchange", "MTU 1400, here 1500: it takes no Database Description of ours"),
}
"""What is wrong on a LAN → what `show ospf neighbors` says of it: the state, and why."""
THEIRS = {
    "hello": ("HelloInterval mismatch", "hello interval mismatch"),
    "dead": ("RouterDeadInterval mismatch", "dead interval mismatch"),
    "key": ("ospf_check_md5 checksum mismatch", "wrong authentication code"),
    "twin": ("", "my own router ID"),  # FRR is silent about it
    "area": ("invalid Area ID 0.0.0.0", "area mismatch"),
    "utm": (r"MTU 1500 is larger than \S+ MTU 1400", r"MTU mismatch with nbr 10\.6\.6\.6 .*remote 1500, local 1400"),
}
"""What FRR, and BIRD, log of ours; of the others nothing is refused there."""
MTU = {"mtu": ("r", "r"), "utm": ("f-lans", "b-lans")}
"""Whose is 1400 there, not 1500."""
FULL = re.compile(r"\bFull/")


@pytest.mark.lab("ospf-mismatches/lab.yaml")
def test_each_says_why_and_what_is_mended_becomes_full(lab: Any, tmp_path: Path) -> None:
    for what, nodes in MTU.items():
        for lan, node in zip((f"{what}-f", f"{what}-b"), nodes, strict=True):
            lab.do("cut", lan)
            lab[node].run("ip", "link", "set", "dev", lan, "mtu", "1400")
            lab.do("heal", lan)
    until(lambda: list(_unsaid(lab)))
    until(lambda: list(_unsaid_by_others(lab)))
    assert len(FULL.findall(vtysh(lab, "f-lans", "show ip ospf neighbor"))) == 2  # the odd types of network
    assert len(FULL.findall(birdc(lab, "b-lans", "show", "ospf", "neighbors"))) == 2
    _mend(lab, tmp_path)
    until(lambda: [row for row in lab["r"].show("ospf neighbors") if row["state"] != "Full"])
    assert len(lab["r"].show("ospf neighbors")) == 2 * len(OURS)
    until(lambda: list(differences({router: database(lab, router) for router in routers_of(lab)})))


def _unsaid(lab: Any) -> Iterator[str]:
    """What ours does not say, of each neighbour and why it is no more than that."""
    rows = {row["lan"]: (row["state"], row["cause"]) for row in lab["r"].show("ospf neighbors")}
    for what, wanted in OURS.items():
        for lan in (f"{what}-f", f"{what}-b"):
            if rows.get(lan) != wanted:
                yield f"of {lan} r says {rows.get(lan)}, not {wanted}"


def _unsaid_by_others(lab: Any) -> Iterator[str]:
    for what, words in THEIRS.items():
        for make, word in zip("fb", words, strict=True):
            node = f"{make}-{what}" if f"{make}-{what}" in lab else f"{make}-lans"
            if not re.search(word, "\n".join(lab[node].logs())):
                yield f"{node} never said {word!r}"


def _mend(lab: Any, folder: Path) -> None:
    """`catenet up` with another file: those that differ are made anew, and it returns when every kernel is right."""
    mended, number = ODD.subn("", FILE.read_text(encoding="utf-8"))
    assert number == 2 * 4 + 2 * 2
    (folder / "lab.yaml").write_text(mended, encoding="utf-8")
    for lan in ("mtu-f", "mtu-b"):
        lab["r"].run("ip", "link", "set", "dev", lan, "mtu", "1500")
    model = replace(load(folder / "lab.yaml"), file=lab.model.file)
    up(lab.engine, model, lab.name, ensure_node_image(lab.engine, NoProgress()), NoProgress())
