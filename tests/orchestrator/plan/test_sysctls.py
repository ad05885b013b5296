"""The settings of a node's kernel that its engine makes."""

from __future__ import annotations

from catenet.orchestrator.lab.model import Node
from catenet.orchestrator.plan.sysctls import sysctls

ARP_OF_ALL, ARP_OF_OTHERS = (f"net.ipv4.conf.{which}.arp_ignore" for which in ("all", "default"))


def test_on_our_own_stack_the_kernel_answers_no_arp_but_where_it_carries_segments() -> None:
    """Of `all` and an interface's own setting the kernel takes the greater: the underlay's own could not undo it."""
    node = Node("a", (), stack="userspace")
    assert (sysctls(node)[ARP_OF_ALL], sysctls(node)[ARP_OF_OTHERS]) == ("8", "8")
    segmented = sysctls(node, on_underlay=True)
    assert ARP_OF_ALL not in segmented
    assert segmented == {key: value for key, value in sysctls(node).items() if key != ARP_OF_ALL}


def test_on_the_kernels_stack_segments_change_nothing() -> None:
    node = Node("a", (), forward=True)
    assert sysctls(node, on_underlay=True) == sysctls(node)
