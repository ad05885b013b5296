"""On which stack each node of a lab is: what the file says, what `--stack` says, and what keeps a node from it."""

from __future__ import annotations

from pathlib import Path

import pytest

import catenet
from catenet.orchestrator.lab.load import load, parse
from catenet.orchestrator.lab.model import Lab, LabFileError

LABS = Path(catenet.__file__).parent / "labs"
HEAD = "lans: {one: {prefix: 10.0.1.0/24}, two: {prefix: 10.0.2.0/24}}\n"
TEXT = f"""\
{HEAD}nodes:
  r: {{lans: [one, two], services: [rip], stack: userspace}}
  h: {{lans: [one]}}
  s: {{lans: [two], services: [browse]}}
"""


def lab(text: str, stack: str = "") -> Lab:
    return parse(text.encode(), "lab.yaml", stack=stack)


def stacks(of: Lab) -> dict[str, str]:
    return {name: node.stack for name, node in of.nodes.items()}


def refusals(text: str, stack: str = "") -> list[str]:
    with pytest.raises(LabFileError) as caught:
        lab(text, stack)
    return str(caught.value).splitlines()


def test_a_node_says_it_itself_and_else_it_is_the_kernels() -> None:
    found = lab(TEXT)
    assert stacks(found) == {"r": "userspace", "h": "kernel", "s": "kernel"}
    assert (found.stack, dict(found.moved), found.notes) == ("", {}, ())


def test_what_the_lab_says_holds_of_those_that_say_nothing_and_can_be_there() -> None:
    found = lab(TEXT.replace(", stack: userspace", ", stack: kernel") + "stack: userspace\n")
    assert stacks(found) == {"r": "kernel", "h": "userspace", "s": "kernel"}
    assert found.notes == ("s stays on the kernel's stack: browse speaks TCP, which the userspace stack has not",)
    assert not found.moved


def test_the_option_holds_of_all_that_can_be_there_whatever_is_written() -> None:
    found = lab(TEXT.replace(", stack: userspace", ", stack: kernel"), "userspace")
    assert stacks(found) == {"r": "userspace", "h": "userspace", "s": "kernel"}
    assert (found.stack, dict(found.moved)) == ("userspace", {"r": "userspace", "h": "userspace"})
    back = lab(TEXT, "kernel")
    assert stacks(back) == dict.fromkeys("rhs", "kernel")
    assert (back.stack, dict(back.moved), back.notes) == ("kernel", {"r": "kernel"}, ())
    assert lab(TEXT.replace("  h: {lans: [one]}\n", ""), "userspace").stack == ""


@pytest.mark.parametrize(
    ("service", "why"),
    [
        ("web: {root: pages}", "web speaks TCP, which the userspace stack has not"),
        ("browse", "browse speaks TCP, which the userspace stack has not"),
        ("directory", "directory speaks TCP, which the userspace stack has not"),
        ("nat: {outside: two}", "nat judges in the kernel what crosses the node"),
        ("rip: {implementation: bird}", "bird does the work of rip, and has no network on the userspace stack"),
    ],
)
def test_a_service_that_cannot_be_there_is_refused_at_its_line(service: str, why: str) -> None:
    written = service if ":" in service else f"{service}: {{}}"
    text = f"{HEAD}nodes:\n  r:\n    lans: [one, two]\n    stack: userspace\n    services:\n      {written}\n"
    place, said = refusals(text)[0].split(" ", 1)
    assert place == "lab.yaml:7:"
    assert said.startswith(f"node r is on the userspace stack (line 5), but {why} (leave its `stack:` out")
    assert f"r stays on the kernel's stack: {why}" in lab(text.replace("    stack: userspace\n", ""), "userspace").notes


def test_what_a_check_runs_in_a_node_keeps_it_on_the_kernels_stack() -> None:
    text = f"""\
{HEAD}nodes:
  h: {{lans: [one], stack: userspace, gateway: r}}
  r: {{lans: [one, two]}}
  s: {{lans: [two], services: [browse]}}
checks:
  - {{ping: {{from: h, to: s}}}}
  - {{path: {{from: h, to: s, routers: [r]}}}}
  - {{loop: {{from: h, to: two, found: no}}}}
  - {{fetch: {{at: h, url: "http://10.0.2.2/"}}}}
  - {{source_route: {{from: h, to: s, via: [r], routers: [r]}}}}
timeline:
  - {{at: 1s, cut: one}}
  - {{at: 2s, expect: {{fetch: {{at: h, url: "http://10.0.2.2/"}}}}}}
measure:
  - {{name: row, at: r, to: one, from: h}}
"""
    said = [line.partition(" (leave")[0] for line in refusals(text)]
    head = "node h is on the userspace stack (line 3), but"
    assert said == [
        f"lab.yaml:10: {head} the check fetch runs curl there, which has no network on the userspace stack",
        f"lab.yaml:11: {head} the check source_route runs source-route there, which has no network on the userspace"
        " stack",
        f"lab.yaml:14: {head} the check fetch runs curl there, which has no network on the userspace stack",
        f"lab.yaml:15: {head} `measure:` runs ping there, which has no network on the userspace stack",
    ]
    assert stacks(lab(text, "kernel")) == dict.fromkeys("hrs", "kernel")


def test_what_is_lost_without_tcp_is_noted() -> None:
    text = f"{HEAD}nodes:\n  r: {{lans: [one, two]}}\n  n: {{lans: [one], services: [resolver]}}\n"
    assert lab(text).notes == ()
    what = "an answer that is too large for UDP cannot be fetched by TCP"
    assert lab(text, "userspace").notes == (f"n on the userspace stack: {what}",)


def test_routers_and_name_servers_of_the_labs_can_be_there() -> None:
    five = load(LABS / "five-routers" / "lab.yaml", stack="userspace")
    assert set(stacks(five).values()) == {"userspace"}
    internet = stacks(load(LABS / "internet" / "lab.yaml", stack="userspace"))
    kernels = {name for name, stack in internet.items() if stack == "kernel"}
    assert kernels == {"surf.eurecom.fr", "host4.ee.uiuc.edu", "dragon.cs.uiuc.edu", "www.nytimes.com"}


@pytest.mark.parametrize("where", ["node", "lab"])
def test_another_word_is_a_mistake(where: str) -> None:
    text = TEXT.replace("stack: userspace", "stack: user") if where == "node" else f"{TEXT}stack: user\n"
    (said,) = refusals(text)
    assert "stack is 'user', and should be one of kernel, userspace (did you mean userspace?)" in said


@pytest.mark.parametrize("wrong", ["stack: yes", "stack: {}", "stack: [kernel]", "stack: 4"])
def test_what_is_no_word_is_a_mistake(wrong: str) -> None:
    assert "should be one of kernel, userspace" in refusals(f"{TEXT}{wrong}\n")[0]
